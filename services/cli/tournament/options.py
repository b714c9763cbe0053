"""The options of `restrike tournament`, as typer reads them."""

from pathlib import Path
from typing import Annotated

import typer

from shared.messages.tournaments import TournamentStatus

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the tournament.")]
NameOrActive = Annotated[
    str | None, typer.Argument(metavar="NAME", help="Name of the tournament; the active one if left out.")
]
DayDate = Annotated[str, typer.Argument(metavar="DATE", help="The day, as yyyy-mm-dd.")]
Matches = Annotated[list[str], typer.Argument(metavar="MATCH…", help="Ids of matches (see restrike match list).")]
First = Annotated[str | None, typer.Option("--from", metavar="DATE", help="Its first day, as yyyy-mm-dd.")]
Last = Annotated[
    str | None, typer.Option("--to", metavar="DATE", help="Its last day; a new one has one day if left out.")
]
Zone = Annotated[
    str | None,
    typer.Option("--zone", metavar="ZONE", help="Where its clocks are, such as Europe/Zagreb; else this machine's."),
]
Location = Annotated[str | None, typer.Option("--location", metavar="TEXT", help="Town and hall.")]
Noc = Annotated[str | None, typer.Option("--noc", metavar="NOC", help="Where it takes place, such as CRO.")]
Rules = Annotated[
    str | None,
    typer.Option("--rules", metavar="NAME", help="Rule set, for all rings once it is active: see restrike pss rules."),
]
Logo = Annotated[Path | None, typer.Option("--logo", metavar="FILE", help="PNG, JPEG or SVG, at most 1 MiB.")]
Rename = Annotated[str | None, typer.Option("--rename", metavar="NAME", help="Its new name.")]
Status = Annotated[
    TournamentStatus | None, typer.Option("--status", help="planned, finished or cancelled; active: see activate.")
]
Title = Annotated[str | None, typer.Option("--title", metavar="TEXT", help="Such as 'Juniors, finals'.")]
ActiveDate = Annotated[
    str | None,
    typer.Option("--date", metavar="DATE|today", help="The day that matches belong to; else that of their own date."),
]
ShownDate = Annotated[str | None, typer.Option("--date", metavar="DATE|today", help="Show the matches of this day.")]
AssignedDate = Annotated[
    str | None, typer.Option("--date", metavar="DATE|today", help="The day; else that of each match's own date.")
]
Tournament = Annotated[
    str | None, typer.Option("--tournament", metavar="NAME", help="The tournament; the active one if left out.")
]
NoDay = Annotated[bool, typer.Option("--none", help="Take them out of their day.")]
