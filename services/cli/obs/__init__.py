"""`restrike obs`: connections to OBS Studio, its manual control and its status."""

from typing import Final

PURPOSE: Final = "OBS Studio: connections, control by hand, status."
