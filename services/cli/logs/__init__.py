"""`restrike logs`: what the services wrote, read from their files; and how much they write."""

from typing import Final

PURPOSE: Final = "Log lines of all services: follow, search, export; and how much is written."
