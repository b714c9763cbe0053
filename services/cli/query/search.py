"""`restrike query search`: words in names and in what was sent, by the text indexes (FTS5).

The text of the newest events is indexed at quiet turns; what is not yet in is looked through row by row, as far as that
is quick.
"""

import re
from typing import Annotated, Final

import typer

from services.cli import output
from services.cli.query import names, tables
from services.cli.query.edits import as_edited
from services.cli.query.filters import Filters, Limit, asking
from services.cli.query.question import LIMIT, Question
from services.cli.query.source import Row, Source

SCANNED: Final = 20_000
"""So many of the newest events are looked through without the index: about 30 ms."""
PEOPLE: Final = """
SELECT a.id, a.athlete_code, a.short_name, a.long_name, a.country_code
FROM (SELECT rowid AS place FROM search_names WHERE search_names MATCH :text AND rowid % 4 = 0 LIMIT :limit) found
JOIN pss_athletes a ON a.id = found.place / 4 ORDER BY a.id
"""
MATCHES: Final = """
SELECT DISTINCT m.first_loaded_at, m.ring, m.match_id, m.match_number, m.category AS phase, m.weight_class, m.division
FROM (SELECT rowid AS place FROM search_names WHERE search_names MATCH :text AND rowid % 4 > 0
    ORDER BY rowid DESC LIMIT 2 * :limit) found
LEFT JOIN pss_match_athletes p ON p.id = found.place / 4 AND found.place % 4 = 1
CROSS JOIN pss_matches m ON m.id = iif(found.place % 4 = 1, p.match_id, found.place / 4)
ORDER BY m.id DESC LIMIT :limit
"""
RAW: Final = """
SELECT e.id, e.timestamp, s.ring, m.match_id, m.match_number, t.event_code AS code, e.raw_data AS raw
FROM (SELECT rowid AS id FROM search_events WHERE search_events MATCH :text ORDER BY rowid DESC LIMIT :limit) found
CROSS JOIN pss_events_v2 e ON e.id = found.id
LEFT JOIN udp_server_sessions s ON s.id = e.session_id
LEFT JOIN pss_event_types t ON t.id = e.event_type_id
LEFT JOIN pss_matches m ON m.id = e.match_id
ORDER BY e.id DESC
"""
NOT_INDEXED: Final = """
SELECT coalesce(max(e.id), 0) - p.through_event_id AS events FROM search_progress p, pss_events_v2 e
"""
NEWEST: Final = """
SELECT e.id, e.timestamp, s.ring, m.match_id, m.match_number, t.event_code AS code, e.raw_data AS raw
FROM pss_events_v2 e
LEFT JOIN udp_server_sessions s ON s.id = e.session_id
LEFT JOIN pss_event_types t ON t.id = e.event_type_id
LEFT JOIN pss_matches m ON m.id = e.match_id
WHERE e.id IN (SELECT value FROM json_each(:ids)) ORDER BY e.id DESC
"""
UNINDEXED: Final = """
SELECT e.id, e.raw_data FROM pss_events_v2 e
WHERE e.id > (SELECT max(p.through_event_id, (SELECT max(id) FROM pss_events_v2) - :scanned) FROM search_progress p)
"""
_NUMBER: Final = """coalesce((SELECT '"' || match_number || '"*' FROM pss_matches ORDER BY id DESC LIMIT 1), '"1"')"""
_TEXT: Final = """'"wmh" "PTF"'"""
QUESTIONS: Final = (
    Question(
        name="athletes by a word of their name",
        purpose="People whose name or country has these words; the last may be a beginning. Accents do not matter.",
        command="search čačić --names",
        sql=PEOPLE,
        served_by="`search_names`; a row of an athlete has four times its id",
        example={"text": "'\"a\"*'", "limit": LIMIT},
    ),
    Question(
        name="matches by a word",
        purpose="Matches in whose number, phase, weight category, division or names these words are.",
        command="search 'final 68kg' --names",
        sql=MATCHES,
        served_by="`search_names`",
        example={"text": _NUMBER, "limit": LIMIT},
    ),
    Question(
        name="events by a word of their text",
        purpose="The newest messages that hold these words. The beginning of a common word (`c*`) takes longer.",
        command="search 'wmh PTF' --raw",
        sql=RAW,
        served_by="`search_events`, by its row ids backwards",
        example={"text": _TEXT, "limit": LIMIT},
    ),
    Question(
        name="events that are not indexed yet",
        purpose="How many of the newest events the text index does not hold yet.",
        command="search 'wmh PTF' --raw",
        sql=NOT_INDEXED,
        served_by="`search_progress`, and the end of the primary key",
    ),
    Question(
        name="text of the newest events",
        purpose="The texts that the index does not hold yet, as far as they are looked through.",
        command="search 'wmh PTF' --raw",
        sql=UNINDEXED,
        served_by="the primary key",
        example={"scanned": str(SCANNED)},
    ),
)

Text = Annotated[str, typer.Argument(metavar="TEXT", help="Words that must all be in it; the last may be a beginning.")]
Where = Annotated[
    bool | None, typer.Option("--names/--raw", help="Only names of athletes and matches, or only what was sent.")
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: restrike query search čačić")(search)


@asking()
def search(
    source: Source, _filters: Filters, text: Text, *, where: Where = None, limit: Limit = 20, json: output.Json = False
) -> None:
    """Search the names of athletes and matches, and the text of what was sent; case and accents do not matter."""
    words = names.search_terms(text)
    document: dict[str, object] = {"text": text}
    if where is not False:
        document["athletes"] = source.rows(PEOPLE, text=words, limit=limit)
        document["matches"] = as_edited(source, source.rows(MATCHES, text=words, limit=limit))
    if where is not True:
        not_indexed = int(source.value(NOT_INDEXED) or 0)
        found = _newest(source, text, limit=limit) if not_indexed > 0 else []
        found += _indexed(source, text, limit=limit - len(found)) if len(found) < limit else []
        document |= {
            "events": as_edited(source, found),
            "not_indexed": max(not_indexed, 0),
            "scanned": min(max(not_indexed, 0), SCANNED),
        }
    if json:
        output.document(document)
    else:
        _show(document, limit=limit)


def _indexed(source: Source, text: str, *, limit: int) -> list[Row]:
    """The newest events that the index finds. Only where whole words do not fill the list is the last one a beginning:
    `c*` would put together what is known of half of all messages.
    """
    found = source.rows(RAW, text=names.search_terms(text, is_prefix=False), limit=limit)
    return found if len(found) == limit else source.rows(RAW, text=names.search_terms(text), limit=limit)


def _newest(source: Source, text: str, *, limit: int) -> list[Row]:
    """The events that the index does not hold yet, looked at one by one, as the index would."""
    phrases = [_tokens(word) for word in text.split()]
    wanted = [phrase for phrase in phrases if phrase]
    found = [
        number
        for number, raw in source.tuples(UNINDEXED, scanned=SCANNED)
        if all(any(token in raw.casefold() for token in phrase[:1]) or not raw.isascii() for phrase in wanted)
        and _has(_tokens(raw), wanted)
    ]
    return source.rows(NEWEST, ids=str(found[-limit:]))


def _tokens(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", names.folded(text))


def _has(tokens: list[str], phrases: list[list[str]]) -> bool:
    """Whether every phrase stands in `tokens`; the last one's last word may be the beginning of a word."""
    return all(
        any(
            tokens[at : at + len(phrase) - 1] == phrase[:-1]
            and (
                tokens[at + len(phrase) - 1] == phrase[-1]
                or (is_last and tokens[at + len(phrase) - 1].startswith(phrase[-1]))
            )
            for at in range(len(tokens) - len(phrase) + 1)
        )
        for phrase, is_last in zip(phrases, [*[False] * (len(phrases) - 1), True], strict=True)
    )


def _show(document: dict[str, object], *, limit: int) -> None:
    """The parts that have something in them."""
    parts = [
        (
            "athletes",
            [tables.number("id"), tables.Column("athlete", names.shown_name), tables.column("code", "athlete_code")],
        ),
        ("matches", _MATCH_COLUMNS),
        ("events", _EVENT_COLUMNS),
    ]
    is_first = True
    for key, columns in parts:
        rows: list[Row] = document.get(key, [])  # type: ignore[assignment]  # these keys hold rows
        if rows:
            if not is_first:
                output.line("")
            tables.answer(key, rows, columns, json=False, limit=limit)
            is_first = False
    if is_first:
        output.line("Nothing has these words.")
    waiting = int(str(document.get("not_indexed", 0)))
    if waiting:
        scanned = int(str(document["scanned"]))
        rest = "all were looked through" if scanned == waiting else f"only the newest {scanned} were looked through"
        output.note(f"The text of the newest {waiting} events is not indexed yet; {rest}.")


_MATCH_COLUMNS: Final = (
    tables.minute("loaded", "first_loaded_at"),
    tables.column("ring"),
    tables.MATCH,
    tables.column("phase"),
    tables.column("weight", "weight_class"),
    tables.column("division"),
    tables.number("id", "match_id"),
)
_EVENT_COLUMNS: Final = (
    tables.at("time", "timestamp"),
    tables.column("ring"),
    tables.MATCH,
    tables.number("kind", "code"),
    tables.column("text", "raw"),
)
