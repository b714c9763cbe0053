"""The errand `check`: everything that can be found wrong with the database, read only; a child of db-writer."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from services.db_writer.errand import Options, Tell
from services.db_writer.errands.check_queries import COUNTED, EVENT_MONTHS, MATCH_OF_ROUND, QUERIES, ROUNDS, TOLD
from services.db_writer.summaries import MISSING, disagreements
from shared.db.archive_files import archive_file, archive_names
from shared.db.backup_files import list_backups
from shared.db.check_list import CHECKS
from shared.db.sqlite import connect_reader, one_commit, sqlite3
from shared.errors import DatabaseError, RestrikeError
from shared.paths import Paths
from shared.settings.backup_keys import BACKUP_FOLDER
from shared.settings.catalogue import CATALOGUE
from shared.settings.reader import SELECT, Settings
from shared.settings.values import parsed

MOST: Final = 1_000
"""Faults of one check that are counted and repaired in one go; after the repair another check finds the rest."""
EXAMPLES: Final = 5

_TEXT_INDEX: Final = "fts5"
Key = int | str | list[Any]


class Fault(Struct, frozen=True):
    """One thing that is wrong: what the repair needs to find it again, and a sentence."""

    key: Key
    text: str


class Looked(Struct):
    """What checks look at; `verdicts` are SQLite's own, asked for once."""

    connection: "sqlite3.Connection"
    paths: Paths
    is_quick: bool
    verdicts: list[str] | None = None


def check(options: Options, *, paths: Paths, tell: Tell) -> dict[str, Any]:
    """`options`: `is_quick`. The result has of each check with faults its `counts`, `examples` and `keys`."""
    wanted = [check for check in CHECKS if not (check.is_slow and options["is_quick"])]
    found: dict[str, Any] = {"checked": [check.name for check in wanted], "counts": {}, "examples": {}, "keys": {}}
    with closing(connect_reader(paths.database)) as connection:
        looked = Looked(connection, paths, bool(options["is_quick"]))
        for done, one in enumerate(wanted):
            tell(f"checking {one.name}", done, len(wanted))
            try:
                faults = _faults(one.name, looked)
            except sqlite3.Error as error:
                if one.name == CHECKS[0].name:
                    raise DatabaseError("database.unreadable", f"The database cannot be read ({error}).") from error
                faults = [Fault(0, f"it could not be looked at: {error}")]
            if faults:
                found["counts"][one.name] = len(faults)
                found["examples"][one.name] = [fault.text for fault in faults[:EXAMPLES]]
                found["keys"][one.name] = [fault.key for fault in faults]
    return found


def _faults(name: str, looked: Looked) -> list[Fault]:
    if name in QUERIES:
        rows = looked.connection.execute(QUERIES[name]).fetchmany(MOST)
        return [Fault(key, text) for key, text in rows]
    faults: list[Fault] = []
    for fault in _FINDERS[name](looked):
        faults.append(fault)
        if len(faults) == MOST:
            break
    return faults


def _verdicts(looked: Looked) -> list[str]:
    if looked.verdicts is None:
        looked.verdicts = _ask_sqlite(looked)
    return looked.verdicts


def _ask_sqlite(looked: Looked) -> list[str]:
    pragma = "quick_check" if looked.is_quick else "integrity_check"
    try:
        rows = looked.connection.execute(f"PRAGMA {pragma}").fetchall()
    except sqlite3.DatabaseError as error:
        return [str(error)]
    return [line for (verdict,) in rows for line in verdict.splitlines() if verdict != "ok"]


def _pages(looked: Looked) -> Iterator[Fault]:
    yield from (Fault(0, text) for text in _verdicts(looked) if _TEXT_INDEX not in text.lower())


def _text_index(looked: Looked) -> Iterator[Fault]:
    """One fault, however many lines tell of it: it is repaired as a whole."""
    texts = [text for text in _verdicts(looked) if _TEXT_INDEX in text.lower()]
    if texts:
        yield Fault(0, texts[0] if len(texts) == 1 else f"{texts[0]} (and {len(texts) - 1} more lines)")


def _references(looked: Looked) -> Iterator[Fault]:
    for table, row, parent, _ in looked.connection.execute("PRAGMA foreign_key_check"):
        yield Fault(row or 0, f"row {row} of {table} refers to a row of {parent} that is not there")


def _rounds(looked: Looked) -> Iterator[Fault]:
    for round_pk, number in looked.connection.execute(ROUNDS).fetchall():
        row = looked.connection.execute(MATCH_OF_ROUND, (round_pk,)).fetchone()
        told = f"its events are of match {row[0]}" if row else "it has no events"
        yield Fault([round_pk, row[0] if row else None], f"round {number} (row {round_pk}): {told}")


def _summaries(looked: Looked) -> Iterator[Fault]:
    seen: set[tuple[str, int]] = set()
    for one in disagreements(looked.connection, limit=10 * MOST):
        if (one.table, one.key) not in seen:
            seen.add((one.table, one.key))
            told = (
                "there is none" if one.column == MISSING else f"{one.column} is {one.stored}, should be {one.recounted}"
            )
            yield Fault([one.table, one.key], f"{one.table} of {one.key}: {told}")


def _event_counts(looked: Looked) -> Iterator[Fault]:
    for (month,) in looked.connection.execute(EVENT_MONTHS).fetchall():
        with one_commit(looked.connection):
            counted, told = (
                {tuple(key): events for *key, events in looked.connection.execute(query, (month,))}
                for query in (COUNTED, TOLD)
            )
        for key in sorted(counted.keys() | told.keys()):
            there, said = counted.get(key, 0), told.get(key, 0)
            if there != said:
                yield Fault([*key], f"{key[0]} {key[1]}, type {key[2]}: {said} told, {there} there")


def _backups(looked: Looked) -> Iterator[Fault]:
    for name, path in looked.connection.execute("SELECT name, path FROM backups WHERE status = 'present'").fetchall():
        if not Path(path).is_file():
            yield Fault(name, f"{name}: {path}")


def _archives(looked: Looked) -> Iterator[Fault]:
    for name, status, size in looked.connection.execute("SELECT name, status, size_bytes FROM archives").fetchall():
        file = archive_file(looked.paths.archive, name)
        if not file.is_file():
            if status != "back":
                yield Fault(name, f"{name}: its file is gone")
        elif file.stat().st_size != size:
            yield Fault(name, f"{name}: its file has {file.stat().st_size} bytes and should have {size}")
        elif status in ("removing", "returning"):
            yield Fault(name, f"{name}: {status} was broken off")


def _settings(looked: Looked) -> Iterator[Fault]:
    for name, text in looked.connection.execute(SELECT).fetchall():
        key = CATALOGUE.get(name)
        if key is None:
            yield Fault(name, f"{name}: no such setting")
        elif not key.is_sensitive:
            try:
                parsed(key, text)
            except RestrikeError as error:
                yield Fault(name, f"{name}: {error.message}")


def _unlisted_files(looked: Looked) -> Iterator[Fault]:
    connection = looked.connection
    known = {name for (name,) in connection.execute("SELECT name FROM backups UNION SELECT name FROM archives")}
    folder = Settings.of_connection(connection, looked.paths).get(BACKUP_FOLDER)
    for place in {looked.paths.backups, *([Path(folder)] if folder else [])}:
        for backup in list_backups(place):
            if backup.name not in known:
                yield Fault(backup.name, str(backup.path))
    for name in archive_names(looked.paths.archive):
        if name not in known:
            yield Fault(name, str(archive_file(looked.paths.archive, name)))


_FINDERS: Final[dict[str, Callable[[Looked], Iterator[Fault]]]] = {
    "pages": _pages,
    "text_index": _text_index,
    "references": _references,
    "rounds": _rounds,
    "summaries": _summaries,
    "event_counts": _event_counts,
    "backups": _backups,
    "archives": _archives,
    "settings": _settings,
    "unlisted_files": _unlisted_files,
}
