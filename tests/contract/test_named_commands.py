"""What a sentence tells people to type can be typed: commands of `restrike` that errors, helps and pages name exist."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from services.cli import app
from tests.contract.tree import ROOT, files, python_files

NAMED = re.compile(r"\brestrike ((?:[a-z][a-z-]*\b ?)+)")
COMMANDS = get_command(app.app)
PAGES = [path for path in files() if path.suffix == ".md" and path.parts[0] == "docs"]
QUOTED = re.compile(r"^\$ (restrike .*)$|`(restrike [^`]*)`", re.MULTILINE)


def _unknown(words: list[str]) -> str | None:
    """The part of a command line that is none: `restrike obs scene build`. None: all is well, or it is prose."""
    at: Any = COMMANDS
    for number, word in enumerate(words):
        if not hasattr(at, "get_command"):
            return None
        inner = at.get_command(None, word)
        if inner is None:
            return " ".join(["restrike", *words[: number + 1]]) if number else None
        at = inner
    return None


def _texts(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_a_wrong_command_is_noticed() -> None:
    """The rule is not empty."""
    assert _unknown(["obs", "scene", "build"]) == "restrike obs scene build"
    assert _unknown(["obs", "scene", "list"]) is None
    assert _unknown(["events", "tail", "match"]) is None


@pytest.mark.parametrize("folder", ["services", "shared"])
def test_sentences_name_commands_that_exist(folder: str) -> None:
    """In errors, helps and docstrings."""
    found = [
        f"{path}: {wrong}"
        for path in python_files(folder)
        for text in _texts(path)
        for named in NAMED.findall(text)
        if (wrong := _unknown(named.split())) is not None
    ]
    assert found == []


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_pages_name_commands_that_exist(page: Path) -> None:
    """In blocks of commands and in backquotes."""
    quoted = ["".join(pair) for pair in QUOTED.findall((ROOT / page).read_text(encoding="utf-8"))]
    found = [wrong for text in quoted for named in NAMED.findall(text) if (wrong := _unknown(named.split()))]
    assert found == []
