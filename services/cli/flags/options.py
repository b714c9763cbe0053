"""The options of `restrike flags`, as typer reads them."""

from pathlib import Path
from typing import Annotated

import typer

PssCode = Annotated[str, typer.Argument(metavar="PSS_CODE", help="The code that the scoring system sends.")]
IocCode = Annotated[str, typer.Argument(metavar="IOC_CODE", help="The code whose name and picture are shown.")]
Codes = Annotated[list[str] | None, typer.Argument(metavar="CODE…", help="Only these codes.")]
Name = Annotated[
    str | None, typer.Option("--name", metavar="TEXT", help="The name that is shown; needed for a code of your own.")
]
Reason = Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="Why; it is kept.")]
Own = Annotated[bool, typer.Option("--own", help="Only what an operator changed.")]
OwnPictures = Annotated[bool, typer.Option("--own", help="Only codes with a picture of your own.")]
Tiles = Annotated[bool, typer.Option("--tiles", help="Only codes with a neutral tile.")]
Unknown = Annotated[bool, typer.Option("--unknown", help="Codes that athletes came with and nobody knows.")]
History = Annotated[bool, typer.Option("--history", help="What operators changed, the latest first.")]
Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="A folder of SVG and PNG files, with its subfolders.")]
File = Annotated[Path, typer.Argument(metavar="FILE", help="An SVG or PNG file.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only tell what would be done; nothing is changed.")]
As = Annotated[
    str | None, typer.Option("--as", metavar="CODE", help="Say what it is: it is shown for that code from now on.")
]
Png = Annotated[
    str | None, typer.Option("--png", metavar="WIDTHS", help="Also as PNG, so many pixels wide, such as 64,128,256.")
]
Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="Where to; made if it is not there.")]
