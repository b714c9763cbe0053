"""Statistics are renewed without a transaction that waits for the disk."""

from collections.abc import Generator, Mapping
from typing import Any

import pytest

from services.db_writer.errands.indexes import counting, read
from services.db_writer.office.care import tidying as care
from services.db_writer.office.desk import Desk
from services.db_writer.office.jobs import Result, Step
from shared.paths import Paths
from tests.unit.db_writer.office.cared import rows, work


def test_every_index_is_read_by_a_child_before_it_is_analysed(cared: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the first ANALYZE, each index that it takes, from end to end."""
    asked: list[tuple[str, str]] = []

    def errand(name: str, options: Mapping[str, Any], *, paths: Paths) -> Generator[Step, None, Result]:
        assert (name, rows(cared, "SELECT count(*) FROM sqlite_master WHERE name = 'sqlite_stat1'")) == (
            "read_indexes",
            [(0,)],
        )
        asked.extend(options["indexes"])
        yield Step(name)
        return read(options, paths=paths, tell=lambda *_: None)

    monkeypatch.setattr(care, "errand", errand)
    assert work(cared, "optimize")["indexes"] == len(asked)
    analysed = {(table, index or table) for table, index in rows(cared, "SELECT tbl, idx FROM sqlite_stat1")}
    assert len(analysed) > 5
    assert analysed <= set(asked)
    for index in ("ix_pss_events_v2_timestamp", "ix_pss_events_v2_match_id"):
        assert ["pss_events_v2", index] in [list(one) for one in asked]
        ((_, _, _, detail),) = rows(cared, f"EXPLAIN QUERY PLAN {counting('pss_events_v2', index)}")
        assert f"SCAN pss_events_v2 USING COVERING INDEX {index}" in detail
