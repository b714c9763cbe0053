"""`restrike alerts`: what is wrong, what was, the rules on it, and whether mail and webhook work."""

from typing import Final

PURPOSE: Final = "Alerts: what is wrong now, what was, who is told, and by which rules."
