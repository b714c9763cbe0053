"""`restrike monitor`: the machine and the processes on it, now and as they were."""

from typing import Final

PURPOSE: Final = "The machine and the processes on it: now, as they were, and how often they are measured."
