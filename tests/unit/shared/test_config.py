"""restrike.json: what it may say, what contradicts itself, and how it is written."""

import json
import os
import stat
from pathlib import Path
from typing import Any

import msgspec
import pytest

from shared.config import Bus, Config, Curve, Ring, faults_of, load, save
from shared.errors import ConfigError

KEY = "a" * 40
FILE = "server.secret"


def _refusal(path: Path) -> ConfigError:
    with pytest.raises(ConfigError) as refusal:
        load(path)
    return refusal.value


def test_no_file_means_the_defaults(tmp_path: Path) -> None:
    """One ring on loopback's 8888, the bus on loopback."""
    config = load(tmp_path / "restrike.json")
    assert config == Config()
    assert [(ring.name, ring.bind, ring.port) for ring in config.rings] == [("ring-1", "127.0.0.1", 8888)]
    assert faults_of(config) == []


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    """Every setting survives; the file is for people, too, and replaced in one step."""
    path = tmp_path / "home" / "restrike.json"
    curve = Curve(secret_key_file=FILE, clients={"tablet": KEY})
    rings = [Ring(name="mat-1", bind="0.0.0.0", source="10.0.0.1", allow=["10.0.0.0/24"]), Ring(name="mat-2", port=9)]  # noqa: S104  # written, not bound
    config = Config(rings=rings, bus=Bus(events="tcp://0.0.0.0:1", curve=curve), log_level="debug")
    for saved in (Config(), config):
        save(path, saved)
        assert load(path) == saved
    assert len(path.read_text().splitlines()) > 10
    assert [entry.name for entry in path.parent.iterdir()] == ["restrike.json"]
    assert stat.S_IMODE(path.parent.stat().st_mode) & 0o077 == 0


def test_what_contradicts_itself_is_not_saved(tmp_path: Path) -> None:
    """The file stays as it was."""
    path = tmp_path / "restrike.json"
    save(path, Config())
    before = path.read_bytes()
    with pytest.raises(ConfigError, match="listed twice"):
        save(path, Config(rings=[Ring(name="a"), Ring(name="a", port=9)]))
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("rings", "told"),
    [
        ([Ring(name="a"), Ring(name="a", port=9)], "Ring a is listed twice."),
        ([Ring(name="a"), Ring(name="b")], "Rings a and b share port 8888: give each its own port or source."),
        ([Ring(name="a", source="10.0.0.1"), Ring(name="b", source="10.0.0.1")], "Rings a and b share port 8888"),
        ([Ring(name="a", bind="eth0")], "Ring a: bind must be an IPv4 address, 0.0.0.0 or auto, not 'eth0'."),
        ([Ring(name="a", bind="::1")], "Ring a: bind must be"),
        ([Ring(name="a", source="10.0.0.0/8")], "Ring a: source must be an IPv4 address"),
        ([Ring(name="a", allow=["10.0.0.1", "mars"])], "Ring a: allow must hold addresses or networks, not 'mars'."),
        ([Ring(name="a", allow=["10.0.0.1/8"])], "Ring a: allow must hold"),
        (
            [Ring(name="a", encodings=["cp1250", "hex"])],
            "Ring a: encodings must name encodings of text, such as cp1250",
        ),
        ([Ring(name="a", encodings=["klingon"])], "Ring a: encodings must name"),
        ([Ring(name="a", encodings=["idna"])], "Ring a: encodings must name"),
        ([Ring(name="a", encodings=["\0"])], "Ring a: encodings must name"),
    ],
)
def test_faults_of_rings(rings: list[Ring], told: str) -> None:
    """One sentence each, with the ring's name."""
    (fault,) = faults_of(Config(rings=rings))
    assert fault.startswith(told)


def test_rings_that_share_a_port_rightly() -> None:
    """By source, one of them without; or at different addresses."""
    rings = [Ring(name="a", source="10.0.0.1"), Ring(name="b", source="10.0.0.2"), Ring(name="c")]
    assert faults_of(Config(rings=rings)) == []
    assert faults_of(Config(rings=[Ring(name="a"), Ring(name="b", bind="127.0.0.2")])) == []


@pytest.mark.parametrize(
    ("bus", "told"),
    [
        (Bus(events="tcp://0.0.0.0:5556"), "bus.events is bound beyond loopback (0.0.0.0): set bus.curve"),
        (Bus(commands="tcp://192.168.1.5:5557"), "bus.commands is bound beyond loopback (192.168.1.5)"),
        (Bus(events="ipc:///run/x"), "bus.events must look like tcp://127.0.0.1:5556"),
        (Bus(events="tcp://localhost:5556"), "bus.events must look like"),
        (Bus(events="tcp://127.0.0.1"), "bus.events must look like"),
        (Bus(curve=Curve(secret_key_file=FILE, clients={})), "bus.curve.clients is empty"),
    ],
)
def test_faults_of_the_bus(bus: Bus, told: str) -> None:
    """Beyond loopback only with keys; endpoints are TCP, by address."""
    (fault,) = faults_of(Config(bus=bus))
    assert fault.startswith(told)


def test_loopback_is_more_than_one_address() -> None:
    """127.0.0.0/8 needs no keys."""
    assert faults_of(Config(bus=Bus(events="tcp://127.0.0.9:1", commands="tcp://127.3.4.5:2"))) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"rings": [{"name": "Ring 1"}]},
        {"rings": [{"name": "a", "port": 0}]},
        {"rings": [{"name": "a", "port": 65536}]},
        {"rings": [{"name": "a", "max_packet_bytes": 10}]},
        {"rings": [{"name": "a", "colour": "red"}]},
        {"journal": {"memory_bytes": 1}},
        {"journal": {"keep_hours": 0}},
        {"log_level": "loud"},
        {"bus": {"subscriber_queue": 0}},
        {"bus": {"curve": {"secret_key_file": "x", "clients": {"a": "short"}}}},
        [],
    ],
)
def test_what_the_file_may_not_say(tmp_path: Path, wrong: Any) -> None:
    """The sentence names the file, and the program refuses to guess."""
    path = tmp_path / "restrike.json"
    path.write_text(json.dumps(wrong))
    refusal = _refusal(path)
    assert refusal.code == "config.invalid"
    assert refusal.message.startswith(str(path))


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    """A folder in its place: an error that says so, not the defaults."""
    (tmp_path / "restrike.json").mkdir()
    assert _refusal(tmp_path / "restrike.json").code == "config.unreadable"


@pytest.mark.parametrize("content", [b"\xff\xfe", b"[" * 100_000, b'{"rings": [', b""])
def test_a_file_that_is_no_document(tmp_path: Path, content: bytes) -> None:
    """No JSON, endless nesting, half a file, nothing: refused as invalid."""
    path = tmp_path / "restrike.json"
    path.write_bytes(content)
    assert _refusal(path).code == "config.invalid"


def test_a_file_in_another_encoding(tmp_path: Path) -> None:
    """Saved as Latin-1: refused as invalid, like any other file that cannot be understood."""
    path = tmp_path / "restrike.json"
    path.write_bytes('{"rings": [{"name": "a", "bind": "Zürich"}]}'.encode("latin-1"))
    assert _refusal(path).code == "config.invalid"


def test_a_save_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk refuses at the last moment: the configuration in force stays readable."""
    path = tmp_path / "restrike.json"
    save(path, Config())

    def refuse(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match="No space"):
        save(path, Config(log_level="debug"))
    assert load(path) == Config()


def test_every_setting_has_a_default() -> None:
    """An empty document, and one empty ring beside its name, are sound."""
    assert msgspec.json.decode(b"{}", type=Config) == Config()
    assert faults_of(msgspec.json.decode(b'{"rings": [{"name": "a"}], "bus": {}, "journal": {}}', type=Config)) == []


def test_defaults_are_not_written(tmp_path: Path) -> None:
    """Only what was said stands in the file, so that the defaults of a later version reach this home, too."""
    path = tmp_path / "restrike.json"
    save(path, Config(rings=[Ring(name="ring-1", bind="auto")]))
    assert json.loads(path.read_text()) == {"rings": [{"name": "ring-1", "bind": "auto"}]}
    assert load(path) == Config(rings=[Ring(name="ring-1", bind="auto")])


def test_the_file_stays_its_owners(tmp_path: Path) -> None:
    """A new one is for its owner alone; one that others may read stays so; one that nobody may read can be again. Root
    who acts in the home of the suite's own user leaves the file to that user.
    """
    path = tmp_path / "restrike.json"
    save(path, Config())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for mode, kept in ((0o640, 0o640), (0, 0o600)):
        path.chmod(mode)
        save(path, Config(log_level="debug"))
        assert stat.S_IMODE(path.stat().st_mode) == kept
    if os.geteuid() == 0:
        os.chown(path, 12345, 12345)
        save(path, Config())
        assert (path.stat().st_uid, path.stat().st_gid) == (12345, 12345)


def test_what_stands_beside_the_file_is_never_written_through(tmp_path: Path) -> None:
    """A link where the new file is written first, made to hand another's file to the home's owner: it is left alone."""
    path, other = tmp_path / "restrike.json", tmp_path / "other"
    other.write_text("another's")
    (tmp_path / "restrike.new").symlink_to(other)
    save(path, Config(log_level="debug"))
    assert (other.read_text(), path.is_symlink(), load(path).log_level) == ("another's", False, "debug")
