"""The license service for customers of a test's own vendor, on a machine and at a time of the test's own.

`python -P -m tests.support.licensing.process license`. What it is to be like stands in a file that
`RESTRIKE_TEST_LICENSE` names, and that nothing but this module reads: the suite itself has no way to be given keys.
"""

import contextlib
import os
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from services.license import main as service
from services.license import server
from shared.clock import unix_ns
from shared.licensing.key_ring import KeyRing
from shared.runtime import Runtime, serve

VARIABLE: Final = "RESTRIKE_TEST_LICENSE"
COMMAND: Final = ("tests.support.licensing.process", "license")
"""What follows `python -P -m`."""


class Setup(Struct, frozen=True, kw_only=True):
    """`root` is the machine's file system, `clock` a file with the seconds by which its clock differs from this
    machine's. `look_every_s` and `step_s` replace what takes a minute, and seconds, in real life.
    """

    ring: KeyRing
    root: str = "/"
    clock: str | None = None
    look_every_s: float | None = None
    step_s: float | None = None

    def write(self, path: Path) -> dict[str, str]:
        """Write it; the environment for the process."""
        path.write_bytes(msgspec.json.encode(self))
        return {VARIABLE: str(path)}


def main() -> None:
    """Run the service."""
    setup = msgspec.json.decode(Path(os.environ[VARIABLE]).read_bytes(), type=Setup)
    if setup.look_every_s is not None:
        replace(service, LOOK_EVERY_S=setup.look_every_s)
    if setup.step_s is not None:
        replace(server, STEP_S=setup.step_s)
    clock = None if setup.clock is None else Path(setup.clock)

    def now_us() -> int:
        offset_s = 0.0
        if clock is not None:
            with contextlib.suppress(OSError, ValueError):  # it is being written
                offset_s = float(clock.read_text())
        return unix_ns() // 1000 + round(offset_s * 1_000_000)

    def build(runtime: Runtime) -> None:
        service.build(runtime, ring=setup.ring, root=Path(setup.root), now_us=now_us)

    serve("license", build)


def replace(module: Any, **values: object) -> None:
    """Give constants of a module other values."""
    vars(module).update(values)


if __name__ == "__main__":
    main()
