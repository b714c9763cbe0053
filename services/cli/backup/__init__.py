"""`restrike backup`: backups are made, listed, checked, removed, put back, and copied to other places."""

from typing import Final

PURPOSE: Final = "Backups of the database: make, check, keep, put back."
