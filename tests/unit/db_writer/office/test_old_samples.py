"""Samples of the machine that are old enough go, in slices, with their parts."""

from datetime import UTC, datetime, timedelta

import pytest

from services.db_writer.office.care import samples
from services.db_writer.office.catalogue_rows import bring_up_to_date
from services.db_writer.office.desk import Desk
from services.db_writer.office.settings import change_settings
from services.db_writer.outboxes.samples import store_sample
from services.db_writer.outboxes.stamp import Stamp
from shared.messages.settings import ChangeSettings, SettingValue
from tests.support.samples import averaged
from tests.unit.db_writer.office.cared import rows, steps, work

SEEN = "INSERT INTO operator_audit (done_at, author, action, outcome) VALUES (?, 'ana', 'x', 'done')"
STAMP = Stamp(producer="cpu-monitor", at_us=0, at="", now="")


def _store(desk: Desk, *, period_s: int, hours_ago: float) -> None:
    at_us = int((datetime.now(UTC) - timedelta(hours=hours_ago)).timestamp() * 1_000_000)
    store_sample(desk.connection, averaged(period_s=period_s, at_us=at_us), STAMP)


def _left(desk: Desk) -> list[tuple[int, int]]:
    return rows(desk, "SELECT period_s, count(*) FROM resource_samples GROUP BY period_s")


@pytest.fixture
def full(desk: Desk) -> Desk:
    """Three samples of each period that are old enough, and one that is not; something else was done lately."""
    for days in (1, 2, 3):
        _store(desk, period_s=10, hours_ago=24 * days + 1)
        _store(desk, period_s=60, hours_ago=24 * (30 + days))
    _store(desk, period_s=10, hours_ago=23)
    _store(desk, period_s=60, hours_ago=24 * 29)
    desk.connection.execute(SEEN, (f"{datetime.now(UTC) - timedelta(days=2):%Y-%m-%dT%H:%M:%S.000Z}",))
    return desk


def test_each_period_has_its_age(full: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A day and a month, unless settings say otherwise; disks, networks, processes and OBS go along."""
    monkeypatch.setattr(samples, "SLICE_SAMPLES", 2)
    assert work(full, "clean")["rows"]["resource_samples"] == 6  # type: ignore[index,call-overload]  # a document
    assert _left(full) == [(10, 1), (60, 1)]
    assert rows(full, "SELECT count(*), count(DISTINCT sample_id) FROM process_samples") == [(4, 2)]
    assert "resource_samples" not in work(full, "clean")["rows"]  # type: ignore[operator]  # nothing is old any more


def test_in_slices(full: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two of them the stream has its turn; what was removed stays so when the job is broken off."""
    monkeypatch.setattr(samples, "SLICE_SAMPLES", 2)
    job = steps(full, "clean")
    next(job)
    assert _left(full) == [(10, 2), (60, 4)]
    job.close()
    assert _left(full) == [(10, 2), (60, 4)]


def test_for_ever(full: Desk) -> None:
    """Nought hours and days keep everything."""
    bring_up_to_date(full)
    values: dict[str, SettingValue] = {"retention.samples_hours": 0, "retention.minute_samples_days": 0}
    change_settings(full, ChangeSettings(author="ana", values=values))
    assert samples.old_samples(full) == {}


def test_a_clock_that_jumped_ahead_removes_nothing(full: Desk) -> None:
    """Nothing was done in the month before: who knows what time it is."""
    full.connection.execute("DELETE FROM operator_audit")
    work(full, "clean")
    assert _left(full) == [(10, 4), (60, 4)]
