"""Who fights (`pss_athletes`, `pss_match_athletes`); db-writer."""

import unicodedata

import msgspec

from services.db_writer import statements
from shared.db.sqlite import sqlite3
from shared.messages.match import MatchLoaded
from shared.messages.pss import AthleteName


def athlete_code(name: AthleteName) -> str | None:
    """Our own key of a person, as the wire has none: the long name, casefolded, and the NOC ("marija čačić/CRO").

    Two people who share a scoreboard name stay two. None if the long name is missing: nobody can be told by less.
    """
    # NFKC, because one sender may write "Č" as one character and another as two; split, because names are padded.
    folded = " ".join(unicodedata.normalize("NFKC", name.long_name or "").casefold().split())
    if not folded:
        return None
    return f"{folded}/{(name.noc or '').strip().upper()}"


def store_athletes(connection: "sqlite3.Connection", match_pk: int, loaded: MatchLoaded, *, now: str) -> None:
    """Write both sides of a loaded match, their names as sent. A side whose name is missing or cut has no athlete."""
    blue_background, blue_foreground, red_background, red_foreground = loaded.colours
    sides = (
        (1, loaded.chong, blue_background, blue_foreground, not loaded.athletes_partial or _is_chong_whole(loaded)),
        (2, loaded.hong, red_background, red_foreground, not loaded.athletes_partial),
    )
    for position, name, background, foreground, is_whole in sides:
        shown = name or AthleteName()
        athlete_id = _store(connection, shown, now) if is_whole else None
        how = (background, foreground, shown.short_name, shown.long_name, shown.noc)
        values = (match_pk, athlete_id, position, *how, now, now)
        connection.execute(statements.UPSERT_MATCH_ATHLETE, values)


def _is_chong_whole(loaded: MatchLoaded) -> bool:
    """Whether a partial `at1` has all of chong: it was cut at its end, in hong's part.

    Where nothing of hong is left the cut may be in chong's part; where nothing lacks, something else is wrong with it.
    """
    if loaded.chong is None or loaded.hong is None:
        return False
    chong, hong = msgspec.structs.astuple(loaded.chong), msgspec.structs.astuple(loaded.hong)
    return all(chong) and any(hong) and not all(hong)


def _store(connection: "sqlite3.Connection", name: AthleteName, now: str) -> int | None:
    code = athlete_code(name)
    if code is None:
        return None
    values = (code, name.short_name or name.long_name, name.long_name, name.noc, now, now)
    (athlete_id,) = connection.execute(statements.UPSERT_ATHLETE, values).fetchone()
    return int(athlete_id)
