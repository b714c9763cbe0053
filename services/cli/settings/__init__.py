"""`restrike settings`: what operators change at run time; the catalogue is shared/settings/catalogue.py."""

from typing import Final

PURPOSE: Final = "What operators change at run time, with its history."
