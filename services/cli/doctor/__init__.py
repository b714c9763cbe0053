"""`restrike doctor`: what a technician would look at by hand, and what to do about it."""

from typing import Final

PURPOSE: Final = """Look at everything that a technician would check by hand, and say what to do.

With the suite up or down, as root or not; takes a few seconds. Ends with 1 when something failed. --fix does what is
safe (file modes, what was left behind, folders, as root net.core.rmem_max), never anything to a database.
"""
