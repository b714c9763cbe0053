"""The examples of docs/subscribe.md against a running suite: what they show is what happens on the ring."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from shared.messages.commands import GetMatchState
from shared.messages.match import Athlete, MatchState
from tests.support.captures import capture
from tests.support.npm import needs_node
from tests.support.scoreboards import EXAMPLES, NODE, PYTHON, Scoreboard, scoreboard
from tests.support.suite import Suite, running
from tests.support.wait import eventually

NAME = "bo3-1-2-ptf-scores-gamjeom"
SPEED = 100
WITHIN_S = 20
LANGUAGES = [PYTHON, pytest.param(NODE, marks=needs_node)]


@pytest.fixture
def suite(tmp_path: Path) -> Iterator[Suite]:
    with running(tmp_path / "home") as suite:
        eventually(
            lambda: suite.call(GetMatchState(ring="ring-1")).journal_id, within=WITHIN_S, what="the parser's start"
        )
        yield suite


@pytest.mark.parametrize("language", LANGUAGES)
def test_early_and_late_subscriber_see_the_same(suite: Suite, tmp_path: Path, language: str) -> None:
    """One that was there before the match and one that joins in the middle of it end with the same, true line; from
    the moment that the late one joined, both print the same lines.
    """
    datagrams = capture(NAME)
    half = len(datagrams) // 2
    with ExitStack() as stack, suite.sender() as sender:
        early = _start(stack, suite, tmp_path / "early", language)
        sender.send_all(datagrams[:half], speed=SPEED)
        late = _start(stack, suite, tmp_path / "late", language)
        rest = [(at - datagrams[half][0], body) for at, body in datagrams[half:]]
        sender.send_all(rest, speed=SPEED)
        _ends_with_the_truth(suite, early)
        _ends_with_the_truth(suite, late)
        assert early.lines()[0] == "ring-1: no match"
        assert sum("point for" in line for line in early.lines()) == _points(datagrams)
        seen = late.lines()
        assert len(seen) > 20
        assert early.lines()[-len(seen) + 1 :] == seen[1:]
        assert not [line for line in [*early.lines(), *seen] if "snapshot" in line]


@pytest.mark.parametrize("language", LANGUAGES)
def test_subscriber_follows_a_killed_parser_and_broker(suite: Suite, tmp_path: Path, language: str) -> None:
    """Pss-parser and broker killed in the middle of a match: the example says so and ends with the truth."""
    datagrams = capture(NAME)
    third = len(datagrams) // 3
    with ExitStack() as stack, suite.sender() as sender:
        board = _start(stack, suite, tmp_path / "board", language)
        sender.send_all(datagrams[:third])
        _ends_with_the_truth(suite, board)
        for service, part in (("pss-parser", datagrams[third : 2 * third]), ("broker", datagrams[2 * third :])):
            _kill(suite, service)
            sender.send_all(part)
            _ends_with_the_truth(suite, board)
        assert [line for line in board.lines() if "pss-parser was restarted" in line]


@pytest.mark.parametrize("language", LANGUAGES)
def test_subscriber_that_was_there_first_joins_when_the_suite_comes(tmp_path: Path, language: str) -> None:
    """Started before the suite: the example says what it waits for and joins by itself; `--count` ends it."""
    suite = Suite(tmp_path / "home")
    endpoints = (suite.events_endpoint, suite.commands_endpoint)
    with scoreboard(language, tmp_path / "board", *endpoints, "--count", "1") as board:
        eventually(lambda: "does not answer" in "".join(board.lines()), within=WITHIN_S, what="the example's complaint")
        with suite:
            assert board.ended(within=WITHIN_S) == 0
        assert board.lines()[-1] == "ring-1: no match"


def test_history_prints_every_point_once(suite: Suite) -> None:
    """The whole history, and the part of it after an entry: each point once, in order."""
    datagrams = capture(NAME)
    with suite.sender() as sender:
        sender.send_all(datagrams)
        suite.stored()
    whole = _history(suite)
    assert len(whole) == _points(datagrams) > 5
    entries = [int(line.partition(":")[0]) for line in whole]
    assert entries == sorted(entries)
    journal_id = suite.call(GetMatchState(ring="ring-1")).journal_id
    assert _history(suite, "--journal", journal_id, "--after", str(entries[3])) == whole[4:]
    assert _history(suite, "--journal", "another", "--after", str(entries[3])) == whole


def _history(suite: Suite, *options: str) -> list[str]:
    command = [sys.executable, "-P", str(EXAMPLES / "history.py"), "--commands", suite.commands_endpoint, *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=WITHIN_S, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def _start(stack: ExitStack, suite: Suite, folder: Path, language: str) -> Scoreboard:
    board = stack.enter_context(scoreboard(language, folder, suite.events_endpoint, suite.commands_endpoint))
    eventually(lambda: any(line.startswith("ring-1: ") for line in board.lines()), within=WITHIN_S, what="a first line")
    return board


def _kill(suite: Suite, service: str) -> None:
    """Kill -9, and wait until the next one is there."""
    boot = suite.health(service).boot_id
    suite.kill(service, signal.SIGKILL)
    eventually(lambda: suite.health(service).boot_id != boot, within=WITHIN_S, what=f"a new {service}")


def _ends_with_the_truth(suite: Suite, board: Scoreboard) -> None:
    """Wait until everything sent is parsed and the last line of the board says it."""

    def is_true() -> bool:
        state = suite.call(GetMatchState(ring="ring-1"))
        lines = [line for line in board.lines() if "point for" not in line]
        assert lines[-1] == _line(state)
        assert state.entry == suite.health("udp-ingest").positions["ring-1"].entry
        return True

    eventually(is_true, within=WITHIN_S, what="the board's last line")


def _line(state: MatchState) -> str:
    if state.match_id is None:
        return "ring-1: no match"
    clock = "-:--" if state.clock_ms is None else f"{state.clock_ms // 60000}:{state.clock_ms // 1000 % 60:02}"
    sides = f"{_side('blue', state.chong)} : {_side('red', state.hong)}"
    return f"ring-1: match {state.match_number}, round {state.round or '-'}, {clock} {state.stage}: {sides}"


def _side(colour: str, side: Athlete) -> str:
    return f"{side.short_name or colour} {side.score} ({side.gam_jeoms} gj, {side.rounds_won} won)"


def _points(datagrams: list[tuple[float, bytes]]) -> int:
    """How many points the scoring system itself announced, `pt1` and `pt2`."""
    messages = [text for _, body in datagrams for text in body.decode().replace("\r", "").split("\n")]
    return sum(text.startswith(("pt1;", "pt2;")) for text in messages)
