"""Jobs of care run to their end within the test, their errands too; and a database that a season of matches filled."""

import json
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, cast

import pytest

from services.db_writer.database import open_database
from services.db_writer.errand import ERRANDS
from services.db_writer.office.care import archives, checks
from services.db_writer.office.care import tidying as care
from services.db_writer.office.desk import Desk
from services.db_writer.office.jobs import Ordered, Result, Step
from services.db_writer.office.kinds import KINDS
from services.db_writer.store import Store
from services.db_writer.text_index import TextIndex
from shared.db.migrate import migrate
from shared.db.sqlite import connect_writer
from shared.db.table_checksums import contents_of
from shared.paths import Paths
from tests.support.large_database import Ring, store_day
from tests.support.season import draw_season

RING_NAMES = ("ring-1", "ring-2", "ring-3")
KEPT = ("archives", "operator_audit", "jobs")
"""Tables that say what was done; all others are as they were."""


def season(folder: Path) -> bytes:
    """A database of three rings with a match each on a day of September 2024, its text index filled."""
    path = folder / "restrike.db"
    migrate(path, backups=folder)
    with closing(connect_writer(path, synchronous="NORMAL")) as connection:
        store_day(Store(connection), [Ring(name, seed=1) for name in RING_NAMES], next(draw_season(1, matches=8)))
        index = TextIndex(connection)
        while index.turn():
            pass
        connection.execute("PRAGMA journal_mode = DELETE")
    return path.read_bytes()


@contextmanager
def desk_in(folder: Path, database: bytes) -> Iterator[Desk]:
    """A desk on a copy of that database."""
    paths = Paths(folder)
    paths.prepare()
    paths.database.write_bytes(database)
    with closing(open_database(paths)) as connection:
        yield Desk(connection, paths=paths)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def inline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Errands without a process: what they do is the same."""

    def errand(name: str, options: Mapping[str, Any], *, paths: Paths) -> Generator[Step, None, Result]:
        module, function = ERRANDS[name].split(":")
        asked = json.loads(json.dumps(dict(options)))
        result = getattr(import_module(module), function)(asked, paths=paths, tell=lambda *_: None)
        yield Step(name)
        return cast(Result, json.loads(json.dumps(result)))

    for module in (archives, care, checks):
        monkeypatch.setattr(module, "errand", errand)


def steps(desk: Desk, kind: str, **options: Any) -> Generator[Step, None, Result]:
    """A job of `kind`, not begun."""
    return KINDS[kind].work(desk, Ordered(id="job", author="ana", reason=None, options=options))


def work(desk: Desk, kind: str, **options: Any) -> Result:
    """What a job of `kind` says at its end."""
    job = steps(desk, kind, **options)
    while True:
        try:
            next(job)
        except StopIteration as end:
            return cast(Result, end.value)


def contents(desk: Desk) -> dict[str, Any]:
    """Rows and checksum of each table that care does not keep its own books in."""
    return {table: content for table, content in contents_of(desk.connection).items() if table not in KEPT}


def rows(desk: Desk, sql: str, *values: object) -> list[tuple[Any, ...]]:
    """What a query gives."""
    return list(desk.connection.execute(sql, values).fetchall())
