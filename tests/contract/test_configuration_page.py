"""docs/configuration.md says of each key when it is in force: what the services declare, and nothing else."""

import ast
import re
from pathlib import Path

import pytest

from deploy import configuration_page
from services.registry import SERVICES
from shared.config import Config
from shared.config.differences import touches, value_at

ROOT = Path(__file__).resolve().parent.parent.parent
LIVE = re.compile(r'on_config\("([a-z_.]+)"')
ROW = re.compile(r"^\| `([a-z_]+)` \|.*\| ([^|]+) \|$", re.MULTILINE)


def _live() -> set[str]:
    """What some service takes over while it runs, as its code says."""
    files = [*(ROOT / "services").rglob("*.py"), *(ROOT / "shared").rglob("*.py")]
    return {path for file in files for path in LIVE.findall(file.read_text(encoding="utf-8"))}


def _tables() -> dict[str, str]:
    """When each key is in force, by its path, as the page says it."""
    page = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")
    prefixes = {title: configuration_page.PREFIXES[name] for name, title in configuration_page.GROUPS.items()}
    found: dict[str, str] = {}
    for part in page.split("\n### ")[1:]:
        title, _, table = part.partition("\n")
        if title in prefixes and title != "Each of `rings`":
            found |= {prefixes[title] + key: when for key, when in ROW.findall(table)}
    return found


def test_nothing_is_both() -> None:
    """What one takes over at its start only, nobody declares to take over while it runs; a path that is not there is
    an error.
    """
    fixed = configuration_page.fixed()
    assert fixed.keys() >= {"bus.events", "metrics.every_s"}
    assert set(fixed.values()) <= {*SERVICES, "each service"}
    assert {path for path in fixed if any(touches(path, live) for live in _live())} == set()
    for path in fixed.keys() - {"bus.curve.secret_key_file"}:  # there is no curve by default
        value_at(Config(), path)


@pytest.mark.parametrize("path", sorted(_live()))
def test_what_is_taken_over_live_is_in_force_at_once(path: str) -> None:
    """The page says so of it, metrics.endpoint among them, of which docs/metrics.md says it, too."""
    found = _tables()
    assert path == "rings" or found[path] == "at once"


def test_each_key_that_needs_a_restart_names_who_has_to() -> None:
    """And the groups that hold some of them point to their tables."""
    found = _tables()
    for path, who in configuration_page.fixed().items():
        assert found[path] == f"when {who} starts"
    assert {found[group] for group in ("bus", "metrics", "bus.curve")} == {"as its keys say"}
    assert found["journal"] == "at once"


def test_paths_are_literals() -> None:
    """The page reads the calls, so that none may hide its paths in a variable."""
    for file in (ROOT / "services").rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        for call in ast.walk(ast.parse(text)) if "fixed_config(" in text else ():
            if isinstance(call, ast.Call) and getattr(call.func, "attr", "") == configuration_page.DECLARED:
                assert all(isinstance(argument, ast.Constant) for argument in call.args), file
