"""Folders of OBS that are looked at from here: where they are, and that a dead share holds nobody up."""

import threading
from pathlib import Path

import pytest
from msgspec.structs import replace

from services.obs_bridge.acts import folders
from services.obs_bridge.acts.facts import ObsFacts
from services.obs_bridge.procedure import Pause, Procedure
from tests.support.wait import eventually, pause

FACTS = ObsFacts(obs_version="29.0.2", websocket_version="5.1.0", platform="linux", requests=frozenset())


def waited(looking: Procedure[folders.Folder | None]) -> folders.Folder | None:
    """What is found, with every pause that is asked for."""
    try:
        while True:
            step = next(looking)
            assert isinstance(step, Pause)
            pause(step.seconds)
    except StopIteration as over:
        found: folders.Folder | None = over.value
        return found


def looks() -> list[threading.Thread]:
    """The threads that look at a folder now."""
    return [thread for thread in threading.enumerate() if thread.name == "obs-folder"]


def test_where_a_folder_is() -> None:
    """By the map; where OBS runs here, as OBS names it; never one that climbs, or is of another system."""
    here = replace(FACTS, is_local=True)
    assert folders.ours(FACTS, "/rec") is None
    assert folders.ours(here, "/rec") == "/rec"
    assert folders.ours(replace(here, path_map={"/rec": "/mnt/rec"}), "/rec/a") == "/mnt/rec/a"
    assert folders.ours(here, "/rec/../etc") is None
    assert folders.ours(here, "D:\\Rec") is None


def test_a_look(tmp_path: Path) -> None:
    """What is there, and what is not."""
    seen = waited(folders.look(str(tmp_path)))
    assert seen is not None
    assert seen.is_writable
    missing = waited(folders.look(str(tmp_path / "none")))
    assert missing is not None
    assert not missing.exists


def test_a_dead_share(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is waited for in one thread, however often it is looked at; when it answers again, so does the look."""
    monkeypatch.setattr(folders, "LOOK_S", 0.1)
    answers = threading.Event()
    real = folders._seen

    def hangs(path: str) -> folders.Folder:
        answers.wait(20)
        return real(path)

    monkeypatch.setattr(folders, "_seen", hangs)
    assert [waited(folders.look(str(tmp_path))) for _ in range(3)] == [None, None, None]
    assert len(looks()) == 1
    answers.set()
    eventually(lambda: not looks(), within=10, what="the look is over")
    assert waited(folders.look(str(tmp_path))) is not None
