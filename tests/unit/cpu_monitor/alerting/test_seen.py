"""The last event of an alert is kept, and not written each time that one comes."""

import msgspec

from services.cpu_monitor.alerting.seen import KEPT, STEP_US, Seen, decode_seen


def test_kept_when_it_moved() -> None:
    """At once when it is new, then by steps; also when the clock was set back. Alerts that are over are left out."""
    seen = Seen({})
    assert seen.to_keep({}) == {}
    first = seen.to_keep({"a1": 5_000_000_000, "a2": 5_000_000_000})
    assert decode_seen(first[KEPT] or b"") == {"a1": 5_000_000_000, "a2": 5_000_000_000}
    assert seen.to_keep({"a1": 5_000_000_000 + STEP_US - 1}) == {}
    later = seen.to_keep({"a1": 5_000_000_000 + STEP_US})
    assert decode_seen(later[KEPT] or b"") == {"a1": 5_000_000_000 + STEP_US}
    assert seen.to_keep({"a1": 1}) != {}


def test_read_at_the_next_start() -> None:
    """As it was kept."""
    assert Seen({KEPT: msgspec.msgpack.encode({"a1": 7})}).times == {"a1": 7}
