"""`restrike query`: the group of the usual questions, own SQL and saved queries."""

from typing import Final

from services.cli.group import group
from services.cli.query import (
    PURPOSE,
    athletes,
    audit,
    challenges,
    counts,
    edits,
    event_rows,
    events,
    findings,
    interventions,
    matches,
    own_sql,
    rounds,
    saved,
    search,
    sessions,
    techniques,
)
from services.cli.query.question import Question

app = group("query", PURPOSE)
for part in (
    events,
    matches,
    athletes,
    challenges,
    techniques,
    rounds,
    interventions,
    findings,
    search,
    counts,
    sessions,
    audit,
    own_sql,
    saved,
):
    part.register(app)

QUESTIONS: Final[tuple[Question, ...]] = (
    *event_rows.QUESTIONS,
    *matches.QUESTIONS,
    *edits.QUESTIONS,
    *athletes.QUESTIONS,
    *challenges.QUESTIONS,
    *techniques.QUESTIONS,
    *rounds.QUESTIONS,
    *interventions.QUESTIONS,
    *findings.QUESTIONS,
    *search.QUESTIONS,
    *counts.QUESTIONS,
    *sessions.QUESTIONS,
    *audit.QUESTIONS,
    *saved.QUESTIONS,
)
"""The usual questions: what docs/queries.md shows and what is measured."""
