"""`restrike import`: tables of athletes, draws and days, and what other programs left."""

from typing import Final

PURPOSE: Final = "Import athletes, draws and days from CSV and XLSX, and databases of the predecessor."
