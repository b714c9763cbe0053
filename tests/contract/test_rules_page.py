"""docs/obs-rules.md lists events, placeholders, packs and outcomes as the program has them."""

import re

from services.cli.obs.rules.words import MEANINGS
from shared.automation.packs import PACKS
from shared.automation.placeholders import TEXTS
from shared.messages.automation import FiringOutcome
from tests.contract.tree import ROOT

PAGE = (ROOT / "docs/obs-rules.md").read_text(encoding="utf-8")


def _table(name: str) -> list[str]:
    found = re.search(rf"<!-- {name} -->\n(.*?)<!-- end of {name} -->", PAGE, re.DOTALL)
    assert found is not None
    return found[1].splitlines()


def test_every_event_is_listed() -> None:
    """If this fails, put the lines below into the page."""
    lines = [f"| `{what.value}` | {meaning} |" for what, meaning in MEANINGS.items()]
    assert _table("events") == ["| event | meaning |", "|---|---|", *lines]


def test_every_placeholder_is_listed() -> None:
    """If this fails, put the lines below into the page."""
    lines = [f"| `{{{name}}}` | {meaning} |" for name, meaning in TEXTS.items()]
    assert _table("placeholders") == ["| placeholder | meaning |", "|---|---|", *lines]


def test_every_pack_and_outcome_is_told() -> None:
    """Each pack with its purpose, each outcome in the table."""
    for pack in PACKS.values():
        assert f"| `{pack.name}` | {pack.purpose} |" in PAGE
    for outcome in FiringOutcome:
        assert f"\n| `{outcome.value}` | " in PAGE
