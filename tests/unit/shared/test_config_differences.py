"""What two configurations have different."""

import msgspec
import pytest

from shared.config import Bus, Config, Curve, Journal, Ring
from shared.config.differences import differences, touches, value_at
from shared.errors import ConfigError

KEY = "k" * 40


def _told(before: Config, after: Config) -> list[tuple[str, object, object]]:
    return [(one.path, one.before, one.after) for one in differences(before, after)]


def test_the_same_has_none() -> None:
    assert _told(Config(), Config()) == []


def test_rings_are_told_by_their_names() -> None:
    """Added, removed, changed; their order does not matter."""
    one, two = Ring(name="one"), Ring(name="two", port=9)
    after = Config(rings=[Ring(name="three", port=10), msgspec.structs.replace(one, port=11)])
    assert _told(Config(rings=[one, two]), after) == [
        ("rings.one.port", 8888, 11),
        ("rings.two", {"name": "two", "port": 9}, None),
        ("rings.three", None, {"name": "three", "port": 10}),
    ]
    assert _told(Config(rings=[one, two]), Config(rings=[two, one])) == []


def test_groups_are_told_by_what_changed() -> None:
    """A client's key, a list as a whole, and a group that was not there."""
    curve = Curve(secret_key_file="x", clients={"a": KEY})  # noqa: S106  # a file's name
    more = msgspec.structs.replace(curve, clients={"a": KEY, "b": KEY})
    assert _told(Config(bus=Bus(curve=curve)), Config(bus=Bus(curve=more))) == [("bus.curve.clients.b", None, KEY)]
    ((path, before, _),) = _told(Config(), Config(bus=Bus(curve=curve)))
    assert (path, before) == ("bus.curve", None)
    ring = Config().rings[0]
    allowed = Config(rings=[msgspec.structs.replace(ring, allow=["10.0.0.1"])])
    assert _told(Config(), allowed) == [("rings.ring-1.allow", [], ["10.0.0.1"])]


@pytest.mark.parametrize(
    ("change", "declared", "is_touched"),
    [
        ("rings.a.port", "rings", True),
        ("bus.curve", "bus.curve.clients", True),
        ("bus.events", "bus.events", True),
        ("log_level", "log_levels", False),
        ("bus.events", "bus.commands", False),
    ],
)
def test_what_a_change_touches(change: str, declared: str, *, is_touched: bool) -> None:
    """What stands above or below a declared path, and nothing that only begins alike."""
    assert touches(change, declared) is is_touched


def test_a_value_at_its_path() -> None:
    """None below what is None; a slip of the pen is refused."""
    config = Config(journal=Journal(keep_hours=7))
    assert value_at(config, "journal.keep_hours") == 7
    assert value_at(config, "bus.curve.clients") is None
    with pytest.raises(ConfigError, match=r"journal\.keep_days"):
        value_at(config, "journal.keep_days")
