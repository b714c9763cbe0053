"""docs/alerts.md says which rules there are from the start, and what can be watched, in the program's own words."""

import re
from typing import Final

import pytest

from services.cli.alerts.documents import DOCUMENTS
from services.cli.alerts.wording import clearing_of, condition_of
from shared.alerts.defaults import DEFAULTS
from shared.alerts.metrics import METRICS
from shared.alerts.topics import RARE
from shared.settings.catalogue import CATALOGUE
from tests.contract.tree import ROOT

PAGE: Final = ROOT / "docs/alerts.md"
TABLES: Final = {
    "rules": [
        "| rule | severity | raised by | cleared | what it says |",
        "|---|---|---|---|---|",
        *(
            f"| `{rule.name}` | {rule.severity} | {condition_of(rule)} | {clearing_of(rule)} | {rule.title} |"
            for rule in DEFAULTS.values()
        ),
    ],
    "metrics": [
        "| value | of each | meaning |",
        "|---|---|---|",
        *(
            f"| `{one.name}`{f' ({one.unit})' if one.unit else ''} | {one.per} | {one.meaning} |"
            for one in METRICS.values()
        ),
    ],
    "events": ["| topic | event |", "|---|---|", *(f"| `{name}` | {topic.doc} |" for name, topic in RARE.items())],
}


@pytest.mark.parametrize("name", TABLES)
def test_tables(name: str) -> None:
    """Made of the lists of the program; if this fails, put the lines below into the page."""
    found = re.search(rf"<!-- {name} -->\n(.*?)\n<!-- end of {name} -->", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    assert found[1].splitlines() == TABLES[name]


def test_the_example_can_be_stored() -> None:
    """The rule of one's own is sound."""
    found = re.search(r"## Rules of your own\n\n```json\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    assert [rule.name for rule in DOCUMENTS.rules_in(found[1].encode())] == ["review.clip"]


def test_settings_exist() -> None:
    """Each setting that the page names is one, and each of alerts is named."""
    named = set(re.findall(r"`(alerts\.[a-z_]+)`", PAGE.read_text(encoding="utf-8")))
    assert named == {name for name in CATALOGUE if name.startswith("alerts.")}
