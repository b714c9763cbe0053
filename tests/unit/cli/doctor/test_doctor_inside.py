"""What py-spy saw and what is told of it; and tracing of allocations within a process."""

import gc
import threading
import tracemalloc
import xml.etree.ElementTree as ET
from collections.abc import Callable
from typing import Any

import pytest

from services.cli.doctor.flames import drawn
from services.cli.doctor.profile import collapsed, parsed, refusal, rows
from shared.memory_tracing import MemoryTracing
from shared.messages.memory import MemoryTraced, TraceMemory
from shared.rpc import Later
from shared.timers import Timer
from tests.support.wait import eventually

RAW = """main (loop.py:1);work (loop.py:2) 60
main (loop.py:1);work (loop.py:2);<genexpr> (loop.py:3) 30
main (loop.py:1) 10
main (loop.py:1);Poller.poll (/opt/x/lib/python3.11/site-packages/zmq/sugar/poll.py:80) 900

not a line of it
"""


def test_what_took_the_time() -> None:
    """By itself, and with all that it called; a recursion counts once."""
    found = {one.function: (one.self_percent, one.total_percent) for one in rows(parsed(RAW))}
    assert found == {
        "work (loop.py:2)": (60.0, 90.0),
        "<genexpr> (loop.py:3)": (30.0, 30.0),
        "main (loop.py:1)": (10.0, 100.0),
    }
    assert rows(parsed("f (a:1);f (a:1) 4"))[0].total_percent == 100.0
    assert rows(parsed("")) == []
    shown = parsed("a (/usr/lib/python3.12/json/x.py:1);b (/v/lib/python3.11/site-packages/zmq/y.py:2);c (z.py:3) 1")
    assert list(shown) == [("a (json/x.py:1)", "b (zmq/y.py:2)", "c (z.py:3)")]


def test_flame_graph() -> None:
    """A sound SVG with a block for each function, as wide as its time."""
    root = ET.fromstring(drawn(parsed(RAW), title="a <service>"))  # noqa: S314 - it is our own
    blocks = [(group[0].text or "", float(group[1].attrib["width"])) for group in root if group.tag.endswith("}g")]
    assert blocks[0] == ("a <service>: 100.0 %", 1200.0)
    assert ("<genexpr> (loop.py:3): 30.0 %", 360.0) in blocks
    assert collapsed(parsed(RAW)).splitlines()[0] == "main (loop.py:1);work (loop.py:2) 60"


@pytest.mark.parametrize(
    ("said", "is_root", "expected"),
    [
        ("Permission Denied: Try running again with elevated permissions", False, "sudo"),
        ("Permission Denied: Try running again with elevated permissions", True, "CAP_SYS_PTRACE"),
        ("Error: Failed to find python version\nmore", False, "py-spy failed: Error: Failed to find python version."),
        ("", True, "py-spy failed: silently."),
    ],
)
def test_why_nobody_may_look(said: str, *, is_root: bool, expected: str) -> None:
    """What to do about it."""
    assert expected in str(refusal(said, is_root=is_root))


class Loop:
    """A runtime's timers and posts, done when the test says so."""

    def __init__(self) -> None:
        self.timers: list[tuple[float, Timer]] = []
        self.posted: list[Callable[[], None]] = []

    def after(self, seconds: float, callback: Callable[[], None]) -> Timer:
        timer = Timer(callback, due=seconds)
        self.timers.append((seconds, timer))
        return timer

    def answer(self, answered: Later | MemoryTraced) -> MemoryTraced:
        if isinstance(answered, MemoryTraced):
            return answered
        found: list[Any] = []
        eventually(lambda: self.posted, within=5, what="the look's end")
        self.posted.pop()()
        answered.when_answered(lambda outcome: found.append(outcome()))
        told: MemoryTraced = found[0]
        return told


def test_memory_is_traced_for_a_while() -> None:
    """What is held is told with its line and its growth since the first look; the end forgets all."""
    loop = Loop()
    tracing = MemoryTracing(after=loop.after, post=loop.posted.append)
    try:
        assert tracing.answer(TraceMemory(is_on=False)) == MemoryTraced(is_tracing=False, traced_bytes=0, peak_bytes=0)
        assert loop.answer(tracing.answer(TraceMemory(is_on=True, for_s=5))).is_tracing
        kept = [bytearray(100_000)]
        first = loop.answer(tracing.answer(TraceMemory(is_on=True, for_s=5)))
        kept.append(bytearray(300_000))
        gc.collect()
        last = loop.answer(tracing.answer(TraceMemory(is_on=False, places=3)))
    finally:
        tracing.end()
    here = "tests/unit/cli/doctor/test_doctor_inside.py"
    assert {place.grown_bytes for place in first.places} == {0}
    grown = [place for place in last.places if place.place.startswith(here) and place.grown_bytes >= 300_000]
    assert len(grown) == 1
    assert any(place.place.startswith(here) and 100_000 <= place.bytes < 200_000 for place in last.places)
    assert not last.is_tracing
    assert last.traced_bytes > 400_000
    assert len(kept) == 2


def test_tracing_ends_by_itself() -> None:
    """Though whoever asked was killed; each question puts the end off."""
    loop = Loop()
    tracing = MemoryTracing(after=loop.after, post=loop.posted.append)
    loop.answer(tracing.answer(TraceMemory(is_on=True, for_s=5)))
    loop.answer(tracing.answer(TraceMemory(is_on=True, for_s=10**9)))
    (first_s, first), (last_s, last) = loop.timers
    assert (first_s, last_s) == (5, 3600)
    assert first.is_over
    last.callback()
    assert loop.answer(tracing.answer(TraceMemory(is_on=False))).traced_bytes == 0


def test_tracing_that_ends_while_somebody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asked is answered: nothing is held any more, and nothing is traced."""
    loop = Loop()
    tracing = MemoryTracing(after=loop.after, post=loop.posted.append)
    loop.answer(tracing.answer(TraceMemory(is_on=True, for_s=5)))
    taken, may_take = tracemalloc.take_snapshot, threading.Event()

    def late() -> tracemalloc.Snapshot:
        assert may_take.wait(5)
        return taken()

    monkeypatch.setattr(tracemalloc, "take_snapshot", late)
    answered = tracing.answer(TraceMemory(is_on=True, for_s=5))
    loop.timers[-1][1].callback()
    may_take.set()
    told = loop.answer(answered)
    assert told == MemoryTraced(is_tracing=False, traced_bytes=0, peak_bytes=0)
