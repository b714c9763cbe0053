"""docs/care.md says what the program does at night and what each check means, in the program's own words."""

import re

from services.db_writer.office.care.duties import CARE
from shared.db.check_list import CHECKS, Check
from tests.contract.tree import ROOT

PAGE = ROOT / "docs/care.md"
CHECKS_TABLE = re.compile(r"<!-- checks -->\n(.*?)\n<!-- end of checks -->", re.DOTALL)
DUTY = re.compile(r"^\| `(\w+)` \| each (night|week) \|", re.MULTILINE)


def _line(check: Check) -> str:
    notes = [
        note
        for note, is_so in (
            ("repaired by `--repair`", check.is_repaired),
            ("slow", check.is_slow),
            ("information", check.is_information),
        )
        if is_so
    ]
    return f"| `{check.name}` | {check.meaning} | {check.advice} | {', '.join(notes)} |"


def test_every_check_is_explained() -> None:
    """The table of checks is made of the list of checks; if this fails, put the lines below into the page."""
    head = ["| check | what it means | what to do | |", "|---|---|---|---|"]
    found = CHECKS_TABLE.search(PAGE.read_text(encoding="utf-8"))
    assert found is not None
    assert found[1].splitlines() == head + [_line(check) for check in CHECKS]


def test_every_duty_is_told() -> None:
    """What is lined up at night is what the page says, in its order."""
    assert [name for name, _ in DUTY.findall(PAGE.read_text(encoding="utf-8"))] == [duty.kind for duty in CARE]
