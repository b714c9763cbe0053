"""The options of `restrike simulate`, as typer reads them."""

from pathlib import Path
from typing import Annotated

import typer

from services.cli.simulator.plan import Scenario
from shared.messages.rules import Dialect

RingNames = Annotated[
    list[str] | None, typer.Option("--ring", metavar="RING", help="A ring that shall hear it; may be repeated.")
]
RingCount = Annotated[
    int | None, typer.Option("--rings", min=1, metavar="N", help="The first N rings of restrike.json, instead.")
]
Matches = Annotated[
    int, typer.Option("--matches", min=1, metavar="N", help="How many, one after the other, each ring.")
]
Seed = Annotated[
    int | None, typer.Option("--seed", min=0, metavar="N", help="The same seed plays the same matches; else drawn.")
]
Rules = Annotated[str | None, typer.Option("--rules", metavar="NAME", help="The rule set; the ring's own if left out.")]
Speaks = Annotated[Dialect, typer.Option("--dialect", help="a: TK-Strike Gen2; b: WT UDP 2.3, Gen3.")]
Plays = Annotated[Scenario, typer.Option("--scenario", help="What happens; mixed: drawn from the seed.")]
Speed = Annotated[str, typer.Option("--speed", metavar="1|N|max", help="How many times faster than a real match.")]
Loss = Annotated[float, typer.Option("--loss", min=0, max=1, metavar="SHARE", help="Of all datagrams: are lost.")]
Twice = Annotated[float, typer.Option("--duplicates", min=0, max=1, metavar="SHARE", help="Arrive twice.")]
Swaps = Annotated[float, typer.Option("--reordering", min=0, max=1, metavar="SHARE", help="Are overtaken.")]
Delay = Annotated[float, typer.Option("--delay-ms", min=0, metavar="MS", help="Each is held up by up to so long.")]
Garbage = Annotated[float, typer.Option("--garbage", min=0, max=1, metavar="SHARE", help="Are followed by garbage.")]
TruthFile = Annotated[Path | None, typer.Option("--truth", metavar="FILE", help="Write what was played, as JSON.")]
SentFile = Annotated[
    Path | None,
    typer.Option("--sent", metavar="FILE", help="Write what was sent, for restrike replay; a file for each ring."),
]
To = Annotated[str | None, typer.Option("--to", metavar="HOST:PORT", help="Just send there; no suite is needed.")]
Answers = Annotated[
    int | None,
    typer.Option("--answers", min=0, max=65535, metavar="PORT", help="Answer queries there; 0: a free port, printed."),
]
Force = Annotated[bool, typer.Option("--force", help="Even while the ring hears another sender.")]
