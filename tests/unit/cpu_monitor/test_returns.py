"""A cpu-monitor that did not end in order is told of by the next one, and counted."""

from pathlib import Path
from unittest.mock import Mock

from services.cpu_monitor.guarding.returns import Returns
from services.cpu_monitor.guarding.standing import KEPT_SERVICES
from shared.outbox import Outbox

S = 1_000_000


def open_outbox(path: Path) -> Outbox:
    return Outbox(path, producer="cpu-monitor", publish=lambda _: None, log=Mock())


def test_an_orderly_end_is_nothing_to_tell(tmp_path: Path) -> None:
    """Nor is the first start of all."""
    outbox = open_outbox(tmp_path / "outbox.db")
    assert Returns(outbox).begin(was_alive_us=None, now_us=10 * S) is None
    Returns(outbox).end()
    assert Returns(outbox).begin(was_alive_us=12 * S, now_us=20 * S) is None


def test_what_ended_without_a_word_is_told_and_counted(tmp_path: Path) -> None:
    """Over restarts, by what the outbox kept; those of the last minute, and none of a clock that was set back since."""
    counts = []
    for now_s in (100, 101, 103, 150, 164, 120):
        outbox = open_outbox(tmp_path / "outbox.db")
        returns = Returns(outbox)
        told = returns.begin(was_alive_us=(now_s - 2) * S, now_us=now_s * S)
        counts.append((told is not None, returns.recent))
        outbox.close()
    assert told == "It ended without a word, and was away for 2 s."
    assert counts == [(False, 0), (True, 1), (True, 2), (True, 3), (True, 2), (True, 1)]


def test_who_ended_it_is_told(tmp_path: Path) -> None:
    """Also where the outbox was lost meanwhile; what happens to the others after an orderly end is not asked."""
    outbox = open_outbox(tmp_path / "outbox.db")
    told = Returns(outbox).begin(was_alive_us=1 * S, now_us=23 * S, ended_by="broker")
    assert told == "It was frozen and ended by broker, and was away for 22 s."
    outbox.add([], kept={KEPT_SERVICES: b"x"})
    Returns(outbox).end()
    assert outbox.kept() == {}
    outbox.close()
