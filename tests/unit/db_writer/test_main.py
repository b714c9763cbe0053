"""What ends db-writer for good and what does not, and that one ring's trouble is not the others'."""

from collections.abc import Callable
from pathlib import Path
from unittest.mock import Mock

import pytest

from services.db_writer import database as service
from services.db_writer.database import bring_up_to_date
from services.db_writer.intake import Intake
from services.db_writer.main import Writer
from services.db_writer.store import Store
from shared.errors import ConfigError, DatabaseError, NetworkError
from shared.messages.commands import EventsPage, ReplayEvents
from shared.paths import Paths
from shared.settings.reader import Settings
from tests.unit.db_writer.ring import NOW_US
from tests.unit.db_writer.test_intake import answer, journal


@pytest.mark.parametrize("code", ["database.unreadable", "database.not_ours", "database.not_sqlite"])
def test_only_a_database_that_cannot_be_ours_ends_the_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    """A file that cannot be read, as on a full disk, may be readable at the next start."""

    def status(_: Path) -> None:
        raise DatabaseError(code, "It is so.")

    monkeypatch.setattr(service, "status", status)
    paths = Paths(tmp_path)
    expected = DatabaseError if code == "database.unreadable" else ConfigError
    with pytest.raises(expected):
        bring_up_to_date(paths)


def make(store: Store, ask: Callable[[ReplayEvents], EventsPage]) -> tuple[Writer, Intake]:
    intake = Intake(store, ask, now_us=lambda: NOW_US)
    settings = Settings(dict, Mock())
    return Writer(Mock(service="db-writer"), intake, settings, schema_version=1), intake


def test_a_mistake_with_one_ring_keeps_no_other_ring_waiting(store: Store) -> None:
    """It is reported after the others had their turn, and not tried again at once."""
    good, bad = journal("good"), journal("bad")
    asked = []

    def ask(command: ReplayEvents) -> EventsPage:
        asked.append(command.ring)
        if command.ring == "bad":
            raise KeyError("mistake")
        return answer(good)(command)

    writer, intake = make(store, ask)
    for ring in (bad, good):
        writer.take(ring.batches(after=10)[0])
    with pytest.raises(KeyError):
        writer.store()
    assert asked == ["bad", "good"]
    assert intake.stored()["good"].entry == 20
    writer.store()
    assert asked == ["bad", "good"]


def test_while_the_parser_is_silent_live_entries_are_stored(store: Store) -> None:
    live, behind = journal("live"), journal("behind")

    def ask(_: ReplayEvents) -> EventsPage:
        raise NetworkError("service.no_answer", "It did not answer.")

    writer, intake = make(store, ask)
    writer.take(behind.batches(after=10)[0])
    writer.store()
    writer.take(live.batches()[0])
    writer.store()
    assert intake.stored()["live"].entry == 30
    assert intake.behind == {"behind": "journal-1"}
