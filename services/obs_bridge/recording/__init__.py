"""One recording for each match: what ought to be recorded, what is, and how to come from one to the other."""
