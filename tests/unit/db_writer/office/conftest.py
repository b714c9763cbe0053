"""A desk on a new database, as db-writer has it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.db_writer.database import open_database
from services.db_writer.office.desk import Desk
from shared.paths import Paths
from tests.unit.db_writer.office.cared import desk_in, inline, season


@pytest.fixture
def paths(tmp_path: Path, _migrated: bytes) -> Paths:
    """A home with an empty database at the latest version."""
    home = Paths(tmp_path / "home")
    home.prepare()
    home.database.write_bytes(_migrated)
    return home


@pytest.fixture
def published() -> list[tuple[str, Any]]:
    """What the desk put on the bus: topics' names and events."""
    return []


@pytest.fixture
def desk(paths: Paths, published: list[tuple[str, Any]]) -> Iterator[Desk]:
    """A desk; rows that it should tell the store of are nobody's business here."""
    connection = open_database(paths)
    yield Desk(connection, paths=paths, publish=lambda topic, event: published.append((topic.name, event)))
    connection.close()


@pytest.fixture(scope="session")
def season_database(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A database that three rings filled in September 2024."""
    return season(tmp_path_factory.mktemp("season"))


@pytest.fixture
def cared(tmp_path: Path, season_database: bytes, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A desk on a copy of it; errands need no process."""
    inline(monkeypatch)
    with desk_in(tmp_path / "cared", season_database) as desk:
        yield desk
