"""`restrike tournament`: tournaments, their days, and which matches belong to them."""

from typing import Final

PURPOSE: Final = "Tournaments, their days, and which matches belong to them."
