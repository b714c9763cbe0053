"""db-writer: alone writes `restrike.db`, everything exactly once."""

import math
import os
from functools import partial
from typing import Any, Final

from services.db_writer.commits import Commits
from services.db_writer.database import bring_up_to_date, open_database
from services.db_writer.entry_lines import writing_entries
from services.db_writer.intake import Intake
from services.db_writer.office.care.duties import CARE
from services.db_writer.office.desk import Desk
from services.db_writer.office.office import Office
from services.db_writer.office.schedule import DUTIES, LOOK_EVERY_S, Schedule
from services.db_writer.outboxes.intake import FactIntake
from services.db_writer.outboxes.reception import ASK_S as PRODUCER_ASK_S
from services.db_writer.outboxes.reception import Reception
from services.db_writer.outboxes.store import FactStore
from services.db_writer.restoring import last_restore
from services.db_writer.store import Applied, Store
from services.db_writer.upkeep import EVERY_S, Upkeep
from shared.clock import monotonic_s, unix_ns
from shared.db.sqlite import sqlite3
from shared.errors import DatabaseError, NetworkError
from shared.log.subsystems import DATAGRAMS
from shared.messages.commands import GetDatabaseStatus
from shared.messages.database import DatabaseStatus, EntriesCommitted, WriteTrouble
from shared.messages.jobs import GetJob, ListJobs
from shared.messages.outbox import FactsPage, ReplayFacts
from shared.messages.service import Position
from shared.messages.topics import DB_COMMITTED, DB_TROUBLE, WIRE_EVENTS, WIRE_FACTS
from shared.messages.wire import ParsedEntries
from shared.meter_list import DB_BEHIND, DB_ENTRIES, DB_FAILURES, DB_MESSAGES, DB_REFUSED, DB_WAITING
from shared.meters import Meters
from shared.rpc import Handler, RefusedError
from shared.runtime import Runtime, serve
from shared.settings.catalogue import CLIENTS_KEPT, COMMIT_ENTRIES, COMMIT_REST_MS, WRITER_NICE
from shared.settings.reader import Settings

RETRY_S: Final = 0.5
"""How often a database that could not be written, or a parser that did not answer, is tried again."""
ASK_S: Final = 1.0
"""How long pss-parser may take for a page: while it is waited for, nothing is stored and no command answered."""
FLOOD: Final = 200
"""Entries of a transaction: more come ten times as fast as from the busiest venue, and storing needs all the time."""
AFTER_FLOOD_S: Final = 1.0
FAREWELL_S: Final = 1.0
"""How long whoever asked for what needs a new start may still ask how it ended."""
READING: Final = frozenset({GetJob, ListJobs})
"""Operators' commands that are answered until the end."""


class Farewell:
    """The time between a restore that is ready and the new start that puts it in place: what would be written now would
    be gone, so nothing is accepted. What the rings send is in the journal.
    """

    def __init__(self) -> None:
        self._ends_at_s = math.inf

    def take(self) -> None:
        """Begin it."""
        self._ends_at_s = monotonic_s() + FAREWELL_S

    @property
    def is_taken(self) -> bool:
        """Whether it has begun."""
        return self._ends_at_s < math.inf

    @property
    def is_over(self) -> bool:
        """Whether the process is to end."""
        return monotonic_s() >= self._ends_at_s

    def guarding(self, handler: Handler) -> Handler:
        """`handler`, which refuses from the farewell on."""

        def answer(command: Any) -> Any:
            if self.is_taken:
                raise DatabaseError(
                    "database.being_replaced",
                    "A restored database is being put in place: give the command again in a few seconds.",
                )
            return handler(command)

        return answer


class Writer:
    """Takes what the parser publishes through the intake into the store."""

    def __init__(  # noqa: PLR0913  # what the process consists of
        self,
        runtime: Runtime,
        intake: Intake,
        settings: Settings,
        *,
        schema_version: int,
        farewell: Farewell,
        facts: Reception,
    ) -> None:
        self._runtime = runtime
        self._facts = facts
        self._settings = settings
        self._intake = intake
        self._schema_version = schema_version
        self._positions = intake.stored()
        self._error: str | None = None
        self._cause: str | None = None
        self._retry_at = self._ask_at = self._flood_until_s = 0.0
        self._farewell = farewell
        self._entries = self._messages = self._refused = self._transactions = self._failures = 0
        self._tell_meters(runtime.meters)

    def _tell_meters(self, meters: Meters) -> None:
        """Have told what is counted here, and what waits."""
        meters.follow(DB_ENTRIES, lambda: self._entries)
        meters.follow(DB_MESSAGES, lambda: self._messages)
        meters.follow(DB_REFUSED, lambda: self._refused + self._facts.refused)
        meters.follow(DB_FAILURES, lambda: self._failures)
        meters.follow(DB_WAITING, lambda: len(self._intake.pending))
        meters.follow(DB_BEHIND, lambda: len(self._intake.behind))

    def take(self, batch: ParsedEntries) -> None:
        """Line up a batch."""
        self._intake.take(batch)

    def store(self) -> None:
        """Store what waits; at the end of each turn. One page a turn for rings and producers that are behind, so that
        commands are answered meanwhile.
        """
        for step in (self._store_stream, self._store_facts):
            if monotonic_s() < self._retry_at or self._farewell.is_taken:
                return
            try:
                step()
            except DatabaseError as error:
                self._trouble(error)

    def _store_stream(self) -> None:
        self._commit()
        if self._intake.behind and monotonic_s() >= self._ask_at:
            try:
                self._catch_up()
            except (NetworkError, RefusedError) as error:
                self._ask_at = monotonic_s() + RETRY_S
                self._runtime.log.info("parser_not_answering", reason=str(error))
            else:
                self._runtime.post(_turn_again)

    def _store_facts(self) -> None:
        if self._facts.turn():
            self._writable()
        if self._facts.is_behind:
            self._runtime.post(_turn_again)

    def _commit(self) -> None:
        while (applied := self._intake.commit()) is not None:
            self._tell(applied)
            if applied.entries >= FLOOD:
                self._flood_until_s = monotonic_s() + AFTER_FLOOD_S
            # The first datagram after silence is stored at once, under load a commit's cost is shared (docs/adr/0006).
            self._runtime.rest(self._settings.get(COMMIT_REST_MS) / 1000)

    def _catch_up(self) -> None:
        first: Exception | None = None
        for ring in list(self._intake.behind):
            try:
                self._intake.catch_up(ring)
                self._commit()
            except (DatabaseError, NetworkError):
                raise
            # A refusal or a mistake of ours with one ring must not keep the others waiting.
            except Exception as error:  # noqa: BLE001 - see above; it is raised once they had their turn
                first = first or error
        if first is not None:
            self._ask_at = monotonic_s() + RETRY_S
            raise first

    def is_free(self) -> bool:
        """Whether there is time for what may wait: nothing is to be stored, and no flood is on."""
        return not self._intake.pending and not self._intake.behind and monotonic_s() >= self._flood_until_s

    def positions(self) -> dict[str, Position]:
        """How far each ring is in the database."""
        return self._positions

    def done_with(self) -> dict[str, Position]:
        """How far each ring and each outbox is in the database."""
        return {**self._positions, **self._facts.done_with()}

    def status(self) -> DatabaseStatus:
        """Where the store is, and how far."""
        return DatabaseStatus(
            path=str(self._runtime.paths.database),
            schema_version=self._schema_version,
            positions=self._positions,
            entries_stored=self._entries,
            messages_stored=self._messages,
            rows_refused=self._refused + self._facts.refused,
            transactions=self._transactions + self._facts.transactions,
            error=self._error,
            last_restore=last_restore(self._runtime.paths),
            cause=self._cause,
        )

    def _tell(self, applied: Applied) -> None:
        self._entries += applied.entries
        self._messages += applied.messages
        self._refused += applied.refused
        self._transactions += 1
        committed_at_us = unix_ns() // 1000
        for ring, at in applied.positions.items():
            self._positions[ring] = at
            committed = EntriesCommitted(
                ring=ring,
                journal_id=at.journal_id,
                session=at.session,
                entry=at.entry,
                committed_at_us=committed_at_us,
            )
            self._runtime.bus.publish(DB_COMMITTED, ring, committed)
        self._writable()

    def _writable(self) -> None:
        if self._error is not None:
            self._error = self._cause = None
            self._runtime.logger("database").info("database_writable_again")
            self._runtime.bus.publish(DB_TROUBLE, self._runtime.service, WriteTrouble(error=None))

    def _trouble(self, error: DatabaseError) -> None:
        self._retry_at = monotonic_s() + RETRY_S
        self._failures += 1
        if self._error is None:
            self._error, self._cause = str(error), None if error.value is None else str(error.value)
            help_ = "Free space on the disk of data/."
            self._runtime.logger("database").error("database_not_writable", error=self._error, help=help_)
            trouble = WriteTrouble(error=self._error, cause=self._cause)
            self._runtime.bus.publish(DB_TROUBLE, self._runtime.service, trouble)


def _turn_again() -> None:
    """Nothing: posting it makes the loop turn at once."""


def build(runtime: Runtime) -> None:
    """Bring the database up to date, open it, register the stream and the command."""
    os.nice(Settings.of_file(runtime.paths).get(WRITER_NICE))
    version = bring_up_to_date(runtime.paths)
    connection = open_database(runtime.paths)
    settings = Settings.of_connection(connection, runtime.paths, warn=runtime.tell_unusable_setting)
    store = Store(connection)
    store.keep_clients(lambda: settings.get(CLIENTS_KEPT))
    ask = partial(runtime.client.call, deadline_s=ASK_S)
    now_us, most_entries = lambda: unix_ns() // 1000, lambda: settings.get(COMMIT_ENTRIES)
    committed = writing_entries(runtime.logger(DATAGRAMS), Commits(runtime.meters).done)
    intake = Intake(store, ask, now_us=now_us, most_entries=most_entries, committed=committed)
    farewell = Farewell()
    facts = receive_facts(runtime, connection, store)
    writer = Writer(runtime, intake, settings, schema_version=version, farewell=farewell, facts=facts)
    runtime.on(WIRE_EVENTS)(writer.take)
    runtime.on_command(GetDatabaseStatus, lambda _: writer.status())
    runtime.positions = writer.positions
    runtime.done_with = writer.done_with
    runtime.queue_depth = lambda: len(intake.pending)
    runtime.after_turn(writer.store)
    runtime.every(RETRY_S, _turn_again)
    runtime.on_stop(writer.store)
    desk = Desk(
        connection,
        paths=runtime.paths,
        forget=store.forget,
        publish=lambda topic, event: runtime.bus.publish(topic, runtime.service, event),
        restart=farewell.take,
    )
    desk.settings = settings  # one for all: what an operator changes is in force for the stream, too
    open_office(runtime, desk, farewell)
    upkeep = Upkeep(
        connection,
        is_free=writer.is_free,
        turn_again=lambda: runtime.post(_turn_again),
        log=runtime.logger("database"),
    )
    runtime.after_turn(upkeep.turn)
    runtime.every(EVERY_S, upkeep.look)


def receive_facts(runtime: Runtime, connection: "sqlite3.Connection", store: Store) -> Reception:
    """Listen to the outboxes of other producers."""

    def ask(producer: str, command: ReplayFacts) -> FactsPage:
        return runtime.client.call(command, service=producer, deadline_s=PRODUCER_ASK_S)

    intake = FactIntake(FactStore(connection), ask, now_us=lambda: unix_ns() // 1000)
    reception = Reception(intake, stored=store.forget, log=runtime.logger("facts"))
    runtime.on(WIRE_FACTS)(reception.take)
    return reception


def open_office(runtime: Runtime, desk: Desk, farewell: Farewell) -> None:
    """Register the operators' commands; their jobs get a step at the end of each turn, after what is to be stored."""

    def turn() -> None:
        if not farewell.is_taken:
            office.jobs.turn()
        if farewell.is_taken:
            office.jobs.stop()  # those that wait
        if office.jobs.rest_s() == 0:
            runtime.post(_turn_again)
        if farewell.is_over:
            runtime.stop()

    office = Office(desk)
    for command, handler in office.handlers().items():
        runtime.on_command(command, handler if command in READING else farewell.guarding(handler))
    schedule = Schedule(office.desk, office.jobs, (*DUTIES, *CARE))
    runtime.on_start(schedule.look)
    runtime.every(LOOK_EVERY_S, schedule.look)
    runtime.after_turn(turn)
    runtime.on_stop(office.jobs.stop)


def main() -> None:
    """Run the service."""
    serve("db-writer", build)
