"""What a sentence tells people to type can be typed: commands of `restrike` that errors, helps and pages name exist,
and so do the options that pages give them.
"""

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from services.cli import app
from tests.contract.tree import ROOT, files, python_files

NAMED = re.compile(r"\brestrike ((?:[a-z][a-z-]*\b ?)+)")
COMMANDS = get_command(app.app)
PAGES = [path for path in files() if path.suffix == ".md" and (path.parts[0] == "docs" or path.name == "README.md")]
QUOTED = re.compile(
    r"^ *((?:\$|(?:sudo )?restrike) (?!\()(?:.*\\\n)*.*)$|(?<!`)`([^`\n]*\brestrike [^`\n]*)`(?!`)", re.MULTILINE
)
BEGINNING = re.compile(r"(?:^|[ /;])restrike (.*)", re.DOTALL)
ENDS_A_COMMAND = ("|", "||", "&&", ";", "<", ">", ">>", "&", "done")


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


def _words(line: str) -> list[str]:
    """The words after `restrike`, up to where the shell ends the command or a comment begins."""
    said = BEGINNING.search(line)
    lexer = shlex.shlex(said[1].replace("\\\n", " ") if said else "", posix=True, punctuation_chars="|;<>&")
    lexer.whitespace_split = True
    words = list(lexer)
    return words[: next((number for number, word in enumerate(words) if word in ENDS_A_COMMAND), len(words))]


def _impossible(line: str) -> str | None:
    """What `restrike` would not understand of a line of a page: a command or an option. None: all is well."""
    words = _words(line)
    at: Any = COMMANDS
    while words:
        word = words.pop(0)
        if re.match(r"--?[A-Za-z]", word):
            name = word.partition("=")[0]
            name = name if name.startswith("--") else name[:2]
            if name not in _options(at):
                return f"no option {name}: {line}"
            if "=" not in word and not _options(at)[name] and words:
                words.pop(0)  # its value
        elif hasattr(at, "get_command") and re.fullmatch(r"[a-z][a-z-]*", word):
            at = at.get_command(None, word)
            if at is None:
                return f"no command {word}: {line}"
    return None


def _options(command: Any) -> dict[str, bool]:
    """Its options: name -> whether it stands alone, without a value."""
    own = {name: getattr(one, "is_flag", True) for one in command.params for name in [*one.opts, *one.secondary_opts]}
    return {"--help": True} | own


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


def test_a_wrong_option_is_noticed() -> None:
    """The rule is not empty, and takes what a shell takes."""
    assert _impossible("restrike backup restore --latest") == "no option --latest: restrike backup restore --latest"
    assert _impossible("sudo restrike backup restored") == "no command restored: sudo restrike backup restored"
    assert _impossible("restrike alerts list --json | jq --raw-output .") is None
    assert _impossible('restrike tournament new "Croatia Open" \\\n    --from 2026-03-01 # --comment') is None


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_pages_name_commands_and_options_that_exist(page: Path) -> None:
    """In blocks of commands and in backquotes."""
    quoted = ["".join(pair) for pair in QUOTED.findall((ROOT / page).read_text(encoding="utf-8"))]
    assert [wrong for line in quoted if (wrong := _impossible(line)) is not None] == []
