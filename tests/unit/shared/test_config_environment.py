"""RESTRIKE__… in the environment: what it sets, and what is wrong with it."""

import json
from pathlib import Path

import pytest

from shared.config import Config, Ring, load, load_file, not_from_environment
from shared.config.reading import examine
from shared.config.values import values_of
from shared.errors import ConfigError


def _faults(**environment: str) -> list[str]:
    return examine(b'{"journal": {"keep_hours": 24}}', environment).sentences


def test_what_it_sets_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Text as it is, numbers and lists as JSON; what it does not name is the file's."""
    path = tmp_path / "restrike.json"
    path.write_text('{"journal": {"keep_hours": 24, "memory_bytes": 70000}}')
    monkeypatch.setenv("RESTRIKE__BUS__EVENTS", "tcp://127.0.0.1:7")
    monkeypatch.setenv("RESTRIKE__LOG_LEVEL", "debug")
    monkeypatch.setenv("RESTRIKE__JOURNAL__KEEP_HOURS", "72")
    monkeypatch.setenv("RESTRIKE__RINGS", '[{"name": "mat-1"}]')
    config = load(path)
    assert (config.bus.events, config.log_level, config.rings) == ("tcp://127.0.0.1:7", "debug", [Ring(name="mat-1")])
    assert (config.journal.keep_hours, config.journal.memory_bytes) == (72, 70000)
    assert load_file(path).journal.keep_hours == 24


def test_groups_that_the_file_does_not_have() -> None:
    """A group of its own, a value that may be null, and a whole group as JSON."""
    secret, key = "server.secret", "x" * 40
    found = examine(
        None,
        {
            "RESTRIKE__BUS__CURVE__SECRET_KEY_FILE": secret,
            "RESTRIKE__BUS__CURVE__CLIENTS": json.dumps({"a": key}),
            "RESTRIKE__METRICS__ENDPOINT": "127.0.0.1:9",
            "RESTRIKE__JOURNAL": '{"keep_hours": 5}',
        },
    )
    assert found.sentences == []
    assert found.config is not None
    assert found.config.bus.curve is not None
    assert (found.config.bus.curve.secret_key_file, found.config.bus.curve.clients) == (secret, {"a": key})
    assert (found.config.metrics.endpoint, found.config.journal.keep_hours) == ("127.0.0.1:9", 5)


def test_faults_name_the_variable() -> None:
    """Wrong values and contradictions that a variable brings; those of the file do not name one."""
    assert _faults(RESTRIKE__JOURNAL__KEEP_HOURS="soon") == [
        "journal.keep_hours: Expected `int`, got `str`. Allowed: 1 to 87840. (RESTRIKE__JOURNAL__KEEP_HOURS)"
    ]
    (fault,) = _faults(RESTRIKE__BUS__EVENTS="tcp://0.0.0.0:1")
    assert fault.endswith("set bus.curve, or bind 127.0.0.1. (RESTRIKE__BUS__EVENTS)")
    (fault,) = _faults(RESTRIKE__RINGS='[{"name": "a"}, {"name": "b"}]')
    assert fault.endswith("share port 8888: give each its own port or source. (RESTRIKE__RINGS)")
    (fault,) = _faults(RESTRIKE__RINGS="[{")
    assert fault == "rings: Expected `array`, got `str`. (RESTRIKE__RINGS)"


@pytest.mark.parametrize(
    ("variable", "says"),
    [
        ("RESTRIKE__COLOUR", "RESTRIKE__COLOUR is no setting; after RESTRIKE__ there are: RINGS, BUS,"),
        ("RESTRIKE__JOURNAL__KEPT_HOURS", "did you mean KEEP_HOURS? There are: KEEP_HOURS, MEMORY_BYTES."),
        ("RESTRIKE__BUS__EVENTS__PORT", "RESTRIKE__BUS__EVENTS takes its whole value"),
        ("RESTRIKE__RINGS__0__PORT", "RESTRIKE__RINGS takes its whole value, lists and groups as JSON."),
    ],
)
def test_variables_that_set_nothing(variable: str, says: str) -> None:
    """A slip of the pen is told, not ignored."""
    (fault,) = _faults(**{variable: "1"})
    assert says in fault


def test_other_variables_are_none_of_these() -> None:
    assert _faults(RESTRIKE_HOME="x", RESTRIKE_PYTHON="y", HOME="z") == []


def test_what_the_environment_sets_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that edits the file is refused where the file would not count."""
    not_from_environment("rings")
    monkeypatch.setenv("RESTRIKE__RINGS", "[]")
    with pytest.raises(ConfigError, match="RESTRIKE__RINGS in the environment"):
        not_from_environment("rings")


def test_where_each_value_comes_from() -> None:
    """The file, a variable, or the default; rings by their names."""
    document = {"rings": [{"name": "mat-1", "port": 9}], "journal": {"keep_hours": 48}}
    environment = {"RESTRIKE__JOURNAL__MEMORY_BYTES": "70000", "RESTRIKE__BUS": "{}"}
    found = examine(json.dumps(document).encode(), environment)
    assert found.config is not None
    values = {one.path: (one.value, one.origin) for one in values_of(found.config, document, found.origins)}
    assert values["rings.mat-1.port"] == (9, "file")
    assert values["rings.mat-1.bind"] == ("127.0.0.1", "default")
    assert values["journal.keep_hours"] == (48, "file")
    assert values["journal.memory_bytes"] == (70000, "RESTRIKE__JOURNAL__MEMORY_BYTES")
    assert values["bus.events"] == (Config().bus.events, "RESTRIKE__BUS")
