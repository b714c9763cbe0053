"""The played tournament in a home of its own, and `restrike query` on it."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from typer.main import get_command

from services.cli.query import box, boxed
from services.cli.query.app import app
from tests.unit.cli.conftest import Run
from tests.unit.cli.query.played import Played, play

Ask = Callable[..., Any]
QUERY: Final = get_command(app)
"""Made once: it is asked often."""


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    return play(tmp_path_factory.mktemp("played"))


@pytest.fixture
def asked(home: Path, run: Run, played: Played, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `restrike query …` on the tournament, whose file is linked, as nothing may write to it. A query of one's own
    needs no process: what it answers is the same.
    """
    monkeypatch.setattr(boxed, "in_child", box.answer)
    (home / "data").mkdir(parents=True)
    os.link(played.path, home / "data" / "restrike.db")
    return lambda *arguments: run("query", *arguments)


@pytest.fixture
def ask(asked: Run, capsys: pytest.CaptureFixture[str]) -> Ask:
    """The document that a question answers with; it must not be refused."""
    assert callable(asked)

    def document(*arguments: str) -> Any:
        QUERY(args=[*arguments, "--json"], standalone_mode=False)
        return json.loads(capsys.readouterr().out)

    return document
