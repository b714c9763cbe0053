"""`restrike` inside the test's process, on a home of its own."""

import json
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from typer.main import get_command

from services.cli import app
from services.cli.app import main


class Done(NamedTuple):
    """How a command ended."""

    code: object
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Done]

commands_of = cache(get_command)
"""A process makes the commands once; tests run hundreds of command lines in theirs."""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    monkeypatch.setenv("RESTRIKE_HOME", str(folder))
    return folder


@pytest.fixture
def run(home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)  # main sets it: put it back afterwards
    monkeypatch.setattr(app, "get_command", commands_of)
    assert not home.exists()

    def run_command(*arguments: str | Path) -> Done:
        with pytest.raises(SystemExit) as ended:
            main([str(word) for word in arguments])
        out, err = capsys.readouterr()
        return Done(ended.value.code, out, err)

    return run_command
