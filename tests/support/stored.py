"""What must be in the database after a ring heard something: everything, once, in order, as sent."""

from collections.abc import Sequence

from tests.support.suite import Suite


def bodies(suite: Suite, ring: str = "ring-1") -> list[bytes]:
    """The raw datagrams of a ring in the order of their journal entries, over all sessions."""
    return [
        bytes(row[0])
        for row in suite.rows(
            "SELECT r.body FROM raw_datagrams r WHERE r.ring = ? ORDER BY r.session_id, r.entry", ring
        )
    ]


def assert_stored(suite: Suite, sent: Sequence[bytes], *, ring: str = "ring-1") -> None:
    """`sent` is in the database once, in order, byte for byte, each with its event row; the file is sound."""
    found = bodies(suite, ring)
    assert len(found) == len(sent), f"{ring}: {len(found)} raw rows for {len(sent)} datagrams"
    assert found == list(sent), f"{ring}: first difference at {_first_difference(found, sent)}"
    events = suite.rows(
        "SELECT e.raw_data FROM pss_events_v2 e JOIN udp_server_sessions s ON s.id = e.session_id "
        "WHERE s.ring = ? ORDER BY e.session_id, e.event_sequence, e.event_index",
        ring,
    )
    assert [row[0] for row in events] == [body.decode() for body in sent], f"{ring}: event rows differ"
    assert_sound(suite)


def assert_sound(suite: Suite) -> None:
    """The database passes SQLite's own checks."""
    assert suite.rows("PRAGMA integrity_check") == [("ok",)]
    assert suite.rows("PRAGMA foreign_key_check") == []


def assert_published_once(published: list[tuple[str, int, int, str]]) -> None:
    """No message was published twice."""
    keys = [(frame.split("/")[1], entry, index) for frame, entry, index, _ in published]
    twice = {key for key in keys if keys.count(key) > 1} if len(keys) != len(set(keys)) else set()
    assert not twice, f"published twice: {sorted(twice)[:5]}"


def _first_difference(found: Sequence[bytes], sent: Sequence[bytes]) -> str:
    for number, (one, other) in enumerate(zip(found, sent, strict=False)):
        if one != other:
            return f"{number}: {one!r} instead of {other!r}"
    return "the end"
