"""One run of `restrike simulate`: plays the matches, sends them, and writes down what was sent and played."""

import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import typer
from msgspec import Struct

from services.cli import output
from services.cli.pacing import MAX
from services.cli.replay_targets import Anywhere, Place
from services.cli.simulator import reports
from services.cli.simulator.live_rings import LiveRing
from services.cli.simulator.players import Player, perform
from services.cli.simulator.venue import Wish, disturb_course, play_ring
from shared.clock import monotonic_s
from shared.errors import RestrikeError
from shared.paths import Paths
from shared.rpc import Client

SHOW_EVERY_S: Final = 0.2


class Way(Struct, frozen=True, kw_only=True):
    """How the matches are sent. `to` None: to the rings of that name; `answers` is the port for queries."""

    rings: list[str]
    speed: float
    to: Place | None
    answers: int | None
    force: bool
    truth: Path | None
    sent: Path | None
    is_quiet: bool


def run(wish: Wish, way: Way) -> None:
    """Play and send. Ctrl-C and SIGTERM end it in order, with what was sent until then.

    Raises:
        RestrikeError: a ring is in use, does not listen or is lost, or an address cannot be sent to.
        OSError: a file cannot be written.
        typer.Exit: not everything was sent.
    """
    players = [_player(wish, way, ring) for ring in way.rings]
    for path in (way.truth, *(player.recording for player in players)):
        if path is not None:
            path.touch()  # one that cannot be written is known before anything is sent
    if not way.is_quiet:
        output.note(f"Seed {wish.seed}.")
    try:
        seconds = _perform(players, way)
    except RestrikeError:
        if any(player.sent for player in players):
            _write(wish, way, players)
        raise
    _write(wish, way, players)
    report = reports.report_on(wish, players, seconds=seconds, truth=way.truth)
    if way.is_quiet:
        output.document(report)
    else:
        output.line(reports.told(report))
    if not report.complete:
        output.note("The simulation was broken off.")
        raise typer.Exit(1)


def _perform(players: Sequence[Player], way: Way) -> float:
    asked: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: asked.append(number))
    progress = _Progress(players, is_wanted=not way.is_quiet and sys.stderr.isatty())

    def goes_on() -> bool:
        progress.show()
        return not asked

    try:
        return perform(players, speed=way.speed, answers_port=way.answers, tell=output.note, goes_on=goes_on)
    finally:
        progress.clear()


def _write(wish: Wish, way: Way, players: Sequence[Player]) -> None:
    for player in players:
        player.record()
    if way.truth is not None:
        reports.write_truth(way.truth, wish, players)


def _player(wish: Wish, way: Way, ring: str) -> Player:
    is_unpaced = way.speed == MAX
    target = (
        LiveRing(Client(Paths.from_environment()), ring=ring, is_unpaced=is_unpaced, force=way.force)
        if way.to is None
        else Anywhere(way.to, is_unpaced=is_unpaced)
    )
    course = play_ring(ring, wish)
    sent = way.sent
    if sent is not None and len(way.rings) > 1:
        sent = sent.with_name(f"{sent.stem}-{ring}{sent.suffix}")
    return Player(course, disturb_course(course, wish), target=target, recording=sent)


class _Progress:
    """One line on a terminal that says how far each ring is."""

    def __init__(self, players: Sequence[Player], *, is_wanted: bool) -> None:
        self._players = players
        self._is_wanted = is_wanted
        self._shown_s = 0.0

    def show(self) -> None:
        """Say it, not too often."""
        if self._is_wanted and (now_s := monotonic_s()) >= self._shown_s + SHOW_EVERY_S:
            self._shown_s = now_s
            words = [f"{player.course.ring} {player.sent}/{player.total}" for player in self._players]
            typer.echo(f"\r{', '.join(words)}"[:120] + "\x1b[K", nl=False, err=True)

    def clear(self) -> None:
        """Leave no line behind."""
        if self._is_wanted:
            typer.echo("\r\x1b[K", nl=False, err=True)
