"""`restrike obs videos`: the recordings and clips that are stored, what is to be seen where, and whether their files
are still there. Reads the database; no service needs to run.
"""

import hashlib
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from msgspec import Struct

from services.cli import output
from services.cli.group import group
from services.cli.obs import recorded
from services.cli.obs.recorded import asking as asks
from services.cli.query.filters import OPTIONS, Filters, Limit, asking
from services.cli.query.scope import Scope, scope_of
from services.cli.query.source import Source
from shared.messages.recordings import VideoKind, VideoStored
from shared.video import stored
from shared.video.stored import Event, Video

COLUMNS: Final = ("video", "kind", "name", "ring", "match", "part", "at", "length", "size", "state", "where")
EVENTS: Final = ("event", "at", "kind", "what", "round", "clock", "score")
CHECKS: Final = ("video", "file", "what is wrong")
_CHUNK: Final = 1 << 20
_AT: Final = "coalesce(v.started_at, v.ended_at, v.created_at)"

Kind = Annotated[VideoKind | None, typer.Option("--kind", metavar="KIND", help="Only these: match, review or manual.")]
Match = Annotated[str | None, typer.Argument(metavar="MATCH", help="Id or number of a match; all if left out.")]
Full = Annotated[bool, typer.Option("--full", help="Read the files, and compare their checksums, too.")]


class State(StrEnum):
    """How a video stands. `broken_off`: its end is missing, or was not heard; `not_saved`: a clip without a file."""

    WHOLE = "whole"
    NOT_OVER = "not_over"
    BROKEN_OFF = "broken_off"
    NOT_SAVED = "not_saved"
    DELETED = "deleted"


class Fault(Struct, frozen=True, kw_only=True):
    """A file that is not what its row says: `missing`, `size` or `checksum`."""

    video: int
    file: str
    what: str
    sentence: str


def register(parent: typer.Typer) -> None:
    """Add the commands."""
    app = group("videos", "Recordings and clips: which there are, what is to be seen where, whether they are whole.")
    app.command(name="list", epilog="Example: restrike obs videos list --ring ring-1 --day today")(list_)
    app.command(epilog="Example: restrike obs videos show v12")(show)
    app.command(epilog="Example: restrike obs videos check --full")(check)
    parent.add_typer(app)


@asking("ring", "day", "tournament")
def list_(  # noqa: PLR0913  # a command has as many arguments as options
    source: Source,
    filters: Filters,
    match: Match = None,
    *,
    kind: Kind = None,
    limit: Limit = 50,
    json: output.Json = False,
) -> None:
    """List recordings and clips, the newest first."""
    scope = chosen(source, filters, match=match, kind=kind)
    found = stored.videos(asks(source), scope.where, limit=limit, **scope.values)
    if json:
        output.document({"videos": [recorded.document(video, state=state_of(video)) for video in found]})
    elif not found:
        output.line("There is no such video.")
    else:
        output.line(output.table(COLUMNS, [_row(video) for video in found]))
        for video in found:
            if video.said.problem:
                output.line(output.one_line(f"v{video.number}: {video.said.problem}"))


def chosen(source: Source, filters: Filters, *, match: str | None, kind: VideoKind | None) -> Scope:
    """What a list of videos is about, as conditions on `v` and `m`."""
    filters = Filters(**{name: getattr(filters, name) for name in OPTIONS} | {"match": match})
    scope = scope_of(source, filters, at=_AT, ring="v.ring = :ring")
    if kind is not None:
        scope.add("v.kind = :kind", kind=kind.value)
    return scope


@asking()
def show(source: Source, _: Filters, video: recorded.VideoName, *, json: output.Json = False) -> None:
    """Show one video with everything that is to be seen in it, and where."""
    found = recorded.meant_video(source, video)
    events = stored.events(asks(source), found.number)
    if json:
        output.document({"video": recorded.document(found, state=state_of(found)), "events": events})
        return
    output.line(output.table(("what", "value"), _described(found)))
    output.line("")
    output.line(output.table(EVENTS, [_event_row(event) for event in events]) if events else "Nothing is placed in it.")


@asking("ring", "day", "tournament")
def check(  # noqa: PLR0913  # a command has as many arguments as options
    source: Source,
    filters: Filters,
    match: Match = None,
    *,
    kind: Kind = None,
    full: Full = False,
    json: output.Json = False,
) -> None:
    """Compare what is stored of videos with their files; ends with 1 if one is missing or another one.

    Files that are on OBS's machine only are counted, not looked at.
    """
    scope = chosen(source, filters, match=match, kind=kind)
    scope.add("v.deleted_at IS NULL")
    videos = stored.videos(asks(source), scope.where, **scope.values)
    here = [video for video in videos if video.said.path is not None and video.said.ended_at_us is not None]
    faults = [fault for video in here for fault in _faults(video, is_full=full)]
    if json:
        output.document({"checked": len(here), "not_here": len(videos) - len(here), "faults": faults})
    else:
        if faults:
            output.line(output.table(CHECKS, [(f"v{one.video}", one.file, one.sentence) for one in faults]))
        others = len(videos) - len(here)
        more = f" {others} cannot be looked at from here, or are not over." if others else ""
        output.line(f"{len(here)} files looked at, {len(faults)} faults.{more}")
    if faults:
        raise typer.Exit(1)


def state_of(video: Video) -> State:
    """How a video stands."""
    said = video.said
    if said.deleted_at_us is not None:
        return State.DELETED
    if not said.is_whole:
        return State.NOT_SAVED if recorded.is_without_file(video) else State.BROKEN_OFF
    return State.NOT_OVER if said.ended_at_us is None else State.WHOLE


def state(video: Video) -> str:
    """How a video stands, and whether it is kept, in a word or two."""
    return state_of(video).replace("_", " ") + (" kept" if video.said.is_kept else "")


def _faults(video: Video, *, is_full: bool) -> list[Fault]:
    said = video.said
    path = Path(said.path or "")
    if not path.is_file():
        return [_fault(video, "missing", "The file is gone.")]
    size = path.stat().st_size
    if said.size_bytes is not None and size != said.size_bytes:
        return [_fault(video, "size", f"It has {size} bytes, not {said.size_bytes}.")]
    if is_full and said.sha256 is not None and _sha256(path) != said.sha256:
        return [_fault(video, "checksum", "Its content is another one than was recorded.")]
    return []


def _fault(video: Video, what: str, sentence: str) -> Fault:
    return Fault(video=video.number, file=video.said.path or "", what=what, sentence=sentence)


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _row(video: Video) -> tuple[object, ...]:
    said = video.said
    return (
        f"v{video.number}",
        said.kind.value,
        name_of(said),
        said.ring,
        video.match_number,
        said.part if said.part > 1 else None,
        at(video),
        recorded.length(said.duration_ms),
        None if said.size_bytes is None else output.size(said.size_bytes),
        state(video),
        place(video),
    )


def place(video: Video) -> str | None:
    """Where its file is: here, or on whose machine."""
    said = video.said
    if recorded.is_without_file(video):
        return None
    return said.path or f"{said.connection}: {said.obs_path}"


def at(video: Video) -> str | None:
    """When it was recorded or saved, on this machine."""
    us = video.said.started_at_us or video.said.ended_at_us
    return output.local_date_time(video.stored_at) if us is None else output.local_date_time(_iso(us))


def name_of(said: VideoStored) -> str:
    """The name of its file, without the folder, as OBS's machine writes folders."""
    return (said.path or said.obs_path).replace("\\", "/").rpartition("/")[2]


def _iso(us: int) -> str:
    from shared.clock import iso_utc  # noqa: PLC0415  # only who shows times

    return iso_utc(us * 1000)


def _described(video: Video) -> list[tuple[str, object]]:
    said = video.said
    shown: dict[str, Any] = {
        "video": f"v{video.number} ({said.video_id})",
        "kind": said.kind.value,
        "state": state(video),
        "connection": said.connection,
        "ring": said.ring,
        "match": video.match_number,
        "match id": said.match_id,
        "part": said.part,
        "recorded": at(video),
        "length": recorded.length(said.duration_ms),
        "match from": recorded.length(said.in_ms),
        "match to": recorded.length(said.out_ms),
        "size": None if said.size_bytes is None else output.size(said.size_bytes),
        "SHA-256": said.sha256,
        "file": said.path or "not known here",
        "OBS calls it": said.obs_path or None,
        "problem": said.problem,
    }
    return [(name, value) for name, value in shown.items() if value is not None]


def _event_row(event: Event) -> tuple[object, ...]:
    said = event.said
    score = None if said.score is None else f"{said.score[0]}-{said.score[1]}"
    clock = None if said.clock_ms is None else output.clock(said.clock_ms)
    return (event.number, recorded.length(said.offset_ms), said.kind, said.label, said.round, clock, score)
