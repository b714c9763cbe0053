"""What services and `restrike config check` say of a file: every fault at once, and none that is not there."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import Struct

from shared.config import Bus, Config, Curve, Journal, Metrics, Ring, save
from shared.config.checking import faults_in
from shared.config.reading import examine

CLIENT_KEY = "x" * 40


def _faults(folder: Path, content: Any) -> list[str]:
    path = folder / "restrike.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return faults_in(path)


def test_no_file_and_the_defaults_are_sound(tmp_path: Path) -> None:
    assert faults_in(tmp_path / "none.json") == []
    save(tmp_path / "restrike.json", Config())
    assert faults_in(tmp_path / "restrike.json") == []
    assert _faults(tmp_path, {}) == []


def test_all_faults_at_once(tmp_path: Path) -> None:
    """Wrong types, limits, unknown and missing settings and contradictions, each with its place in the file."""
    faults = _faults(
        tmp_path,
        {
            "rings": [
                {"name": "Ring 1", "port": 8888},
                {"port": 8889},
                {"name": "ring-3", "port": 70000, "max_packet_bytes": 1, "bufer": 3},
                {"name": "ring-4", "port": 9001, "bind": "example.org", "allow": ["10.0.0.0/33"]},
                {"name": "ring-5", "port": 9002},
                {"name": "ring-5", "port": 9002},
                "ring-6",
            ],
            "bus": {"events": "tcp://0.0.0.0:5556", "subscriber_queue": 0},
            "journal": {"keep_hours": "48"},
            "log_level": "loud",
            "colour": "blue",
        },
    )
    for said in (
        "rings[0].name: Expected `str` matching regex",
        "rings[1].name is missing",
        "rings[2].port: Expected `int` <= 65535",
        "rings[2].max_packet_bytes: Expected `int` >= 64",
        "rings[2].bufer is no setting",
        "Ring ring-4: bind must be",
        "Ring ring-4: allow must hold",
        "Ring ring-5 is listed twice",
        "Rings ring-5 and ring-5 share port 9002",
        "rings[6]: Expected `object`, got `str`",
        "bus.events is bound beyond loopback",
        "bus.subscriber_queue: Expected `int` >= 1",
        "journal.keep_hours: Expected `int`, got `str`",
        "log_level: Expected `str` matching regex",
        "colour is no setting; there are: rings, bus, journal, metrics, log_level",
    ):
        assert [fault for fault in faults if fault.startswith(said)], f"{said!r} is not in {faults}"
    assert len(faults) == 15


def test_a_fault_does_not_make_others_up(tmp_path: Path) -> None:
    """A ring whose port cannot be read does not collide with the default port, nor does a faulty curve expose a bus."""
    rings = [{"name": "ring-1"}, {"name": "ring-2", "port": "8888"}]
    faults = _faults(tmp_path, {"rings": rings, "bus": {"events": "tcp://0.0.0.0:5556", "curve": {"clients": {}}}})
    assert faults == [
        "rings[1].port: Expected `int`, got `str`. Allowed: 1 to 65535.",
        "bus.curve.secret_key_file is missing.",
    ]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('{\n  "rings": [,]\n}', "Line 2, column 13: Expecting value"),
        ("", "Line 1, column 1"),
        ("[]", "The file: Expected `object`, got `array`."),
        ('{"rings": 1}', "rings: Expected `array`, got `int`."),
        ('{"rings": [], "rings": {}}', "rings stands twice in one group: keep one of them."),
        ('{"rings": [{"name": "a", "port": 1, "port": 2}]}', "port stands twice in one group"),
        ('{"rings": "\\ud800"}', "A text has half a character in it"),
        ('{"history": ' + "1" * 5000 + "}", "A number in it has thousands of digits."),
        ('{"log_level": NaN}', "log_level: Expected `str`"),
    ],
)
def test_files_that_are_no_configuration(tmp_path: Path, content: str, says: str) -> None:
    (fault,) = _faults(tmp_path, content)
    assert fault.startswith(says)


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "restrike.json").write_bytes(b'{"log_level": "\xff"}')
    (fault,) = faults_in(tmp_path / "restrike.json")
    assert "not UTF-8" in fault


def test_the_key_file_is_looked_at(tmp_path: Path) -> None:
    """Missing, readable by others, and not a key: what broker would refuse is said before it starts."""
    secret = tmp_path / "server.secret"
    config = {"bus": {"curve": {"secret_key_file": str(secret), "clients": {"tablet": CLIENT_KEY}}}}
    assert "cannot be read" in _faults(tmp_path, config)[0]
    secret.write_text("short")
    secret.chmod(0o644)
    assert [f.partition(": ")[2].partition(" ")[0] for f in _faults(tmp_path, config)] == [str(secret), "others"]
    secret.write_text("k" * 40 + "\n")
    secret.chmod(0o600)
    assert _faults(tmp_path, config) == []


def test_what_is_not_there_is_told_with_all_else(tmp_path: Path) -> None:
    """A rule set and a key file that cannot be had, beside a fault of type: one look at the file mends it all."""
    ring = {"name": "ring-1", "rules": "nix-1", "dialect": "nix", "encodings": ["klingon"]}
    curve = {"secret_key_file": str(tmp_path / "none.key"), "clients": {"tablet": CLIENT_KEY}}
    path = tmp_path / "restrike.json"
    path.write_text(json.dumps({"rings": [ring], "bus": {"curve": curve}, "journal": {"keep_hours": 0}}))
    found = " ".join(faults_in(path, rules=tmp_path / "rules"))
    for said in ("no rule set nix-1", "none.key cannot be read", "dialect: Expected", "'klingon'", "keep_hours"):
        assert said in found
    assert "none.key cannot be read" in " ".join(faults_in(path))


def test_forms_are_told_of_what_cannot_be_compared(tmp_path: Path) -> None:
    """A ring without a port or a name collides with nothing, but how its addresses look is known."""
    rings = [
        {"name": "ring-1", "port": "8888", "bind": "300.1.1.1", "source": "x"},
        {"name": "Ring 2", "allow": ["y"]},
    ]
    faults = _faults(tmp_path, {"rings": rings, "bus": {"events": "tcp://nix", "curve": {}}})
    assert [fault for fault in faults if "Expected" not in fault and "missing" not in fault] == [
        "Ring ring-1: bind must be an IPv4 address, 0.0.0.0 or auto, not '300.1.1.1'.",
        "Ring ring-1: source must be an IPv4 address, not 'x'.",
        "rings[1]: allow must hold addresses or networks, not 'y'.",
        "bus.events must look like tcp://127.0.0.1:5556, with a port from 1 to 65535, not 'tcp://nix'.",
    ]


def _with_null() -> list[tuple[str, str, dict[str, Any]]]:
    """Every key there is, with a file in which it is null, its group's name before it."""
    required = {"name": "a", "secret_key_file": "x", "clients": {}}
    groups: list[tuple[str, type[Struct]]] = [
        ("", Config), ("rings[0].", Ring), ("bus.", Bus), ("bus.curve.", Curve), ("journal.", Journal),
        ("metrics.", Metrics),
    ]  # fmt: skip
    found = []
    for place, group in groups:
        fields = msgspec.structs.fields(group)
        needed = {field.name: required[field.name] for field in fields if field.required}
        for field in fields:
            content: dict[str, Any] = {**needed, field.encode_name: None}
            for key in reversed(place.replace("[0]", "").split(".")[:-1]):
                content = {key: [content] if key == "rings" else content}
            found.append((group.__name__, place + field.encode_name, content))
    return found


@pytest.mark.parametrize(("group", "path", "content"), _with_null())
def test_null_is_a_fault_where_it_is_no_value(group: str, path: str, content: dict[str, Any]) -> None:
    """Whatever key it stands at, all that reads the file can say so, and nobody fails."""
    found = examine(json.dumps(content).encode(), {})
    may_be_null = {"source", "resync_port", "curve", "endpoint", "$schema"}
    if path.rpartition(".")[2] in may_be_null:
        assert (found.sentences, found.config is None) == ([], False), group
    else:
        assert found.config is None
        assert [sentence.startswith(f"{path}: Expected ") for sentence in found.sentences] == [True]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ({"bus": {"events": "tcp://127.0.0.1:99999"}}, "bus.events must look like tcp://127.0.0.1:5556, with a port"),
        ({"bus": {"commands": "tcp://127.0.0.1:0"}}, "bus.commands must look like tcp://127.0.0.1:5556, with a port"),
        ({"bus": {"subscriber_queue": 99999999999999}}, "bus.subscriber_queue: Expected `int` <= 10000000"),
        ({"journal": {"keep_hours": 10**9}}, "journal.keep_hours: Expected `int` <= 87840"),
        ({"journal": {"memory_bytes": 2**60}}, "journal.memory_bytes: Expected `int` <= 68719476736"),
        ({"metrics": {"endpoint": "127.0.0.1:5557"}}, "bus.commands and metrics.endpoint both take port 5557"),
    ],
)
def test_what_could_never_be_bound_or_held(tmp_path: Path, content: Any, says: str) -> None:
    (fault,) = _faults(tmp_path, content)
    assert fault.startswith(says)


def test_a_ring_at_all_addresses_takes_its_port_everywhere(tmp_path: Path) -> None:
    """The machine refuses a second socket there, whatever the rings' sources; two that share one are sound."""
    wide = {"name": "wide", "bind": "0.0.0.0", "source": "10.0.0.1"}  # noqa: S104  # nothing is bound
    for bind in ("127.0.0.1", "auto"):
        (fault,) = _faults(tmp_path, {"rings": [{"name": "one", "bind": bind, "source": "10.0.0.2"}, wide]})
        assert fault.startswith(f"Ring wide takes port 8888 of all addresses, one's {bind}, too: ")
    assert _faults(tmp_path, {"rings": [wide, {**wide, "name": "two", "source": None}]}) == []
    assert _faults(tmp_path, {"rings": [wide, {"name": "one", "port": 8889}]}) == []
