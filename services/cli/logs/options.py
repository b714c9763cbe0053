"""What the commands of `restrike logs` take alike."""

from typing import Annotated

import typer

Services = Annotated[
    list[str] | None, typer.Argument(metavar="SERVICE", help="Services, or supervisord; all if left out.")
]
OfServices = Annotated[
    list[str] | None, typer.Option("--service", metavar="SERVICE", help="Only this one; may be given again.")
]
Ring = Annotated[str | None, typer.Option("--ring", metavar="RING", help="Only lines about this ring.")]
Match = Annotated[str | None, typer.Option("--match", metavar="MATCH", help="Only lines about the match of this id.")]
Level = Annotated[
    str | None, typer.Option("--level", metavar="LEVEL", help="This bad at least: debug, info, warning or error.")
]
Event = Annotated[
    str | None,
    typer.Option("--event", metavar="RING/ENTRY", help="Only lines about this entry of a ring's journal: ring-1/123."),
]
Since = Annotated[
    str | None, typer.Option("--since", metavar="TIME", help="Not before: 2026-03-01T09:30, 09:30, 90m, 2h or 3d.")
]
Until = Annotated[str | None, typer.Option("--until", metavar="TIME", help="Before: written as for --since.")]
