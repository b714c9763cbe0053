"""`restrike license`: how the licence stands, and everything that is done with it."""

from typing import Final

PURPOSE: Final = "The licence: how it stands, what it allows. No licence ever stops a match."
