"""From what people call athletes, matches, tournaments and the like to the ids of their rows. For `restrike query`."""

import json
import re
import unicodedata
from typing import Final

from services.cli.query.source import Row, Source
from shared.errors import ValidationError

CANDIDATES: Final = 10
"""How many of those who could be meant are named."""
ATHLETE_BY_KEY: Final = """
SELECT id, athlete_code, short_name, long_name, country_code FROM pss_athletes
WHERE id = :number OR athlete_code = :code
"""
# The rows of search_names that are athletes have four times the athlete's id.
ATHLETES_BY_NAME: Final = """
SELECT a.id, a.athlete_code, a.short_name, a.long_name, a.country_code
FROM (SELECT rowid AS place FROM search_names WHERE search_names MATCH :text AND rowid % 4 = 0 LIMIT :limit) found
JOIN pss_athletes a ON a.id = found.place / 4 ORDER BY a.id
"""
MATCHES: Final = """
SELECT id FROM pss_matches WHERE match_id = :match OR match_number = :match
UNION SELECT match_id FROM match_edits WHERE undone_at IS NULL AND changes ->> '$.match_number' = :match
    AND match_id IS NOT NULL
"""
KINDS: Final = "SELECT id, event_code, event_name, category FROM pss_event_types ORDER BY id"
PLAIN_LETTERS: Final = {
    "ae": "Ææ",
    "d": "ĐđÐð",
    "e": "Əə",
    "h": "Ħħ",
    "i": "ı",  # noqa: RUF001  # this very letter is meant
    "l": "Łł",
    "o": "Øø",
    "oe": "Œœ",
    "ss": "ßẞ",
    "t": "Ŧŧ",
    "th": "Þþ",
}
"""As the indexes have letters that no accent can be taken off (see migration 008)."""
_TO_PLAIN: Final = str.maketrans({letter: plain for plain, letters in PLAIN_LETTERS.items() for letter in letters})
_WORD: Final = re.compile(r"\S+")


def search_terms(text: str, *, is_prefix: bool = True) -> str:
    """`text` as an FTS5 query that cannot be anything else: each word in quotes, the last one as a beginning.

    Raises:
        ValidationError: it has no letter and no digit.
    """
    plain = text.replace("\0", " ").translate(_TO_PLAIN)
    words = [word for word in _WORD.findall(plain) if any(one.isalnum() for one in word)]
    if not words:
        raise ValidationError("query.no_words", "Search for a word or a number: there is none in this.", value=text)
    quoted = ['"' + word.replace('"', '""') + '"' for word in words]
    return " ".join(quoted) + ("*" if is_prefix else "")


def folded(text: str) -> str:
    """`text` without case, accents, strokes and doubled spaces, as people compare names."""
    plain = "".join(one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one))
    plain = plain.translate(_TO_PLAIN)
    return " ".join(plain.casefold().split())


def shown_name(row: Row) -> str:
    """An athlete in a line: `Marija ČAČIĆ CRO`."""
    return " ".join(word for word in (row["long_name"] or row["short_name"], row["country_code"]) if word)


def athlete(source: Source, text: str) -> Row:
    """The athlete that `text` means: its number, its code, its name or a part of it.

    Raises:
        ValidationError: there is none, or there are several.
    """
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
    found = source.rows(ATHLETE_BY_KEY, number=number, code=text)
    if not found:
        found = source.rows(ATHLETES_BY_NAME, text=search_terms(text), limit=CANDIDATES + 1)
        said = folded(text)
        exact = [row for row in found if said in {folded(name) for name in _names(row)}]
        found = exact or found
    if not found:
        sentence = f"There is no athlete {text}. See restrike query athletes."
        raise ValidationError("athlete.unknown", sentence, value=text)
    if len(found) > 1:
        listed = "; ".join(f"{row['id']} {shown_name(row)}" for row in found[:CANDIDATES])
        more = " and more" if len(found) > CANDIDATES else ""
        sentence = f"Several athletes are called {text}: {listed}{more}. Give the number of one."
        raise ValidationError("athlete.ambiguous", sentence, value=text)
    return found[0]


def matches(source: Source, text: str) -> str:
    """The rows of the matches of that id or number, as a JSON list: several rings may count from 101.

    Raises:
        ValidationError: there is none.
    """
    found = [row["id"] for row in source.rows(MATCHES, match=text)]
    if not found:
        sentence = f"There is no match {text}. See restrike query matches."
        raise ValidationError("match.unknown", sentence, value=text)
    return json.dumps(found)


def kinds(source: Source, text: str) -> list[int]:
    """The event types of that code (`TB`), name (`body kick`) or category (`technique`).

    Raises:
        ValidationError: there is none.
    """
    rows = source.rows(KINDS)
    said = folded(text)
    exact = [row["id"] for row in rows if said in (folded(row["event_code"]), folded(row["event_name"]))]
    found = exact or [row["id"] for row in rows if said == folded(row["category"])]
    if not found:
        known = ", ".join(f"{row['event_code']} ({row['event_name'].lower()})" for row in rows)
        sentence = f"There is no kind of event {text}. Known: {known}."
        raise ValidationError("query.no_kind", sentence, value=text)
    return found


def tournament(source: Source, text: str) -> int:
    """The tournament of that name, or the active one.

    Raises:
        ValidationError: there is none.
    """
    rows = source.rows("SELECT id, name, is_active FROM tournaments ORDER BY id")
    said = folded(text)
    found = [int(row["id"]) for row in rows if folded(row["name"]) == said]
    found = found or [int(row["id"]) for row in rows if said == "active" and row["is_active"]]
    if not found:
        known = ", ".join(row["name"] for row in rows) or "none"
        sentence = f"There is no tournament {text}. Known: {known}."
        raise ValidationError("tournament.unknown", sentence, value=text)
    return found[0]


def weights(source: Source, text: str) -> str:
    """The weight categories of that name, else those whose name holds it, as a JSON list.

    Raises:
        ValidationError: there is none.
    """
    sql = "SELECT DISTINCT weight_class AS weight FROM pss_matches WHERE weight_class IS NOT NULL ORDER BY 1"
    known = [row["weight"] for row in source.rows(sql)]
    said = folded(text)
    found = [weight for weight in known if folded(weight) == said]
    found = found or [weight for weight in known if said in folded(weight)]
    if not found:
        sentence = f"There is no weight category {text}. Known: {', '.join(known) or 'none'}."
        raise ValidationError("query.no_weight", sentence, value=text)
    return json.dumps(found, ensure_ascii=False)


def _names(row: Row) -> list[str]:
    names = [name for name in (row["short_name"], row["long_name"]) if name]
    return [*names, *(f"{name} {row['country_code']}" for name in names if row["country_code"])]
