"""Programs of rules, as real processes: no shell, an end in time, a bound on output, nothing left running."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from services.obs_bridge.programs import MOST_OUTPUT, Programs, Ran, environment, variable
from tests.support.wait import eventually

WITHIN = 15.0


class Loop:
    """Keeps what other threads post, and calls it when the test turns."""

    def __init__(self, *, most_at_once: int = 8) -> None:
        self.posted: list[Callable[[], None]] = []
        self.ran: list[Ran] = []
        self.programs = Programs(self.posted.append, most_at_once=most_at_once)

    def start(self, *command: str, within_s: float = WITHIN) -> None:
        self.programs.run(command, {"player1": "a"}, within_s=within_s, then=self.ran.append)

    def ended(self, count: int = 1) -> list[Ran]:
        """What came of so many programs."""
        eventually(lambda: len(self.posted) >= count, within=WITHIN)
        while self.posted:
            self.posted.pop(0)()
        return self.ran

    def error(self, *command: str, within_s: float = WITHIN) -> str | None:
        self.start(*command, within_s=within_s)
        return self.ended()[-1].error


def test_there_is_no_shell() -> None:
    """What an athlete is called is an argument, whatever is in it."""
    loop = Loop()
    assert loop.error("test", "$(false); x", "=", "$(false); x") is None
    assert loop.programs.started == 1
    assert loop.programs.failed == 0


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (("sh", "-c", "echo why; echo really >&2; exit 3"), "sh ended with 3: why really"),
        (("sh", "-c", "kill -9 $$"), "sh was ended by signal 9."),
        (("no-such-program-here",), "no-such-program-here could not be started: No such file or directory."),
        (("true", "\0"), "true could not be started"),
    ],
)
def test_failures_say_why(command: tuple[str, ...], sentence: str) -> None:
    """The sentence has the program, how it ended and what it said."""
    loop = Loop()
    assert sentence in (loop.error(*command) or "")
    assert loop.programs.failed == 1


@pytest.mark.slow
def test_one_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    """With all that it started."""
    pid = tmp_path / "pid"
    loop = Loop()
    error = loop.error("sh", "-c", f"sleep 60 & echo $! > {pid}; wait", within_s=0.5)
    assert error == "sh took longer than 0.5 s and was ended."
    eventually(lambda: not _runs(int(pid.read_text())), within=WITHIN)


def test_one_that_left_something_behind(tmp_path: Path) -> None:
    """A child that holds the output open does not hold the rule up, and is not left running."""
    pid = tmp_path / "pid"
    loop = Loop()
    assert loop.error("sh", "-c", f"sleep 60 & echo $! > {pid}") is None
    assert loop.ran[0].ended_ns - loop.ran[0].started_ns < 10e9
    eventually(lambda: not _runs(int(pid.read_text())), within=WITHIN)


def test_one_that_talks_without_end() -> None:
    """Its output is read, so that it can go on, and not kept."""
    error = Loop().error("sh", "-c", "head -c 3000000 /dev/zero | tr '\\0' x; exit 1")
    assert error is not None
    assert len(error) < MOST_OUTPUT + 100


def test_not_too_many_at_once() -> None:
    """One more than may run is refused, in a sentence; later ones run again."""
    loop = Loop(most_at_once=1)
    loop.start("sleep", "0.3")
    loop.start("true")
    first, second = loop.ended(2)
    assert first.error == "1 programs of rules are running; one more was not started."
    assert second.error is None
    assert loop.error("true") is None


def test_the_end_of_the_service_ends_them() -> None:
    """What runs is killed, and nothing is started any more."""
    loop = Loop()
    loop.start("sleep", "60")
    eventually(lambda: loop.programs._running, within=WITHIN)  # that it was started shows nowhere else
    loop.programs.stop()
    assert "signal 9" in (loop.ended()[0].error or "")
    assert loop.error("true") == "obs-bridge ended before it could be started."


def test_what_a_program_finds_in_its_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Placeholders by name, the home, and none of our secrets."""
    monkeypatch.setenv("RESTRIKE_OBS_PASSWORD", "secret")
    monkeypatch.setenv("RESTRIKE_HOME", "h")
    found = environment({"matchNumber": "101", "player1": "a\0b"})
    assert "secret" not in found.values()
    assert (found["RESTRIKE_HOME"], found["EVENT_MATCH_NUMBER"], found["EVENT_PLAYER1"]) == ("h", "101", "ab")
    assert found["PATH"] == os.environ["PATH"]
    assert variable("winnerCountry") == "EVENT_WINNER_COUNTRY"


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
