"""The usual questions about what is stored, own SQL and saved queries. For `restrike query`; all of it only reads."""

from typing import Final

PURPOSE: Final = "Questions about all that is stored: usual ones, counts, search, own SQL."
