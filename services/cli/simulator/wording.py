"""The wire text of both dialects, written without the decoder, so that it is an independent witness of the protocol.

B is as captured: some messages end in `;`, some do not. What A does otherwise is in `_WordingOfA`, and nowhere else but
for the order of the result.
"""

from collections.abc import Sequence
from typing import Final

from services.cli.simulator.card import Card
from services.cli.simulator.truth import Athlete
from shared.messages.pss import Technique
from shared.messages.rules import Dialect

_KINDS: Final = {technique: number for number, technique in enumerate(Technique, 1)}
_ROLES: Final = ("ref", "ju1", "ju2", "ta")
_STATISTICS: Final = (
    Technique.BODY,
    Technique.HEAD,
    Technique.PUNCH,
    Technique.TECHNICAL_BODY,
    Technique.TECHNICAL_HEAD,
)
Pair = tuple[int, int]


def time(seconds: int) -> str:
    """`mm:ss`."""
    return f"{seconds // 60:02d}:{seconds % 60:02d}"


class Wording:
    """Dialect B: WT UDP 2.3 and Gen3."""

    dialect = Dialect.B
    techniques: tuple[Technique, ...] = tuple(Technique)
    winner_comes_first = True

    def encoded(self, text: str) -> bytes:
        """The datagram."""
        return text.encode()

    def greeting(self) -> tuple[str, ...]:
        """What the sender says when it is connected."""
        return ("Udp Port 8888 connected;",)

    def farewell(self) -> tuple[str, ...]:
        """What it says when it is not any more."""
        return ("Udp Port 8888 disconnected;",)

    def officials(self, card: Card) -> str:
        """`ref`."""
        return "".join(f"{role};{who};{noc};" for role, (who, noc) in zip(_ROLES, card.officials, strict=True))

    def name(self, athlete: Athlete) -> str:
        """The long name as this sender knows it."""
        return athlete.long_name

    def athletes(self, card: Card) -> str:
        """`at1`."""
        both = (("at1", card.chong), ("at2", card.hong))
        return "".join(f"{label};{who.short_name};{self.name(who)};{who.noc};" for label, who in both)

    def weight(self, card: Card) -> str:
        """The weight category."""
        return f"{'W' if card.is_women else 'M'} {card.weight}kg"

    def thresholds(self, card: Card) -> str:
        """The end of `mch`."""
        return f"{card.body_threshold};{card.head_threshold};"

    def match(self, card: Card, *, rounds: int, round_s: int) -> str:
        """`mch`."""
        colours = "#0000ff;#FFFFFF;#ff0000;#FFFFFF"
        first = f"mch;{card.number};{card.phase};{self.weight(card)};0;{colours};null;{card.division}"
        return f"{first};{rounds};{round_s};cntDown;{self.thresholds(card)}"

    def point(self, athlete: int, technique: Technique, *, points: int) -> str:
        """`pt`."""
        del points  # dialect B says which technique it was
        return f"pt{athlete};{_KINDS[technique]};"


class _WordingOfA(Wording):
    """Dialect A: TK-Strike Gen2 3.2.4."""

    dialect = Dialect.A
    # It has no sign for a turning kick: those are scored as points for body or head.
    techniques = (Technique.PUNCH, Technique.BODY, Technique.HEAD)
    winner_comes_first = False

    def encoded(self, text: str) -> bytes:
        # It takes the number of characters for the number of bytes.
        return text.encode()[: len(text)]

    def greeting(self) -> tuple[str, ...]:
        return ("hel;TK-Strike Gen2 3.2.4;", "inlb:")

    def farewell(self) -> tuple[str, ...]:
        return ("bye:",)

    def officials(self, card: Card) -> str:
        # It leaves out what is missing.
        said = zip(_ROLES, card.officials, strict=True)
        return "".join(f"{field};" for role, who in said for field in (role, *who) if field)

    def name(self, athlete: Athlete) -> str:
        return athlete.short_name

    def weight(self, card: Card) -> str:
        return f"{'WOMEN' if card.is_women else 'MEN'} {card.weight}kg"

    def thresholds(self, card: Card) -> str:  # noqa: ARG002  # the other dialect needs it
        return ""

    def point(self, athlete: int, technique: Technique, *, points: int) -> str:
        del technique  # it only says how many points
        return f"pt{athlete};{points};"


def wording(dialect: Dialect) -> Wording:
    """How that dialect says things."""
    return _WordingOfA() if dialect is Dialect.A else Wording()


def clock(seconds: int, action: str = "") -> str:
    """`clk`, with its action if there is one."""
    return f"clk;{time(seconds)};{action};" if action else f"clk;{time(seconds)};"


CLOCK_OVER: Final = "clk;0:00;stopEnd;"
BREAK_OVER: Final = "brk;0:00;stopEnd;"


def score(pair: Pair) -> str:
    """`sc`: of the running round."""
    return f"sc1;{pair[0]};sc2;{pair[1]}"


def scores(rounds: Sequence[Pair]) -> str:
    """`s`: of all rounds."""
    both = (f"s1{number};{pair[0]};s2{number};{pair[1]}" for number, pair in enumerate(rounds, 1))
    return ";".join(both)


def gam_jeoms(pair: Pair) -> str:
    """`wg`."""
    return f"wg1;{pair[0]};wg2;{pair[1]};"


def round_winners(winners: Sequence[int]) -> str:
    """`wrd`."""
    return "wrd;" + ";".join(f"rd{number};{winner}" for number, winner in enumerate(winners, 1))


def statistics(number: int, sides: Sequence[tuple[dict[Technique, int], int]]) -> str:
    """`rst`: techniques and gam-jeoms of both athletes in a round."""
    said = f"rst;{number};"
    for athlete, (techniques, warnings) in enumerate(sides, 1):
        counts = [techniques.get(technique, 0) for technique in _STATISTICS]
        said += f"st{athlete};" + "".join(f"{count};" for count in (*counts, warnings))
    return said


def winner(athlete: int) -> str:
    """`win`."""
    return f"win;{('TIE', 'BLUE', 'RED')[athlete]}"


def decision(name: str, rounds_won: Pair, code: str) -> str:
    """`wmh`."""
    return f"wmh;{name};{rounds_won[0]}-{rounds_won[1]} {code};"
