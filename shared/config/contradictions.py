"""What contradicts itself in a configuration whose fields are each sound, and what it refers to that is not there."""

import ipaddress
import struct
from itertools import combinations
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from shared.config.model import Bus, Config, Metrics, Ring
from shared.log.subsystems import faults_of as level_faults
from shared.rules import known_rules

ALL_ADDRESSES: Final = "0.0.0.0"  # noqa: S104  # nothing is bound here


class Fault(Struct, frozen=True):
    """A sentence that says what is wrong and what is allowed, and the path that it is about."""

    place: str
    sentence: str


def faults_of(config: Config) -> list[str]:
    """What contradicts itself in `config`, a sentence each; empty when it is sound."""
    return [fault.sentence for fault in contradictions(config)]


def contradictions(config: Config) -> list[Fault]:
    """What contradicts itself in `config`."""
    return [
        *(Fault("rings", sentence) for sentence in _ring_faults(config.rings)),
        *_bus_faults(config.bus),
        *_metrics_faults(config.metrics),
        *_shared_places(config),
        *(Fault("log_levels", sentence) for sentence in level_faults(config.log_levels)),
    ]


def _ring_faults(rings: list[Ring]) -> list[str]:
    faults = []
    if not rings:
        faults.append("rings is empty: list at least one ring.")
    names = [ring.name for ring in rings]
    faults += [f"Ring {name} is listed twice." for name in sorted({n for n in names if names.count(n) > 1})]
    places: dict[tuple[str, int, str | None], str] = {}
    for ring in rings:
        faults += _faults_within(ring, f"Ring {ring.name}")
        place = (ring.bind, ring.port, ring.source)
        if place in places:
            faults.append(
                f"Rings {places[place]} and {ring.name} share port {ring.port}: give each its own port or source."
            )
        places[place] = ring.name
    return [*faults, *_covered(rings)]


def _covered(rings: list[Ring]) -> list[str]:
    """Rings whose port is taken by one that listens at all addresses, in a socket of its own."""
    all_over = {ring.port: ring.name for ring in rings if ring.bind == ALL_ADDRESSES}
    return [
        f"Ring {all_over[ring.port]} takes port {ring.port} of all addresses, {ring.name}'s {ring.bind}, too: give both"
        " the same bind, or each its own port."
        for ring in rings
        if ring.port in all_over and ring.bind != ALL_ADDRESSES
    ]


def _faults_within(ring: Ring, who: str) -> list[str]:
    faults = []
    if ring.bind != "auto" and not is_address(ring.bind):
        faults.append(f"{who}: bind must be an IPv4 address, 0.0.0.0 or auto, not {ring.bind!r}.")
    if ring.source is not None and not is_address(ring.source):
        faults.append(f"{who}: source must be an IPv4 address, not {ring.source!r}.")
    faults += [f"{who}: allow must hold addresses or networks, not {a!r}." for a in ring.allow if not _is_network(a)]
    faults += [
        f"{who}: encodings must name encodings of text, such as cp1250, not {name!r}."
        for name in ring.encodings
        if not _reads_text(name)
    ]
    return faults


def form_faults(group: type[Struct], sound: dict[str, Any], place: str) -> list[Fault]:
    """What is wrong with the sound fields of a ring or the bus, each on its own: of one that is compared with nothing,
    as what decides that is missing or faulty.
    """
    if group is Ring:
        forms = {name: sound[name] for name in ("bind", "source", "allow", "encodings") if name in sound}
        who = f"Ring {sound['name']}" if "name" in sound else place
        return [Fault("rings", sentence) for sentence in _faults_within(Ring(name="", **forms), who)]
    if group is Bus:
        return [fault for name in ("events", "commands") if name in sound for fault in _endpoint(name, sound[name])]
    return []


def _endpoint(name: str, endpoint: str) -> list[Fault]:
    place, found = f"bus.{name}", host_and_port(endpoint)
    if found is not None and 0 < found[1] < 65536:
        return []
    sentence = f"{place} must look like tcp://127.0.0.1:5556, with a port from 1 to 65535, not {endpoint!r}."
    return [Fault(place, sentence)]


def _bus_faults(bus: Bus) -> list[Fault]:
    faults = []
    for name, endpoint in (("events", bus.events), ("commands", bus.commands)):
        place = f"bus.{name}"
        found = host_and_port(endpoint)
        faults += (ill := _endpoint(name, endpoint))
        if found is not None and not ill and not ipaddress.ip_address(found[0]).is_loopback and bus.curve is None:
            sentence = f"{place} is bound beyond loopback ({found[0]}): set bus.curve, or bind 127.0.0.1."
            faults.append(Fault(place, sentence))
    if bus.curve is not None and not bus.curve.clients:
        sentence = "bus.curve.clients is empty: name at least one client's public key."
        faults.append(Fault("bus.curve.clients", sentence))
    return faults


def _metrics_faults(metrics: Metrics) -> list[Fault]:
    place, endpoint = "metrics.endpoint", metrics.endpoint
    if endpoint is None:
        return []
    found = host_and_port(f"tcp://{endpoint}")
    if found is None or not 0 < found[1] < 65536:
        return [Fault(place, f"{place} must look like 127.0.0.1:9464, not {endpoint!r}; null serves nothing.")]
    if not ipaddress.ip_address(found[0]).is_loopback and not metrics.allow_remote:
        sentence = (
            f"{place} is bound beyond loopback ({found[0]}), where everybody may read it: set metrics.allow_remote, or"
            " bind 127.0.0.1."
        )
        return [Fault(place, sentence)]
    return []


def _shared_places(config: Config) -> list[Fault]:
    """Endpoints that take the same TCP port of an address."""
    named = [("bus.events", config.bus.events), ("bus.commands", config.bus.commands)]
    if config.metrics.endpoint is not None:
        named.append(("metrics.endpoint", f"tcp://{config.metrics.endpoint}"))
    listed = [(name, found) for name, endpoint in named if (found := host_and_port(endpoint)) is not None]
    return [
        Fault(name, f"{name} and {other} both take port {port} of {host}: give each its own port.")
        for (name, (host, port)), (other, (another, its_port)) in combinations(listed, 2)
        if port == its_port and (host == another or ALL_ADDRESSES in (host, another))
    ]


def host_and_port(endpoint: str) -> tuple[str, int] | None:
    """Of an endpoint like tcp://127.0.0.1:5556; None when it is none."""
    host, _, port = endpoint.removeprefix("tcp://").rpartition(":")
    if not endpoint.startswith("tcp://") or not port.isascii() or not port.isdecimal() or not is_address(host):
        return None
    return host, int(port)


def is_address(text: str) -> bool:
    """Whether `text` is an IPv4 address."""
    try:
        return isinstance(ipaddress.ip_address(text), ipaddress.IPv4Address)
    except ValueError:
        return False


def missing(config: Config, rules: Path) -> list[Fault]:
    """What `config` refers to that cannot be had: key files, clients' keys, and rule sets; `rules` is the folder of
    the home's own. It is no fault of the file itself: what worked yesterday may be missing today.
    """
    return [*key_faults(config), *_rule_faults(config, rules)]


def key_faults(config: Config) -> list[Fault]:
    """What is wrong with the keys that `config` names."""
    if config.bus.curve is None:
        return []
    at = "bus.curve.clients"
    faults = [
        Fault(at, f"{at}: {name}'s public key is no Z85 key: restrike config keys makes one.")
        for name, key in config.bus.curve.clients.items()
        if not _is_z85(key)
    ]
    place = "bus.curve.secret_key_file"
    path = Path(config.bus.curve.secret_key_file)
    try:
        mode, secret = path.stat().st_mode, path.read_bytes().strip()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        return [*faults, Fault(place, f"{place}: {path} cannot be read: {reason}.")]
    if len(secret) != 40:
        faults.append(Fault(place, f"{place}: {path} holds no key of 40 characters."))
    if mode & 0o077:
        faults.append(Fault(place, f"{place}: others may read {path}: chmod 600 {path}"))
    return faults


def _is_z85(key: str) -> bool:
    from zmq.utils import z85  # noqa: PLC0415  # only where there are keys

    try:
        return len(z85.decode(key.encode())) == 32
    except (KeyError, ValueError, struct.error):
        return False


def _rule_faults(config: Config, folder: Path) -> list[Fault]:
    known, broken = known_rules(folder)
    lacking = [ring for ring in config.rings if ring.rules not in known]
    if lacking and broken:  # one of these may be the rule set that a ring lacks
        return [Fault("rings", sentence) for sentence in broken]
    names = ", ".join(known)
    return [Fault("rings", f"Ring {ring.name}: there is no rule set {ring.rules}. Known: {names}.") for ring in lacking]


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
