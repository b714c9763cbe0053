"""The ledger: one commit per turn, then what waited for it, then what is published; nothing that is told is lost."""

from typing import Any
from unittest.mock import Mock

import pytest
from msgspec.structs import replace

from services.obs_bridge.ledger import Ledger
from shared.messages.recordings import VideoKind, VideoStored
from tests.support.facts import fired


class Recorded:
    """An outbox and a bus that write down what they are asked, in order."""

    def __init__(self) -> None:
        self.lines: list[Any] = []
        self.ledger = Ledger(self, self)  # type: ignore[arg-type]  # an outbox and a bus for this test

    def add(self, facts: Any, *, kept: dict[str, bytes | None]) -> int:
        self.lines.append(("stored", [fact.firing_id for fact in facts], kept))
        return 0

    def publish(self, topic: Any, key: str, fact: Any) -> None:
        self.lines.append(("published", topic.name, key, fact.firing_id))


@pytest.fixture
def recorded() -> Recorded:
    return Recorded()


def test_the_order(recorded: Recorded) -> None:
    """Stored in one piece, then asked, then published."""
    ledger = recorded.ledger
    ledger.then(lambda: recorded.lines.append("asked"))
    ledger.tell(fired(1))
    ledger.keep("a", b"1")
    ledger.keep("b", None)
    ledger.tell(fired(2))
    ledger.keepers.append(lambda: {"at": b"7"})
    ledger.commit()
    assert recorded.lines == [
        ("stored", ["1", "2"], {"a": b"1", "b": None, "at": b"7"}),
        "asked",
        ("published", "obs.rule_fired", "ring-1", "1"),
        ("published", "obs.rule_fired", "ring-1", "2"),
    ]
    recorded.lines.clear()
    ledger.commit()
    assert recorded.lines == [], "a turn in which nothing was told costs nothing"


def test_what_is_kept_last(recorded: Recorded) -> None:
    """A state is encoded when it is stored, so that it agrees with all that was told before and after."""
    state = {"n": 1}
    recorded.ledger.keep_latest("state", lambda: str(state["n"]).encode())
    state["n"] = 2
    recorded.ledger.commit()
    assert recorded.lines == [("stored", [], {"state": b"2"})]
    recorded.ledger.keep_latest("state", lambda: b"3")
    recorded.ledger.keep("state", None)
    recorded.ledger.commit()
    assert recorded.lines[-1] == ("stored", [], {"state": None})


def test_what_is_told_meanwhile(recorded: Recorded) -> None:
    """A request that fails at once tells so: stored by the next commit, not lost."""
    recorded.ledger.then(lambda: recorded.ledger.tell(fired(1)))
    recorded.ledger.then(lambda: recorded.ledger.then(lambda: recorded.lines.append("asked")))
    recorded.ledger.commit()
    assert recorded.lines == []
    recorded.ledger.commit()
    assert recorded.lines == [("stored", ["1"], {}), "asked", ("published", "obs.rule_fired", "ring-1", "1")]


def test_a_fault_keeps_nothing_else_from_being_done(recorded: Recorded) -> None:
    """What is stored is published all the same, and what waited behind the fault is done in the next turn."""

    def faulty() -> None:
        raise KeyError("missing")

    recorded.ledger.tell(fired(1))
    recorded.ledger.then(faulty)
    recorded.ledger.then(lambda: recorded.lines.append("asked"))
    with pytest.raises(KeyError):
        recorded.ledger.commit()
    assert [line[0] for line in recorded.lines] == ["stored", "published"]
    recorded.ledger.commit()
    assert recorded.lines[-1] == "asked"


def test_what_is_decided_about_a_video_is_added() -> None:
    """Every fact of a video goes through `stamp`, and no other."""
    bus, outbox, kind = Mock(), Mock(), VideoKind.MANUAL
    ledger = Ledger(outbox, bus)
    ledger.stamp = Mock(side_effect=lambda video: replace(video, is_kept=True))
    ledger.tell(fired(1))
    ledger.tell(VideoStored(video_id="v", kind=kind, connection="c", ring="r", match_id=None, obs_path="/a.mkv"))
    assert ledger.stamp.call_count == 1
    ledger.commit()
    ((facts,), _) = outbox.add.call_args
    assert facts[1].is_kept
