"""`restrike obs rules`: what OBS does by itself when something happens in a match."""

from typing import Final

PURPOSE: Final = "What OBS does by itself when something happens in a match."
