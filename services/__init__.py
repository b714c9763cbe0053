"""The processes of the suite, and its command line. May import shared, never each other."""
