"""Check: the ports of the suite are free, or held by us; who holds them otherwise."""

from collections.abc import Iterable, Iterator
from typing import Final

import psutil
from msgspec import Struct

from services.cli.doctor.result import Result, failed, ok, skipped, warning
from services.cli.doctor.site import Site
from shared.config import Config
from shared.interfaces import detect, recommended
from shared.messages.service import BROKER, INGEST, MONITOR
from shared.messages.udp import RingStatus

ANY: Final = frozenset({"0.0.0.0", "::"})  # noqa: S104  # it is compared with, not bound
FIRST_FREE_PORT: Final = 1024
AUTO: Final = "auto"


class Wanted(Struct, frozen=True, kw_only=True):
    """A port that `service` needs for `what`. `must`: while the service runs, it holds it."""

    what: str
    kind: str
    address: str
    port: int
    service: str
    must: bool = True


class Holder(Struct, frozen=True, kw_only=True):
    """A socket of this machine; `pid` is None where this user may not know it."""

    kind: str
    address: str
    port: int
    pid: int | None = None
    program: str = "a program of another user"


def look(site: Site) -> list[Result]:
    """Each port of the configuration."""
    return judge(wanted(site.config, site.rings), held(), running=site.running, is_root=site.is_root)


def wanted(config: Config, rings: dict[str, RingStatus]) -> list[Wanted]:
    """What the configuration asks for; a ring that moves by itself, where it listens now."""
    best = recommended(detect())
    found = [_endpoint(what, getattr(config.bus, what), BROKER) for what in ("events", "commands")]
    found += _metrics(config)
    for ring in config.rings:
        status = rings.get(ring.name)
        address = best.address if best is not None else "127.0.0.1"
        if status is not None and status.address:
            address = status.address
        elif ring.bind != AUTO:
            address = ring.bind
        must = ring.auto_start if status is None else status.listening
        found.append(
            Wanted(what=ring.name, kind="udp", address=address, port=ring.port, service=INGEST, must=must),
        )
    return found


def _endpoint(what: str, endpoint: str, service: str) -> Wanted:
    host, _, port = endpoint.removeprefix("tcp://").rpartition(":")
    return Wanted(what=what, kind="tcp", address=host, port=int(port), service=service)


def _metrics(config: Config) -> Iterator[Wanted]:
    if config.metrics.endpoint is not None:
        yield _endpoint("metrics", config.metrics.endpoint, MONITOR)


def held() -> list[Holder]:
    """Every port that a program of this machine listens on."""
    found = []
    for one in psutil.net_connections(kind="inet"):
        is_udp = one.type.name == "SOCK_DGRAM"
        if one.laddr and (is_udp or one.status == psutil.CONN_LISTEN):
            pid = one.pid
            try:
                program = psutil.Process(pid).name() if pid else Holder.__struct_defaults__[-1]
            except psutil.Error:
                program = "a program that has ended"
            kind = "udp" if is_udp else "tcp"
            found.append(Holder(kind=kind, address=one.laddr.ip, port=one.laddr.port, pid=pid, program=program))
    return found


def judge(
    asked: Iterable[Wanted], holders: Iterable[Holder], *, running: dict[str, int], is_root: bool
) -> list[Result]:
    """Whether each wanted port is where it should be."""
    known = list(holders)
    return [_judged(one, [h for h in known if _meets(one, h)], running, is_root=is_root) for one in asked]


def _meets(asked: Wanted, holder: Holder) -> bool:
    same = asked.address == holder.address or ANY & {asked.address, holder.address}
    return asked.kind == holder.kind and asked.port == holder.port and bool(same)


def _judged(asked: Wanted, holders: list[Holder], running: dict[str, int], *, is_root: bool) -> Result:
    place = f"{asked.kind.upper()} {asked.address}:{asked.port}"
    ours = running.get(asked.service)
    strange = [h for h in holders if h.pid is not None and h.pid != ours]
    if strange:
        who = ", ".join(f"{h.program} (process {h.pid})" for h in strange)
        advice = f"End that program, or set another port for {asked.what} in restrike.json."
        return failed(f"{place} is held by {who}.", advice, asked.what)
    if any(h.pid == ours and ours is not None for h in holders):
        return ok(f"{place} is held by {asked.service} (process {ours}).", asked.what)
    if holders and ours is not None:
        return ok(f"{place} is held, and {asked.service} runs; whose it is this user may not see.", asked.what)
    if holders:
        advice = "See who it is, as root: ss -lunptH | grep " + str(asked.port)
        return failed(f"{place} is held by {holders[0].program}, and the suite is down.", advice, asked.what)
    if ours is not None and asked.must:
        advice = f"See why: restrike udp status, and the log of {asked.service}."
        return failed(f"{asked.service} runs, but does not listen on {place}.", advice, asked.what)
    if ours is not None:
        return skipped(f"{place} is free: it is not listened on.", asked.what)
    if asked.port < FIRST_FREE_PORT and not is_root:
        return warning(f"{place} may only be bound by root.", "Choose a port from 1024 up.", asked.what)
    return ok(f"{place} is free.", asked.what)
