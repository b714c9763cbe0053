"""`restrike config`: the configuration file restrike.json."""

from typing import Final

PURPOSE: Final = "The configuration file restrike.json: in force, checked, earlier versions."
