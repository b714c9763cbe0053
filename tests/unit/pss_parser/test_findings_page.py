"""docs/findings.md lists every finding that pss-parser and db-writer can tell, and no other."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from services.db_writer import after_backup, deductions, refused

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "findings.md"
TELLERS = {"Finding", "information", "warning", "tell", "told"}
RULE = re.compile(r"[a-z]+(_[a-z0-9]+)+")
OF_DB_WRITER = {
    refused.RULE,
    deductions.UNKNOWN_MATCH,
    deductions.UNKNOWN_EDIT,
    after_backup.GAP,
    after_backup.LEFT_OUT,
}
SEVERITIES = ("information", "warning", "error")


def listed() -> list[list[str]]:
    """The rows of the page's tables: rule, severity, meaning, what to do."""
    rows = [line.strip("|").split("|") for line in PAGE.read_text(encoding="utf-8").splitlines() if line[:3] == "| `"]
    return [[cell.strip() for cell in row] for row in rows]


def texts_of(name: str, tree: ast.AST) -> Iterator[str]:
    """What a variable or an indexed constant may hold: the texts that are assigned to the name anywhere in the file."""
    for node in ast.walk(tree):
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        names = {one.id for target in targets for one in ast.walk(target) if isinstance(one, ast.Name)}
        if name in names and isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            yield from (text for one in ast.walk(node.value) if (text := rule_in(one)))


def rule_in(node: ast.AST) -> str:
    is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return node.value if is_text and RULE.fullmatch(node.value) else ""  # type: ignore[attr-defined]  # just checked


def told_in(source: str) -> Iterator[str]:
    """The rules of all findings that a file makes."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or getattr(node.func, "id", "") not in TELLERS:
            continue
        given = [*node.args[:3], *(word.value for word in node.keywords if word.arg == "rule")]
        for one in given:
            if rule := rule_in(one):
                yield rule
            elif isinstance(one, ast.Name) and one.id == "rule":
                yield from texts_of("rule", tree)
                yield from texts_of("_LIMITS", tree)


def told() -> set[str]:
    files = sorted((ROOT / "services" / "pss_parser").rglob("*.py"))
    return {rule for file in files for rule in told_in(file.read_text(encoding="utf-8"))}


def test_every_finding_is_listed_and_no_other() -> None:
    """A new rule needs a row, and a row needs a rule."""
    rules = [row[0].strip("`") for row in listed()]
    assert len(rules) == len(set(rules))
    assert set(rules) == told() | OF_DB_WRITER
    assert len(rules) > 40


def test_every_row_says_severity_meaning_and_what_to_do() -> None:
    """No empty cells; the severity is one of the three."""
    for row in listed():
        assert len(row) == 4, row
        assert all(row), row
        assert any(word in row[1] for word in SEVERITIES), row
