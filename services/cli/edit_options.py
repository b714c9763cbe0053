"""The options of `restrike match edit` and its like, as typer reads them."""

from typing import Annotated, Final

import typer

WINNERS: Final = {"chong": 1, "hong": 2, "tie": 0}

MatchOrRing = Annotated[
    str,
    typer.Argument(metavar="MATCH|RING", help="Id of a match (see restrike match list), or a ring: its loaded match."),
]
RingName = Annotated[str, typer.Argument(metavar="RING", help="Name of the ring, as in restrike.json.")]
EditId = Annotated[str, typer.Argument(metavar="EDIT", help="Id of the edit (see restrike match edits).")]
Listed = Annotated[
    str | None,
    typer.Argument(metavar="MATCH|RING", help="Only those of this match, or of a ring's matches; all if left out."),
]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; it is kept.")]
Winner = Annotated[str | None, typer.Option("--winner", metavar="chong|hong|tie", help="Who won the match.")]
RoundWinners = Annotated[
    list[str] | None,
    typer.Option("--round-winner", metavar="N=chong|hong|tie", help="Who won round N; may be repeated."),
]
Decision = Annotated[str | None, typer.Option("--decision", metavar="CODE", help="How it was decided, such as PTF.")]
Number = Annotated[str | None, typer.Option("--number", metavar="TEXT", help="The match's number.")]
Phase = Annotated[str | None, typer.Option("--phase", metavar="TEXT", help="Such as Final.")]
Weight = Annotated[str | None, typer.Option("--weight", metavar="TEXT", help="Weight category, such as 'M -68kg'.")]
Division = Annotated[str | None, typer.Option("--division", metavar="TEXT", help="Such as Senior.")]
Chong = Annotated[str | None, typer.Option("--chong", metavar="NAME", help="The athlete in blue.")]
ChongNoc = Annotated[str | None, typer.Option("--chong-noc", metavar="NOC", help="Such as CRO.")]
Hong = Annotated[str | None, typer.Option("--hong", metavar="NAME", help="The athlete in red.")]
HongNoc = Annotated[str | None, typer.Option("--hong-noc", metavar="NOC", help="Such as KOR.")]
Rounds = Annotated[int | None, typer.Option("--rounds", min=1, max=10, metavar="N", help="How many rounds.")]
RoundSeconds = Annotated[int | None, typer.Option("--round-s", min=1, max=3600, metavar="S", help="A round's seconds.")]


def winner_of(text: str, *, option: str) -> int:
    """The athlete that a word names: 1 chong, 2 hong, 0 nobody."""
    if text not in WINNERS:
        raise typer.BadParameter(f"{text!r} is none of {', '.join(WINNERS)}.", param_hint=option)
    return WINNERS[text]


def round_winners_of(given: list[str]) -> tuple[int | None, ...]:
    """Winners by round from 1, None where none is given: `2=hong` is (None, 2)."""
    found: dict[int, int] = {}
    for text in given:
        number, _, word = text.partition("=")
        if not number.isascii() or not number.isdecimal() or not 1 <= int(number) <= 10 or int(number) in found:
            raise typer.BadParameter(f"{text!r}: give each round once, as 2=hong.", param_hint="--round-winner")
        found[int(number)] = winner_of(word, option="--round-winner")
    return tuple(found.get(number) for number in range(1, max(found, default=0) + 1))
