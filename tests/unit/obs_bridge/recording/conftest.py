"""For the tests of recorders: a stage whose small OBS is connected."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.stage.stage import Stage

Make = Callable[..., Stage]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Makes a stage with these settings of recording."""

    def made(**settings: Any) -> Stage:
        usual = {"post_roll_ms": 3_000, "root": None}
        stage = Stage(tmp_path, monkeypatch, **(usual | settings))
        stage.connect()
        stage.pass_s(0.1)
        return stage

    return made


@pytest.fixture
def stage(make: Make) -> Stage:
    """A stage with a post-roll of 3 s, connected."""
    return make()
