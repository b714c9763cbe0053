"""A desk on a new database, as db-writer has it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.db_writer.database import open_database
from services.db_writer.office.desk import Desk
from shared.db.migrate import migrate
from shared.paths import Paths


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    """A home with an empty database at the latest version."""
    home = Paths(tmp_path / "home")
    home.prepare()
    migrate(home.database, backups=home.backups)
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
