"""`restrike export`: what is stored, as CSV, JSON, JSON lines and XLSX, and the report that a tournament office prints.

`catalogue.py` is the one table of exports (name, SQL, columns with titles and kinds); `choice.py` turns filters into
conditions; `reading.py` streams the rows; `csv_format.py`, `json_format.py` and `xlsx_format.py` know columns and kinds
but no tables; `delivery.py` puts a file under its name when it is whole; `report*.py` make the workbook.
"""

from typing import Final

PURPOSE: Final = "What is stored, as CSV, JSON, JSON lines or XLSX, and the report that an office prints."
