"""Reads query plans: which large tables a query reads from end to end."""

import re
from typing import Any, Final

from services.cli.query.question import Question
from services.cli.query.source import Source
from tests.support.large_statistics import LARGE_TABLES

_NAMED: Final = re.compile(rf"\b({'|'.join(LARGE_TABLES)})\b(?:\s+(?:AS\s+)?(\w+))?", re.IGNORECASE)


def full_scans(source: Source, sql: str, values: dict[str, Any]) -> list[str]:
    """The steps of the plan that read a large table from end to end, be it by one of its indexes."""
    large = {name.lower() for found in _NAMED.findall(sql) for name in found if name}
    steps = [str(row["detail"]) for row in source.rows(f"EXPLAIN QUERY PLAN {sql}", **values)]
    return [step for step in steps if step.startswith("SCAN ") and step.split()[1].lower() in large]


def values_of(source: Source, question: Question) -> dict[str, Any]:
    """The question's example: each parameter's expression, worked out in this database."""
    return {name: source.value(f"SELECT {expression}") for name, expression in question.example.items()}
