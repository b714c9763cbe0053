"""For the tests of clips: a stage with a replay buffer and no recorder."""

from pathlib import Path

import pytest

from tests.support.stage.stage import Stage


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A connected stage; OBS's clips can be reached from here."""
    stage = Stage(tmp_path, monkeypatch, records_matches=False)
    stage.replays = True
    stage.studio.profile["Output", "FilenameFormatting"] = "%CCYY-%MM-%DD %hh-%mm-%ss"
    stage.connect()
    stage.pass_s(0.1)
    return stage
