"""`restrike query findings`: what did not add up, by match, athlete, day, rule and severity."""

import json as json_text
from typing import Annotated, Final

import msgspec
import typer

from services.cli import output
from services.cli.query import tables
from services.cli.query.edits import as_edited
from services.cli.query.filters import Filters, Limit, Oldest, asking
from services.cli.query.question import LIMIT, Question
from services.cli.query.scope import MATCHES, Scope, scope_of
from services.cli.query.source import Source
from shared.messages.match import Severity

# Each way finds the ids that are shown by one index, in order; only these rows are read whole.
BY_TIME: Final = """
SELECT f.id, f.found_at FROM findings f LEFT JOIN pss_matches m ON m.id = f.match_id
WHERE f.found_at >= '' AND {where} ORDER BY f.found_at {order}, f.id {order} LIMIT :limit"""
BY_SEVERITY: Final = """
SELECT f.id, f.found_at FROM findings f LEFT JOIN pss_matches m ON m.id = f.match_id
WHERE f.severity = '{severity}' AND {where} ORDER BY f.found_at {order}, f.id {order} LIMIT :limit"""
BY_RULE: Final = """
SELECT f.id, f.found_at FROM findings f LEFT JOIN pss_matches m ON m.id = f.match_id
WHERE f.rule = :rule AND {where} ORDER BY f.id {order} LIMIT :limit"""
BY_MATCH: Final = """
SELECT f.id, f.found_at FROM pss_matches m CROSS JOIN findings f ON f.match_id = m.id
WHERE {where} ORDER BY f.id {order} LIMIT :limit"""
SHOWN: Final = """
SELECT f.found_at, f.severity, f.rule, f.explanation, f.ring, m.match_id, m.match_number, f.entry,
    f.entry_index AS "index", f.evidence
FROM ({ids}) found CROSS JOIN findings f ON f.id = found.id LEFT JOIN pss_matches m ON m.id = f.match_id
ORDER BY found.found_at {order}, found.id {order} LIMIT :limit
"""


def findings_sql(way: str, where: str = "TRUE", *, severities: tuple[str, ...] = (), order: str = "DESC") -> str:
    """The whole query; `severities` are the branches of `BY_SEVERITY`."""
    branches = [way.format(where=where, order=order, severity=one) for one in severities or ("",)]
    ids = " UNION ALL ".join(f"SELECT * FROM ({branch})" for branch in branches) if severities else branches[0]
    return SHOWN.format(ids=ids, order=order)


QUESTIONS: Final = (
    Question(
        name="newest findings",
        purpose="What did not add up lately.",
        command="findings",
        sql=findings_sql(BY_TIME),
        served_by="`ix_findings_found_at`",
        example={"limit": LIMIT},
    ),
    Question(
        name="findings that matter",
        purpose="Warnings and errors only.",
        command="findings --severity warning",
        sql=findings_sql(BY_SEVERITY, severities=("warning", "error")),
        served_by="`ix_findings_severity`, a branch for each severity",
        example={"limit": LIMIT},
    ),
    Question(
        name="findings of a rule",
        purpose="Where one rule was broken.",
        command="findings --rule score_jump",
        sql=findings_sql(BY_RULE),
        served_by="`ix_findings_rule`",
        example={"rule": "(SELECT rule FROM findings ORDER BY id DESC LIMIT 1)", "limit": LIMIT},
    ),
    Question(
        name="findings of a match",
        purpose="What did not add up in one match.",
        command="findings --match 101",
        sql=findings_sql(BY_MATCH, MATCHES),
        served_by="`ix_findings_match_id`",
        example={"matches": "(SELECT json_array(max(id)) FROM pss_matches)", "limit": LIMIT},
    ),
)

AtLeast = Annotated[Severity, typer.Option("--severity", help="Only what matters at least that much.")]
Rule = Annotated[str | None, typer.Option("--rule", metavar="NAME", help="Only what breaks this rule.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: restrike query findings --day today --severity warning")(findings)


@asking("match", "athlete", "ring", "day", "tournament", "weight", "country", "phase", "since", "until")
def findings(  # noqa: PLR0913  # a command has as many arguments as options
    source: Source,
    filters: Filters,
    *,
    severity: AtLeast = Severity.INFORMATION,
    rule: Rule = None,
    limit: Limit = 50,
    oldest: Oldest = False,
    json: output.Json = False,
) -> None:
    """List what did not add up, the newest first; docs/findings.md explains each rule."""
    scope = scope_of(source, filters, at="f.found_at", ring="f.ring = :ring")
    sql = _sql(filters, scope, severity=severity, rule=rule, order="ASC" if oldest else "DESC")
    found = as_edited(source, source.rows(sql, **scope.values, limit=limit))
    for row in found:
        row["evidence"] = None if row["evidence"] is None else msgspec.json.decode(row["evidence"])
    columns = [
        tables.at("time", "found_at"),
        tables.number("severity"),
        tables.column("rule"),
        tables.column("ring"),
        tables.MATCH,
        tables.column("explanation"),
    ]
    tables.answer("findings", found, columns, json=json, limit=limit, nothing="No such finding is stored.")


def _sql(filters: Filters, scope: Scope, *, severity: Severity, rule: str | None, order: str) -> str:
    """The way that fits: a match or an athlete has few findings, a rule or a severity has an index of its own."""
    severities = tuple(one.value for one in Severity)[list(Severity).index(severity) :]
    is_all = severity is Severity.INFORMATION
    of_matches = (filters.match, filters.athlete, filters.tournament, filters.weight, filters.country, filters.phase)
    is_of_matches = any(one is not None for one in of_matches)
    if is_of_matches or rule is not None:
        if not is_all:
            scope.add(
                "f.severity IN (SELECT value FROM json_each(:severities))", severities=json_text.dumps(severities)
            )
        if not is_of_matches:
            scope.values["rule"] = rule
            return findings_sql(BY_RULE, scope.where, order=order)
        if rule is not None:
            scope.add("+f.rule = :rule", rule=rule)
        return findings_sql(BY_MATCH, scope.where, order=order)
    return findings_sql(
        BY_TIME if is_all else BY_SEVERITY, scope.where, severities=() if is_all else severities, order=order
    )
