"""How OBS is brought to record a match: room, folder, format, name, start; obs-bridge."""

from collections.abc import Callable

from msgspec import Struct

from services.obs_bridge import names
from services.obs_bridge.acts import folders, record_settings, recording
from services.obs_bridge.acts.facts import ObsFacts
from services.obs_bridge.acts.recording import Begun
from services.obs_bridge.procedure import Ask, Procedure
from services.obs_bridge.recording import says
from shared.automation.match_view import MatchView
from shared.errors import ObsError
from shared.messages.obs import RecordingSettings


class Wish(Struct, frozen=True, kw_only=True):
    """A recording to be made: `name` with its folders below `root`, in OBS's own format of file names."""

    root: str | None
    name: str
    format: str | None
    least_free_mib: int


def wish(settings: RecordingSettings, view: MatchView, *, part: int, at_us: int) -> Wish:
    """What is wished for a match's recording that begins at `at_us` (Unix microseconds)."""
    name = names.match_name(settings.folder, settings.file_name, view, at_us=at_us, part=part)
    return Wish(
        root=settings.root,
        name=names.for_obs(name),
        format=settings.format,
        least_free_mib=settings.least_free_mib,
    )


def free() -> Procedure[int]:
    """How many MiB are left on the disk that OBS records to; 0, too, when its folder is not there."""
    return int((yield Ask("GetStats"))["availableDiskSpace"])


def room(least_free_mib: int) -> Procedure[int]:
    """As `free`. Raises `obs.disk_low` when that is too little for us, or for OBS, which then does not even say so."""
    free_mib = yield from free()
    least_free_mib = max(least_free_mib, says.FULL_MIB)
    if free_mib == 0:
        raise ObsError(
            "obs.disk_low",
            "OBS says that nothing is left where it records: its folder is not there, or its disk is full. Make the"
            " folder, make room, or record elsewhere (restrike obs recording --root).",
            value=free_mib,
        )
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
    directory = yield from record_settings.directory()
    if wish.root is not None and directory != wish.root:
        yield from record_settings.set_directory(wish.root, on)
        directory = wish.root
    yield from folders.must_be_there(on, directory)
    if wish.format is not None:
        section = yield from record_settings.mode()
        if (yield from record_settings.record_format(section, on)) != wish.format:
            yield from record_settings.set_format(wish.format)
    return (yield from room(wish.least_free_mib))


def begin(wish: Wish, on: ObsFacts, *, own: str | None, lend: Callable[[str | None], None]) -> Procedure[Begun]:
    """Record it. OBS's own format of file names is put back, so that nothing else gets this name: `own` where it is
    known, and `lend` is told of it, and with None once OBS has it again.

    Raises `obs.busy` when OBS records something else, and what acts.recording.start raises.
    """
    yield from prepare(wish, on)
    before = yield from record_settings.parameter(*record_settings.FILE_NAME)
    after = own or (before if before and "%C" in before else record_settings.OWN_FORMAT)
    lend(after)
    yield from record_settings.set_file_name(wish.name)
    try:
        begun = yield from recording.start(on)
    except ObsError:
        yield from give_back(after, lend)
        raise
    yield from give_back(after, lend)
    if begun.was_running:
        raise ObsError("obs.busy", "OBS records something else already: this match is in that recording.")
    return begun


def give_back(own: str, lend: Callable[[str | None], None]) -> Procedure[None]:
    """OBS has its own format of file names again."""
    yield from record_settings.set_file_name(own)
    lend(None)
