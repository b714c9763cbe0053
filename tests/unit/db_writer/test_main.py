"""What ends db-writer for good and what does not, and that one ring's trouble is not the others'."""

from collections.abc import Callable, Generator
from contextlib import closing
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from services.db_writer import database as service
from services.db_writer.database import bring_up_to_date
from services.db_writer.intake import Intake
from services.db_writer.main import Farewell, Writer, open_office
from services.db_writer.office import office
from services.db_writer.office.desk import Desk
from services.db_writer.office.jobs import Kind, Ordered, Result, Step
from services.db_writer.store import Store
from shared.db.sqlite import connect_writer
from shared.errors import ConfigError, DatabaseError, NetworkError
from shared.messages.commands import EventsPage, ReplayEvents
from shared.messages.jobs import GetJob, JobStatus, StartJob
from shared.messages.tournaments import SaveTournament
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


def silent() -> Mock:
    """No other producer says anything."""
    return Mock(turn=lambda: False, is_behind=False)


def make(store: Store, ask: Callable[[ReplayEvents], EventsPage]) -> tuple[Writer, Intake]:
    intake = Intake(store, ask, now_us=lambda: NOW_US)
    settings = Settings(dict, Mock())
    return Writer(
        Mock(service="db-writer"), intake, settings, schema_version=1, farewell=Farewell(), facts=silent()
    ), intake


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


def test_a_restore_that_is_ready_lets_nothing_be_lost(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From then on nothing is stored, no command accepted and no job begun, as all of it would be gone; whoever asked
    for the restore is still answered.
    """
    runtime, handlers = Mock(), dict[Any, Callable[[Any], Any]]()
    runtime.on_command = lambda command, handler: handlers.update({command: handler})
    begun = []

    def restore(desk: Desk, _: Ordered) -> Generator[Step, None, Result]:
        yield Step("preparing")
        desk.restart()
        return {}

    def later(_desk: Desk, ordered: Ordered) -> Generator[Step, None, Result]:
        begun.append(ordered.id)
        yield Step("begun")
        return {}

    def new(name: str) -> SaveTournament:
        return SaveTournament(author="a", tournament=name, is_new=True, starts_on="2026-03-01")

    monkeypatch.setattr(office, "KINDS", {"restore": Kind(work=restore), "later": Kind(work=later)})
    with closing(connect_writer(path)) as connection:
        farewell = Farewell()
        open_office(runtime, Desk(connection, paths=Paths(path.parent), restart=farewell.take), farewell)
        turn = runtime.after_turn.call_args.args[0]
        first, second = (handlers[StartJob](StartJob(kind=kind, author="a")) for kind in ("restore", "later"))
        turn()
        assert handlers[SaveTournament](new("Before"))
        turn()
        for command in (new("After"), StartJob(kind="later", author="a")):
            with pytest.raises(DatabaseError, match="again in a few seconds"):
                handlers[type(command)](command)
        turn()
        ended = [handlers[GetJob](GetJob(id=job.id)).status for job in (first, second)]
        assert (ended, begun) == ([JobStatus.DONE, JobStatus.BROKEN], [])
        intake = Mock()
        facts = Mock()
        writer = Writer(runtime, intake, Settings(dict, Mock()), schema_version=1, farewell=farewell, facts=facts)
        writer.store()
        intake.commit.assert_not_called()
        facts.turn.assert_not_called()


def test_trouble_with_facts_and_with_the_stream_keeps_neither_waiting(store: Store) -> None:
    """A mistake in the facts is reported after the stream had its turn; while the parser is silent facts are stored."""

    def ask(_: ReplayEvents) -> EventsPage:
        raise NetworkError("service.no_answer", "It did not answer.")

    writer, intake = make(store, ask)
    facts = writer._facts = Mock(is_behind=False)
    facts.turn.side_effect = KeyError("mistake")
    live, behind = journal("live"), journal("behind")
    writer.take(behind.batches(after=10)[0])
    writer.take(live.batches()[0])
    with pytest.raises(KeyError):
        writer.store()
    assert intake.stored()["live"].entry == 30
    facts.turn.side_effect = DatabaseError("db.write_failed", "Make room.", value="disk full")
    writer.store()
    assert (writer._error, writer._cause) == ("Make room. (got: 'disk full')", "disk full")
    writer._retry_at = 0.0
    facts.turn = Mock(return_value=True)
    writer.store()
    assert facts.turn.called
    assert (writer._error, writer._cause) == (None, None)
