"""What a simulation says of itself: its report, the truth in a file, and what was sent in another."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from services.cli import output
from services.cli.simulator.plan import Scenario
from services.cli.simulator.players import Player
from services.cli.simulator.trouble import Incident
from services.cli.simulator.truth import Truth
from services.cli.simulator.venue import Wish
from shared.messages.rules import Dialect


class RingReport(Struct, frozen=True, kw_only=True):
    """What was sent to a ring. `heard` is what udp-ingest counted, None where that is not known."""

    ring: str
    to: str
    matches: int
    datagrams: int
    bytes: int
    heard: int | None
    sent_file: Path | None


class Report(Struct, frozen=True, kw_only=True):
    """What a simulation did."""

    seed: int
    rule_set: str
    dialect: Dialect
    scenario: Scenario
    seconds: float
    complete: bool
    truth_file: Path | None
    rings: list[RingReport]


class PlayedRing(Struct, frozen=True, kw_only=True):
    """A ring's truth: the matches that were sent to their end, and what was done to the datagrams, by their index."""

    ring: str
    matches: list[Truth]
    incidents: list[Incident]


class Played(Struct, frozen=True, kw_only=True):
    """The document of `--truth`."""

    seed: int
    rule_set: str
    dialect: Dialect
    scenario: Scenario
    complete: bool
    rings: list[PlayedRing]


def write_truth(path: Path, wish: Wish, players: Sequence[Player]) -> None:
    """Write what was played as far as it was sent.

    Raises:
        OSError: the file cannot be written.
    """
    played = Played(
        seed=wish.seed,
        rule_set=wish.rule_set.name,
        dialect=wish.dialect,
        scenario=wish.scenario,
        complete=all(player.is_complete for player in players),
        rings=[
            PlayedRing(ring=player.course.ring, matches=player.played(), incidents=player.disturbed.incidents)
            for player in players
        ],
    )
    path.write_bytes(msgspec.json.format(msgspec.json.encode(played), indent=2) + b"\n")


def report_on(wish: Wish, players: Sequence[Player], *, seconds: float, truth: Path | None) -> Report:
    """The report of what was sent."""
    return Report(
        seed=wish.seed,
        rule_set=wish.rule_set.name,
        dialect=wish.dialect,
        scenario=wish.scenario,
        seconds=round(seconds, 3),
        complete=all(player.is_complete for player in players),
        truth_file=truth,
        rings=[
            RingReport(
                ring=player.course.ring,
                to=player.target.place,
                matches=len(player.played()),
                datagrams=player.sent,
                bytes=player.bytes,
                heard=player.target.heard,
                sent_file=player.recording,
            )
            for player in players
        ],
    )


def told(report: Report) -> str:
    """The report for people: a line for each ring."""
    lines = [f"{report.rule_set}, dialect {report.dialect}, {report.seconds:.1f} s."]
    for ring in report.rings:
        matches = "1 match" if ring.matches == 1 else f"{ring.matches} matches"
        said = f"{ring.ring}: {matches}, {ring.datagrams} datagrams, {output.size(ring.bytes)}, sent to {ring.to}."
        missed = 0 if ring.heard is None else ring.datagrams - ring.heard
        lines.append(f"{said} {missed} of them were not heard: see restrike udp status" if missed > 0 else said)
    return "\n".join(lines)
