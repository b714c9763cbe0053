"""The rules that are in force, read from the database when they changed; cpu-monitor.

What was read last is kept in the outbox, so that a start without a database goes by the same rules.
"""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

import msgspec
import structlog

from services.cpu_monitor.alerting.remains import remains_of
from shared.alerts.in_force import Row, rules_in_force, stored_rows
from shared.db.sqlite import connect_reader, is_empty, sqlite3
from shared.errors import DatabaseError
from shared.messages.alerts import AlertRule

KEPT: Final = "alert_rules"
WAIT_S: Final = 0.1
"""How long a database that another holds is waited for; like that of settings."""
LOOK_EVERY_S: Final = 10.0
"""A database that was put back tells nobody."""


_decode = msgspec.msgpack.Decoder(list[Row]).decode


class RuleBook:
    """`keep` takes the rows that were read, to be kept; `changed` the rules, when they are others."""

    def __init__(
        self,
        path: Path,
        kept: bytes | None,
        *,
        keep: Callable[[bytes], None],
        changed: Callable[[list[AlertRule]], None],
        log: structlog.stdlib.BoundLogger,
    ) -> None:
        self._path = path
        self._keep = keep
        self._changed = changed
        self._log = log
        self._told: set[str] = set()
        found, _ = remains_of({} if kept is None else {KEPT: kept}, _decode, log)
        self._rows: list[Row] = found[0] if found else []

    def begin(self) -> None:
        """Go by what was kept, and then by what is stored."""
        self._go_by()
        self.look()

    def look(self) -> None:
        """Read the rules again, and tell if they are others. What cannot be read now stays as it was."""
        if is_empty(self._path):
            return
        try:
            with closing(connect_reader(self._path, timeout_s=WAIT_S)) as connection:
                rows = stored_rows(connection)
        except (DatabaseError, sqlite3.Error):
            return
        if rows != self._rows:
            self._rows = rows
            self._keep(msgspec.msgpack.encode(rows))
            self._go_by()

    def _go_by(self) -> None:
        told: set[str] = set()
        rules = [one.rule for one in rules_in_force(self._rows, tell=told.add)]
        for sentence in sorted(told - self._told):
            self._log.warning("alert_rule_not_usable", reason=sentence)
        self._told = told
        self._changed(rules)
