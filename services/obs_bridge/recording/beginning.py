"""How OBS is brought to record a match: room, folder, format, name, start; obs-bridge."""

from typing import Final

from msgspec import Struct

from services.obs_bridge.acts import record_settings, recording
from services.obs_bridge.acts.facts import ObsFacts
from services.obs_bridge.acts.recording import Begun, Progress
from services.obs_bridge.procedure import Ask, Procedure
from shared.errors import ObsError

OWN_FORMAT: Final = "%CCYY-%MM-%DD %hh-%mm-%ss"
"""OBS's format of file names as it comes: what is recorded or saved by hand must not bear a match's name."""
MIB: Final = 1 << 20


class Wish(Struct, frozen=True, kw_only=True):
    """A recording to be made: `name` with its folders below `root`, in OBS's own format of file names."""

    root: str | None
    name: str
    format: str | None
    least_free_mib: int


def room(least_free_mib: int) -> Procedure[int]:
    """How many MiB are left on the disk that OBS records to. Raises `obs.disk_low` when that is too little."""
    stats = yield Ask("GetStats")
    free_mib = int(stats["availableDiskSpace"])
    if free_mib <= least_free_mib:
        raise ObsError(
            "obs.disk_low",
            f"Only {free_mib} MiB are left where OBS records, and {least_free_mib} must be: make room, or record to"
            " another disk (restrike obs recording --root).",
            value=free_mib,
        )
    return free_mib


def prepare(wish: Wish, on: ObsFacts) -> Procedure[int]:
    """See to the folder, the format and the room before the match is ready. How many MiB are left."""
    if wish.root is not None and (yield from record_settings.directory()) != wish.root:
        yield from record_settings.set_directory(wish.root, on)
    if wish.format is not None:
        section = yield from record_settings.mode()
        if (yield from record_settings.record_format(section, on)) != wish.format:
            yield from record_settings.set_format(wish.format)
    return (yield from room(wish.least_free_mib))


def begin(wish: Wish, on: ObsFacts) -> Procedure[Begun]:
    """Record it. OBS's own format of file names is put back, so that nothing else gets this name.

    Raises `obs.busy` when OBS records something else, and what acts.recording.start raises.
    """
    yield from prepare(wish, on)
    before = yield from record_settings.parameter(*record_settings.FILE_NAME)
    yield from record_settings.set_file_name(wish.name)
    begun = yield from recording.start(on)
    yield from record_settings.set_file_name(before if before and "%C" in before else OWN_FORMAT)
    if begun.was_running:
        raise ObsError("obs.busy", "OBS records something else already: this match is in that recording.")
    return begun


def found(_: ObsFacts) -> Procedure[Progress]:
    """What OBS records, if it does."""
    return (yield from recording.progress())
