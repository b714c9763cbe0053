"""license: judges the licence, tells what it allows, and speaks with the vendor's server. It stops nothing by itself:
who gates reads its verdict (shared/licensing/gate.py).
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import structlog
from msgspec.structs import replace

from services.license.acts import Acts
from services.license.office import Office
from services.license.record import Record
from services.license.removals import Removals
from services.license.server import Server
from services.license.store import Store
from services.license.witness import testimony
from shared.clock import boot_ns, monotonic_ns, unix_ns
from shared.errors import ConfigError
from shared.licensing.fingerprint import fingerprint, machine_id
from shared.licensing.installation import Installation
from shared.licensing.key_ring import KeyRing
from shared.licensing.verdict import VerdictFile
from shared.messages.license import (
    ActivateLicense,
    CheckLicense,
    DeactivateLicense,
    GetFingerprint,
    GetLicense,
    InstallLicense,
    RequestLicense,
)
from shared.messages.topics import LICENSE_CHANGED, LICENSE_STATUS
from shared.outbox import Outbox
from shared.paths import Paths
from shared.runtime import Runtime, serve
from shared.settings.license_keys import LICENSE_CA_FILE, LICENSE_SERVER_URL

LOOK_EVERY_S: Final = 60.0
"""What ends by time, and a clock that is set, is noticed within this."""
READ_EVERY_S: Final = 3_600.0
MADE_AT_S: Final = 1_793_491_200
"""2026-11-01, Unix seconds: the licence came into the suite after it."""


def build(
    runtime: Runtime,
    *,
    ring: KeyRing | None = None,
    root: Path = Path("/"),
    now_us: Callable[[], int] = lambda: unix_ns() // 1000,
) -> None:
    """Open what is stored, judge, and register commands and timers. `ring` and `root` are for who is no customer."""
    outbox = Outbox.of(runtime, runtime.wire())
    installation = Installation(runtime.paths, root=root)
    store = Store(runtime.paths, installation, kept=outbox.kept(), log=runtime.log)
    machine = fingerprint(root)
    ring = ring or _shipped(runtime.log)
    office = Office(
        store,
        VerdictFile(runtime.paths, installation),
        outbox,
        ring,
        Removals(machine_id(root)),
        machine=machine.fingerprint,
        record=_remembered(store, runtime, now_us, made_us=made_us(ring)),
        tell=lambda status: runtime.bus.publish(LICENSE_STATUS, runtime.service, status),
        changed=lambda change: runtime.bus.publish(LICENSE_CHANGED, runtime.service, change),
        now_us=now_us,
        steady_us=lambda: boot_ns() // 1000,
        awake_us=lambda: monotonic_ns() // 1000,
        log=runtime.log,
    )
    runtime.on_command(GetFingerprint, lambda _: machine)
    _register(runtime, office, Acts(office, _server(runtime, office.ring)))


def _server(runtime: Runtime, ring: KeyRing) -> Server:
    settings = runtime.settings
    return Server(
        ring,
        url=lambda: settings.get(LICENSE_SERVER_URL),
        ca_file=lambda: settings.get(LICENSE_CA_FILE),
        post=runtime.post,
        log=runtime.logger("server"),
    )


def _register(runtime: Runtime, office: Office, acts: Acts) -> None:
    def look() -> None:
        acts.check_if_due()
        office.look()
        office.tell()

    def read() -> None:
        read_with_witnesses(office, runtime.paths)
        office.tell()

    runtime.on_command(GetLicense, lambda _: office.look(is_asked=True))
    runtime.on_command(ActivateLicense, acts.activate)
    runtime.on_command(CheckLicense, acts.check)
    runtime.on_command(DeactivateLicense, acts.deactivate)
    runtime.on_command(RequestLicense, acts.request)
    runtime.on_command(InstallLicense, acts.install)
    runtime.on_start(read)
    runtime.on_start(acts.check_if_due)
    runtime.every(LOOK_EVERY_S, look)
    runtime.every(READ_EVERY_S, read)


def _shipped(log: structlog.stdlib.BoundLogger) -> KeyRing:
    """The vendor's public keys; none, if they cannot be read: the trial, and who asks for the state, still work."""
    try:
        return KeyRing.shipped()
    except ConfigError as error:
        log.critical("no_public_keys", error=str(error))
        return KeyRing()


def made_us(ring: KeyRing) -> int:
    """When this version was made, at the earliest: no clock that stands before it is right."""
    return max([MADE_AT_S, *(key.made_at for key in ring.keys)]) * 1_000_000


def _remembered(store: Store, runtime: Runtime, now_us: Callable[[], int], *, made_us: int) -> Record:
    found = store.record()
    if found is not None:
        return found
    first_us = testimony(runtime.paths).first
    record = Record.first(now_us(), made_us=made_us)
    return record if first_us is None else replace(record, first_start_us=min(first_us, record.first_start_us))


def read_with_witnesses(office: Office, paths: Paths) -> None:
    """Read what is stored, and let the database say what time it was when it was last written, and what became of the
    licence.
    """
    said = testimony(paths)
    trail = office.record.seen(office.now_us(), ran_us=0).trail
    for at_us in said.newest:
        trail = trail.witnessed(at_us)
    office.remember(replace(office.record, trail=trail))
    office.read(said.changes)


def main() -> None:
    """Run the service."""
    serve("license", build)
