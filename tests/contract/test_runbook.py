"""docs/runbook.md quotes what the program says: each quoted sentence can come out of a text in the sources."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.contract.tree import ROOT

PAGE = ROOT / "docs/runbook.md"
QUOTED = re.compile(r"^> (.+)$", re.MULTILINE)
ANYTHING = "…"
SOURCES = (
    "services/cpu_monitor",
    "services/udp_ingest",
    "services/cli/suite.py",
    "shared/alerts",
    "shared/supervised.py",
)
"""Whose sentences health, alerts and commands show: what is wrong is worded there."""
LEAST_LETTERS = 12
"""A sentence with fewer letters of its own says nothing by itself."""
FIELD = re.compile(r"\{[^{}]*\}")
PUT_IN = "\0"
BETWEEN = re.compile(r"(?<=[.:;]) +")


def _text(node: ast.AST) -> str:
    """A text of the program, with a mark for each thing that is put in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return FIELD.sub(PUT_IN, node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(one.value) if isinstance(one, ast.Constant) else PUT_IN for one in node.values)
    return ""


def _files() -> Iterator[Path]:
    for source in SOURCES:
        yield from sorted((ROOT / source).rglob("*.py")) if (ROOT / source).is_dir() else (ROOT / source,)


@cache
def sentences() -> "tuple[re.Pattern[str], ...]":
    """What the texts of the program come out as, sentence by sentence; also up to a colon."""
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in _files()]
    found = {one for tree in trees for node in ast.walk(tree) for one in BETWEEN.split(_text(node))}
    found |= {f"{one.rstrip(PUT_IN)}:" for one in found if one.endswith(PUT_IN)}  # `cannot be written{why}`
    own = [one for one in found if len(one.replace(PUT_IN, "")) >= LEAST_LETTERS]
    return tuple(re.compile(re.escape(one).replace(re.escape(PUT_IN), "(.+?)")) for one in own)


def is_said(quote: str) -> bool:
    """Whether each sentence of a quote is one that the program can say."""
    parts = [one for part in quote.split(ANYTHING) for one in BETWEEN.split(part.strip()) if one]
    return all(any(sentence.fullmatch(part) for sentence in sentences()) for part in parts)


QUOTES = QUOTED.findall(PAGE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("sentence", QUOTES)
def test_each_quoted_sentence_is_one_of_ours(sentence: str) -> None:
    """Somebody who searches the page for what the screen says finds it."""
    assert is_said(sentence), f"nothing in services/ or shared/ says: {sentence}"


@pytest.mark.parametrize(
    "sentence",
    [
        "ring-1: was sending, and fell silent while its match runs.",
        "restarted 5 times within a minute",
        "restrike.json is refused; the one before is in force.",
        "kernel drops",
    ],
)
def test_what_nobody_says_is_found(sentence: str) -> None:
    """The test can fail: the page once had these."""
    assert not is_said(sentence)


def test_each_entry_says_what_is_seen() -> None:
    """Each numbered entry begins with what the program says, and they are counted through."""
    entries = re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    numbered = [entry for entry in entries if entry[0].isdigit()]
    assert [entry.partition(".")[0] for entry in numbered] == [str(n) for n in range(1, len(numbered) + 1)]
    assert [entry.partition("\n")[0] for entry in numbered if not QUOTED.search(entry)] == []
