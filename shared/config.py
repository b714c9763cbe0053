"""`restrike.json`: what is needed before the database opens. Every field has a default, so no file is needed.

Read by every service at its start and by `restrike`; written by `restrike udp bind` and `restrike pss set`.
"""

import ipaddress
import os
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from shared.errors import ConfigError
from shared.messages.rules import Strictness
from shared.rules import DEFAULT_RULES

KIB = 1024
MIB = 1024 * KIB

Name = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")]
Port = Annotated[int, Meta(ge=1, le=65535)]
Positive = Annotated[int, Meta(ge=1)]


class Ring(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One ring: a port, or a port and the one source address that its scoring system sends from.

    `bind` is an address of this machine, `0.0.0.0` for all, or `auto` for the recommended interface. `allow` lists
    addresses or networks ("10.1.2.0/24") that may send; empty allows all. `max_packet_bytes` is the largest datagram
    that UDP can carry, so that it never bites. `receive_buffer_bytes` is what the kernel is asked for: 4 MiB holds two
    seconds of the highest rate that we measured.

    `rules` names the rule set that the ring is judged by, `dialect` is `auto` or forces `a` or `b`, `unknown_streams`
    says what a message of an unknown stream is, `encodings` are tried for text that is not UTF-8. With `resync_port`
    the ring's scoring system is asked at this port where the match stands, after a start and after a gap, at most
    every `resync_every_s`; TK-Strike answers. Off by default: nothing is ever sent to a scoring system unasked.
    """

    name: Name
    port: Port = 8888
    bind: str = "127.0.0.1"
    source: str | None = None
    allow: list[str] = []
    auto_start: bool = True
    max_packet_bytes: Annotated[int, Meta(ge=64, le=65535)] = 65535
    receive_buffer_bytes: Annotated[int, Meta(ge=4 * KIB, le=1024 * MIB)] = 4 * MIB
    rules: str = DEFAULT_RULES
    dialect: Annotated[str, Meta(pattern="^(auto|a|b)$")] = "auto"
    unknown_streams: Strictness = Strictness.WARN
    encodings: list[str] = msgspec.field(default_factory=lambda: ["cp1250", "latin-1"])
    resync_port: Port | None = None
    resync_every_s: Annotated[int, Meta(ge=1, le=3600)] = 30


class Curve(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Keys for endpoints beyond loopback, as `restrike config keys` makes them: the file with the server's secret key
    (0600), and the public keys of the clients that may connect, by name.
    """

    secret_key_file: str
    clients: dict[str, Annotated[str, Meta(min_length=40, max_length=40)]]


class Bus(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where other programs meet the suite. `subscriber_queue` is how many events wait for one slow subscriber before
    it loses some: 20,000 are 15 s of the busiest venue.
    """

    events: str = "tcp://127.0.0.1:5556"
    commands: str = "tcp://127.0.0.1:5557"
    curve: Curve | None = None
    subscriber_queue: Positive = 20_000


class Journal(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long datagrams are kept beside the database, and how much memory may stand in while the disk is full."""

    keep_hours: Positive = 48
    memory_bytes: Annotated[int, Meta(ge=64 * KIB)] = 64 * MIB


class Config(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of `restrike.json`. `log_level` is one of debug, info, warning, error."""

    rings: list[Ring] = msgspec.field(default_factory=lambda: [Ring(name="ring-1")])
    bus: Bus = Bus()
    journal: Journal = Journal()
    log_level: Annotated[str, Meta(pattern="^(debug|info|warning|error)$")] = "info"

    def ring(self, name: str) -> Ring | None:
        """The ring of that name, or None."""
        return next((ring for ring in self.rings if ring.name == name), None)


def load(path: Path) -> Config:
    """The configuration in `path`; the defaults when there is no such file.

    Raises:
        ConfigError: the file cannot be read or says something that cannot be; the sentence names path and reason.
    """
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return Config()
    except OSError as error:
        raise ConfigError("config.unreadable", f"{path} cannot be read: {error.strerror}.") from error
    try:
        config = msgspec.json.decode(text, type=Config)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigError(
            "config.invalid", f"{path}: {error}. Mend the file; `restrike config check` tries it."
        ) from error
    faults = faults_of(config)
    if faults:
        raise ConfigError("config.invalid", f"{path}: {' '.join(faults)}")
    return config


def save(path: Path, config: Config) -> None:
    """Replace `path` in one step.

    Raises:
        ConfigError: `config` contradicts itself.
        OSError: the file cannot be written.
    """
    faults = faults_of(config)
    if faults:
        raise ConfigError("config.invalid", " ".join(faults))
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    with fresh.open("wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(_said(config)), indent=2) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def _said(value: object) -> object:
    """`value` for JSON without what is the default, so that later defaults reach this home, too."""
    if isinstance(value, Struct):
        fields = [(field, getattr(value, field.name)) for field in msgspec.structs.fields(value)]
        return {field.name: _said(found) for field, found in fields if field.required or found != _default(field)}
    return [_said(item) for item in value] if isinstance(value, list) else value


def _default(field: msgspec.structs.FieldInfo) -> object:
    return field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()


def faults_of(config: Config) -> list[str]:
    """What contradicts itself in `config`, a sentence each; empty when it is sound."""
    return [*_ring_faults(config.rings), *_bus_faults(config.bus)]


def _ring_faults(rings: list[Ring]) -> list[str]:
    faults = []
    if not rings:
        faults.append("rings is empty: list at least one ring.")
    names = [ring.name for ring in rings]
    faults += [f"Ring {name} is listed twice." for name in sorted({n for n in names if names.count(n) > 1})]
    places: dict[tuple[str, int, str | None], str] = {}
    for ring in rings:
        if ring.bind != "auto" and not is_address(ring.bind):
            faults.append(f"Ring {ring.name}: bind must be an IPv4 address, 0.0.0.0 or auto, not {ring.bind!r}.")
        if ring.source is not None and not is_address(ring.source):
            faults.append(f"Ring {ring.name}: source must be an IPv4 address, not {ring.source!r}.")
        faults += [
            f"Ring {ring.name}: allow must hold addresses or networks, not {a!r}."
            for a in ring.allow
            if not _is_network(a)
        ]
        faults += [
            f"Ring {ring.name}: encodings must name encodings of text, such as cp1250, not {name!r}."
            for name in ring.encodings
            if not _reads_text(name)
        ]
        place = (ring.bind, ring.port, ring.source)
        if place in places:
            faults.append(
                f"Rings {places[place]} and {ring.name} share port {ring.port}: give each its own port or source."
            )
        places[place] = ring.name
    return faults


def _bus_faults(bus: Bus) -> list[str]:
    faults = []
    for name, endpoint in (("events", bus.events), ("commands", bus.commands)):
        host, _, port = endpoint.removeprefix("tcp://").rpartition(":")
        if not endpoint.startswith("tcp://") or not port.isdecimal() or not is_address(host):
            faults.append(f"bus.{name} must look like tcp://127.0.0.1:5556, not {endpoint!r}.")
        elif not ipaddress.ip_address(host).is_loopback and bus.curve is None:
            faults.append(f"bus.{name} is bound beyond loopback ({host}): set bus.curve, or bind 127.0.0.1.")
    if bus.events == bus.commands:
        faults.append(f"bus.events and bus.commands are both {bus.events}: give each its own port.")
    if bus.curve is not None and not bus.curve.clients:
        faults.append("bus.curve.clients is empty: name at least one client's public key.")
    return faults


def is_address(text: str) -> bool:
    """Whether `text` is an IPv4 address."""
    try:
        return isinstance(ipaddress.ip_address(text), ipaddress.IPv4Address)
    except ValueError:
        return False


def _reads_text(encoding: str) -> bool:
    try:
        bytes(range(256)).decode(encoding, "replace")
    except (LookupError, ValueError):  # no such encoding, not one of text, or one that stops at some bytes
        return False
    return True


def _is_network(text: str) -> bool:
    try:
        ipaddress.IPv4Network(text)
    except ValueError:
        return False
    return True
