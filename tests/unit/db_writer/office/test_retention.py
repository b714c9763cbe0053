"""Which backups are removed: a table of cases, and what is never removed."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.db_writer.office.backup.retention import Candidate, Keep, to_remove

NOW = datetime(2026, 3, 15, 12, 30, tzinfo=UTC)
NONE = Keep(hourly=0, daily=0, weekly=0, monthly=0, before_days=0)


def _at(text: str, *, reason: str = "scheduled", is_sound: bool | None = None, group: str = "database") -> Candidate:
    taken_at = datetime.fromisoformat(f"2026-{text}").replace(tzinfo=UTC)
    return Candidate(name=text, group=group, reason=reason, taken_at=taken_at, is_sound=is_sound)


def _keep(**counts: int) -> Keep:
    return Keep(**{"hourly": 0, "daily": 0, "weekly": 0, "monthly": 0, "before_days": 0, **counts})


EACH = _keep(hourly=1, daily=2, weekly=3, monthly=2)
JANUARY = ["01-31T12:00", "02-01T12:00"]


@pytest.mark.parametrize(
    ("taken", "keep", "removed"),
    [
        ([], NONE, []),
        (["03-15T12:00", "03-15T11:00"], NONE, ["03-15T11:00"]),
        (["03-15T12:10", "03-15T12:00", "03-15T11:50", "03-15T11:00"], _keep(hourly=2), ["03-15T11:00", "03-15T12:00"]),
        (["03-15T12:00", "03-14T23:59", "03-14T00:00", "03-13T05:00"], _keep(daily=2), ["03-13T05:00", "03-14T00:00"]),
        # A week begins on Monday: the 9th and the 2nd of March 2026.
        (["03-15T12:00", "03-09T00:00", "03-08T23:00", "03-02T01:00"], _keep(weekly=2), ["03-02T01:00", "03-09T00:00"]),
        (["03-15T12:00", "02-28T12:00", "02-01T12:00", "01-31T12:00"], _keep(monthly=2), JANUARY),
        # Periods without a backup do not use up what is kept: after a summer without events the last ones are there.
        (["03-15T12:00", "03-01T12:00", "01-15T12:00"], _keep(daily=3), []),
        (["03-15T12:00", "03-15T11:00", "03-14T12:00", "03-02T12:00", "02-02T12:00"], EACH, ["03-15T11:00"]),
    ],
)  # fmt: skip
def test_last_of_each_period(taken: list[str], keep: Keep, removed: list[str]) -> None:
    """The last of each hour, day, week and month (UTC) that has one, so many of each."""
    assert to_remove([_at(text) for text in taken], keep, now=NOW) == removed


def test_before_a_change_is_kept_for_some_days() -> None:
    backups = [
        _at("03-15T12:00"),
        _at("03-14T12:00", reason="before-migrate-8"),
        _at("03-01T12:00", reason="before-migrate-7"),
        _at("03-14T11:00", reason="beforehand"),
    ]
    assert to_remove(backups, _keep(before_days=7), now=NOW) == ["03-01T12:00", "03-14T11:00"]


def test_a_damaged_backup_stands_for_nothing() -> None:
    """The hour keeps its last usable one, the newest sound one stays whatever is newer; damaged ones go after days."""
    backups = [
        _at("03-15T12:20", is_sound=False),
        _at("03-15T12:10"),
        _at("03-15T11:10"),
        _at("03-01T12:00", is_sound=True),
        _at("02-01T12:00", is_sound=True),
        _at("01-01T12:00", is_sound=False),
    ]
    assert to_remove(backups, _keep(hourly=1, before_days=7), now=NOW) == ["01-01T12:00", "02-01T12:00", "03-15T11:10"]


def test_formats_do_not_stand_for_each_other() -> None:
    backups = [_at("03-15T12:20", group="json"), _at("03-15T12:10"), _at("03-15T12:00", group="json")]
    assert to_remove(backups, _keep(hourly=1), now=NOW) == ["03-15T12:00"]


CANDIDATES = st.lists(
    st.builds(
        Candidate,
        name=st.uuids().map(str),
        group=st.sampled_from(["database", "json"]),
        reason=st.sampled_from(["scheduled", "before-x"]),
        taken_at=st.integers(0, 4000).map(lambda hours: NOW - timedelta(hours=hours)),
        is_sound=st.sampled_from([None, True, False]),
    ),
    max_size=30,
    unique_by=lambda one: one.name,
)
COUNTS = st.builds(Keep, **dict.fromkeys(("hourly", "daily", "weekly", "monthly", "before_days"), st.integers(0, 40)))


@given(candidates=CANDIDATES, keep=COUNTS)
def test_the_newest_sound_one_is_never_removed(candidates: list[Candidate], keep: Keep) -> None:
    """Of each format: the newest verified one, and the newest that is not known to be damaged. Once is enough."""
    removed = set(to_remove(candidates, keep, now=NOW))
    for group in ("database", "json"):
        of_group = sorted((c for c in candidates if c.group == group), key=lambda c: (c.taken_at, c.name))
        for wanted in ((True,), (True, None)):
            usable = [c.name for c in of_group if c.is_sound in wanted]
            assert not usable or usable[-1] not in removed
    left = [c for c in candidates if c.name not in removed]
    assert to_remove(left, keep, now=NOW) == []
