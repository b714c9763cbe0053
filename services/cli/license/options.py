"""The arguments and options of `restrike license`, as typer reads them."""

from pathlib import Path
from typing import Annotated

import typer

ActivationKey = Annotated[
    str | None,
    typer.Argument(
        metavar="-",
        help="- reads the activation key (RSTK-XXXXX-XXXXX-XXXXX-XXXXX) from standard input. Left out, it is that in"
        " RESTRIKE_LICENSE_KEY, or is asked for. It is no argument: others on this machine can read those.",
        show_default=False,
    ),
]
AnswerFile = Annotated[str, typer.Argument(metavar="FILE|-", help="What the vendor sent; - is standard input.")]
RequestOut = Annotated[Path, typer.Option("-o", "--out", metavar="FILE", help="The file to write.")]
ReleaseOut = Annotated[
    Path | None,
    typer.Option("-o", "--out", metavar="FILE", help="With --offline: the file to write, else license-release.json."),
]
Force = Annotated[bool, typer.Option("--force", help="Replace the file if it is there already.")]
Offline = Annotated[
    bool,
    typer.Option("--offline", help="Without the vendor's server: write a file to be sent to the vendor."),
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
