"""The pss-parser process: journal entries in, readings and what follows from them out."""
