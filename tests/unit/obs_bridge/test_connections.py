"""How the configuration of OBS is read: while the database is held, what was read last goes on."""

import time
from contextlib import closing
from pathlib import Path
from unittest.mock import Mock

import pytest

from services.obs_bridge import database
from services.obs_bridge.connections import Connections
from shared.db.sqlite import connect_writer
from shared.messages.automation import Rule
from shared.paths import Paths
from tests.support.wait import eventually, lenient

RULE = """
INSERT INTO obs_rules (name, is_enabled, priority, definition, created_at, updated_at) VALUES (?, 1, 0, ?, '', '')
"""
DEFINITION = '{"rule": "", "on": ["match_loaded"], "actions": []}'


@pytest.fixture
def paths(tmp_path: Path, migrated: bytes) -> Paths:
    found = Paths(tmp_path)
    found.prepare()
    found.database.write_bytes(migrated)
    return found


@pytest.mark.slow
def test_a_database_that_is_held(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    """The loop is held up for a moment only, and told once; what changed is read as soon as it is free."""
    monkeypatch.setattr(database, "REST_S", 0.5)
    rules: list[list[str]] = []
    log = Mock()

    def changed(found: list[Rule]) -> None:
        rules.append([rule.rule for rule in found])

    connections = Connections(paths, Mock(), rules_changed=changed, changed=Mock(), log=log)
    connections.look()
    with closing(connect_writer(paths.database)) as holder:
        holder.execute("PRAGMA locking_mode = EXCLUSIVE")
        holder.execute(RULE, ("one", DEFINITION))
        begun = time.monotonic()
        for _ in range(10):
            connections.look()
        assert time.monotonic() - begun < lenient(1)
    assert (rules, connections.is_read) == ([[]], True)
    assert log.warning.call_count == 1

    def read() -> list[list[str]]:
        connections.look()
        return rules

    eventually(read, equals=[[], ["one"]], within=10, what="the rule is read")
