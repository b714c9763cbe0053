"""`restrike flags`: which picture each code has, codes of one's own, and pictures of one's own."""

from typing import Final

PURPOSE: Final = "Flags: what each country code is shown with, and pictures of your own."
