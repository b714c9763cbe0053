"""A suite with rings that never rest, on a disk of its own, to make faults in; what was measured of each."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from shared.clock import monotonic_s
from shared.messages.settings import ChangeSettings
from shared.settings.monitor_keys import KILL_AFTER_S
from tests.support.suite import Suite
from tests.support.trouble.load import Account, Address, Load, loopback
from tests.support.trouble.shim import Shim
from tests.support.trouble.watch import Watch
from tests.support.wait import eventually

RINGS: Final = 4
PER_S: Final = 200.0
"""Each ring's matches at about 60 times their speed: a sixth of the busiest venue, so that what a fault does shows and
not what the machine of the test can do."""
TOLD_WITHIN_S: Final = 20.0
WELL_WITHIN_S: Final = 60.0
KILLED_AFTER_S: Final = 3


class Measured(Struct, kw_only=True):
    """One fault. `told_s` runs from its beginning to the first sight of it, `by` what that was; `back_s` from the end
    of its cause until all is well again; `lost` counts datagrams of `sent`, `bound` says why it may be so many.
    `is_quiet`: nobody need tell of it.
    """

    fault: str
    told_s: float | None = None
    by: str = ""
    text: str = ""
    is_quiet: bool = False
    back_s: float | None = None
    lost: int = 0
    sent: int = 0
    bound: str = "nothing"

    def row(self) -> str:
        """A line of the table."""
        told = f"{self.told_s:.1f} s" if self.told_s is not None else "" if self.is_quiet else "not told"
        back = "" if self.back_s is None else f"{self.back_s:.1f} s"
        lost = f"{self.lost} of {self.sent}: {self.bound}" if self.lost else self.bound
        return f"| {self.fault} | {told} | {self.by} | {back} | {lost} |"


HEAD: Final = "| fault | told after | by | well again after its cause is gone | lost |\n|---|---|---|---|---|"


class Venue:
    """One suite under load. `fault` measures what is done in its block."""

    def __init__(self, suite: Suite, load: Load, watch: Watch, shim: Shim) -> None:
        self.suite = suite
        self.load = load
        self.watch = watch
        self.shim = shim
        self._account = Account(suite, load)
        self._usual = watch.settled()
        self._began_s = 0.0
        self._gone_s = 0.0

    @contextlib.contextmanager
    def fault(
        self, name: str, *words: str, cause: Callable[[], Any] | None = None, **limits: Any
    ) -> Iterator[Measured]:
        """Make a fault in the block, with `told` and `gone`; afterwards it is waited until all is well, and what was
        lost is counted. One of `words` tells of it; without them nobody needs to. `cause` is done at once.
        """
        measured = Measured(fault=name, is_quiet=not words, **limits)
        before = self.load.counts()
        self._began_s = self._gone_s = monotonic_s()
        if cause is not None:
            cause()
        yield measured
        eventually(self.is_well, within=WELL_WITHIN_S, what=f"all well after {name}")
        measured.back_s = monotonic_s() - self._gone_s
        if words and measured.told_s is None:
            self.told(measured, *words)
        after = self.load.counts()
        measured.sent = sum(after.values()) - sum(before.values())
        measured.lost = sum(self._account.settle().values())
        print(measured.row(), flush=True)

    def told(self, measured: Measured, *words: str, within: float = TOLD_WITHIN_S) -> None:
        """Wait until somebody tells of the fault: one of `words` names it. Nobody within that time: it stays None."""
        with contextlib.suppress(AssertionError):
            sight = self.watch.told(self._began_s, *words, within=within)
            measured.told_s, measured.by = sight.at_s - self._began_s, sight.by
            measured.text = sight.text

    def began(self) -> None:
        """Only now the fault is there."""
        self._began_s = monotonic_s()

    def gone(self) -> None:
        """The cause of the fault is gone."""
        self._gone_s = monotonic_s()

    def is_well(self) -> bool:
        """Whether every service answers, and nothing is wrong that was not before."""
        worse = self.watch.wrong() - self._usual
        assert not worse, f"{sorted(worse)}"
        return self.watch.all_answer()


@contextlib.contextmanager
def venue(
    folder: Path,
    *,
    data: Path | None = None,
    runs_by: tuple[str, ...] = (),
    address: str = "127.0.0.1",
    sender: Callable[[], Any] = loopback,
    rings: int = RINGS,
) -> Iterator[Venue]:
    """A suite in `folder`, its data in `data` if that is given, run on another computer by `runs_by`, hearing at
    `address`; with load from `sender`, and somebody who watches.
    """
    home = folder / "home"
    home.mkdir(parents=True)
    if data is not None:
        (home / "data").symlink_to(data, target_is_directory=True)
    with Shim(folder / "shim") as shim:
        suite = Suite(home, rings=rings)
        suite.environment |= shim.environment
        suite.runs_by = runs_by
        _bind(suite, address)
        with suite:
            suite.call(ChangeSettings(values={KILL_AFTER_S.name: KILLED_AFTER_S}, author="ana"))
            places: dict[str, Address] = {ring: (address, port) for ring, port in suite.ports.items()}
            with Watch(suite) as watch, Load(places, per_s=PER_S, sender=sender) as load:
                yield Venue(suite, load, watch, shim)


def _bind(suite: Suite, address: str) -> None:
    config = msgspec.json.decode(suite.paths.config.read_bytes())
    for ring in config["rings"]:
        ring["bind"] = address
    suite.paths.config.write_bytes(msgspec.json.encode(config))
