"""How a suite is ended, where supervisord does not answer."""

from pathlib import Path

import pytest

from services.cli import supervision
from services.cli.supervision import Ended, Standing, Supervisor, stop_suite
from shared.errors import IoError
from shared.paths import Paths


def test_one_that_cannot_be_killed_leaves_all_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No ring is stopped before it is certain that the suite will end: nobody would start it again."""
    did: list[str] = []

    def hangs(_: int) -> None:
        raise IoError("suite.supervisor_stuck", "It hangs in the kernel.")

    monkeypatch.setattr(Supervisor, "standing", lambda _: Standing(pid=4711, answers=False))
    monkeypatch.setattr(supervision, "end_frozen", hangs)
    monkeypatch.setattr(supervision, "_store_everything", lambda _: did.append("rings stopped"))
    monkeypatch.setattr(supervision, "end_left_overs", lambda _: did.append("services ended"))
    paths = Paths(tmp_path)
    with pytest.raises(IoError):
        stop_suite(paths, Supervisor(paths))
    assert did == []
    monkeypatch.setattr(supervision, "end_frozen", lambda pid: did.append(f"{pid} killed"))
    ended = stop_suite(paths, Supervisor(paths))
    assert did == ["4711 killed", "rings stopped", "services ended"]
    assert ended.notes[0].startswith("Killed supervisord (process 4711)")


def test_an_end_in_order_has_nothing_to_tell() -> None:
    assert Ended(left=None).notes == []
    assert Ended(left="Two rings are behind.").notes == ["Two rings are behind."]
