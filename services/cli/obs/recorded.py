"""Which videos and which of their events a command means; read from the database, no service needs to run."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from services.cli import output
from services.cli.query import names
from services.cli.query.source import Source
from shared.errors import IoError, ValidationError
from shared.messages.automation import Happening
from shared.messages.recordings import VideoKind
from shared.video import stored
from shared.video.chapters import KINDS
from shared.video.edit_lists import SIDES
from shared.video.stored import Event, Video
from shared.video.time_codes import minutes

MatchOrVideo = Annotated[
    str,
    typer.Argument(
        metavar="MATCH|VIDEO",
        help="Id or number of a match, a ring (its last recorded match), or a video as it is listed: v12.",
    ),
]
VideoName = Annotated[str, typer.Argument(metavar="VIDEO", help="A video as it is listed (v12), or its id.")]
On = Annotated[str | None, typer.Option("--on", metavar="NAME", help="Only what this connection to OBS recorded.")]

_NUMBER: Final = re.compile(r"v(\d{1,18})")
_EVENT: Final = re.compile(r"([a-z_-]+)(?::(\d{1,6}))?")
_OF_MATCHES: Final = "v.match_id IN (SELECT value FROM json_each(:matches)) OR v.match_key = :match"
_OF_RING: Final = """v.match_key = (SELECT match_key FROM recorded_videos
    WHERE ring = :ring AND kind = 'match' AND match_key IS NOT NULL ORDER BY id DESC LIMIT 1)"""


def asking(source: Source) -> stored.Ask:
    """`source` as what reads videos asks it."""
    return lambda sql, values: source.tuples(sql, **values)


def meant_video(source: Source, text: str) -> Video:
    """The video that `v12`, or its id, names. Raises ValidationError: there is none."""
    number = _NUMBER.fullmatch(text)
    where, value = ("v.id = :text", int(number[1])) if number else ("v.video_key = :text", text)
    found = stored.videos(asking(source), where, text=value)
    if not found:
        raise ValidationError("video.unknown", "There is no such video. See restrike obs videos list.", value=text)
    return found[0]


def meant_videos(source: Source, text: str, *, on: str | None = None) -> list[Video]:
    """The recordings of the match that `text` means, in the order of their parts; or the one video that it names.

    Raises:
        ValidationError: there is no such match, several have that number, or it was not recorded.
    """
    if _NUMBER.fullmatch(text) or stored.videos(asking(source), "v.video_key = :text", text=text, limit=1):
        return [meant_video(source, text)]
    found = [video for video in _of_match(source, text) if video.said.kind is VideoKind.MATCH]
    matches = {video.said.match_id for video in found}
    if len(matches) > 1:
        listed = ", ".join(sorted(f"{video.said.match_id} ({video.said.ring})" for video in found))
        raise ValidationError(
            "match.ambiguous", f"Several matches have this number: {listed}. Give the id.", value=text
        )
    found = [video for video in found if on is None or video.said.connection == on]
    if not found:
        sentence = "Of this match there is no recording. See restrike obs videos list."
        raise ValidationError("video.none_of_match", sentence, value=text)
    return sorted(found, key=lambda video: (video.said.connection, video.said.part, video.number))


def _of_match(source: Source, text: str) -> list[Video]:
    of_ring = stored.videos(asking(source), _OF_RING, ring=text)
    if of_ring:
        return of_ring
    try:
        matches = names.matches(source, text)
    except ValidationError:
        matches = "[]"  # a match may be recorded before it is stored
        if not stored.videos(asking(source), "v.match_key = :text", text=text, limit=1):
            raise
    return stored.videos(asking(source), f"({_OF_MATCHES})", matches=matches, match=text)


def one_connection(videos: Sequence[Video]) -> list[Video]:
    """Those of one connection, as two OBS may have recorded the match: of one whose files are here, if there is one."""
    here = [video for video in videos if is_here(video)] or list(videos)
    chosen = [video for video in videos if video.said.connection == here[0].said.connection]
    if len(chosen) < len(videos):
        others = sorted({one.said.connection for one in videos} - {chosen[0].said.connection})
        output.note(f"Taken from {chosen[0].said.connection}; recorded by {', '.join(others)}, too (see --on).")
    return chosen


def meant_event(found: Sequence[tuple[Video, Event]], text: str) -> tuple[Video, Event]:
    """The event that a number, `point:3`, `review:1` or `decision` means.

    Raises:
        ValidationError: there is none, or it is not written so.
    """
    if text.isascii() and text.isdecimal():
        of_number = [one for one in found if one[1].number == int(text)]
        return _the(of_number, 1, text)
    said = _EVENT.fullmatch(text.casefold())
    kinds = set(Happening) | KINDS.keys()
    if said is None or said[1] not in kinds:
        known = ", ".join(KINDS)
        sentence = f"Write the number of an event (restrike obs videos show), or its kind and which: {known}; point:3."
        raise ValidationError("video.no_event", sentence, value=text)
    wanted = KINDS.get(said[1], (said[1],))
    return _the([one for one in found if one[1].said.kind in wanted], int(said[2] or 1), text)


def place_at(found: Sequence[tuple[Video, Event]], of_round: int, clock_ms: int) -> tuple[Video, int]:
    """Where in which video a round's clock stood there: from the event before it, as the clock counts down evenly from
    its start to its stop. Raises ValidationError: nothing of that round is in the videos.
    """
    timed = [
        (video, event.said.offset_ms, event.said.clock_ms)
        for video, event in found
        if event.said.round == of_round and event.said.clock_ms is not None
    ]
    if not timed:
        raise ValidationError("video.no_round", "Nothing of this round is in the recordings.", value=of_round)
    before = [one for one in timed if one[2] >= clock_ms]
    nearest = min((clock for _, _, clock in before or timed), key=lambda clock: abs(clock - clock_ms))
    # Where the clock stood still, it goes on from the last event that tells it so.
    video, offset, clock = [one for one in timed if one[2] == nearest][-1 if nearest > clock_ms else 0]
    return video, max(0, offset + clock - clock_ms)


def is_here(video: Video) -> bool:
    """Whether its file can be read from here, as far as is known."""
    return video.said.path is not None and video.said.deleted_at_us is None and Path(video.said.path).is_file()


def is_without_file(video: Video) -> bool:
    """Whether OBS never named a file for it: a clip that could not be saved."""
    return video.said.path is None and not video.said.obs_path


def file_of(video: Video) -> Path:
    """Its file. Raises IoError: it was deleted or never saved, is on another machine, or is gone."""
    said = video.said
    if said.deleted_at_us is not None:
        raise IoError("video.deleted", "This video was deleted.", value=f"v{video.number}")
    if is_without_file(video):
        why = f": {said.problem}" if said.problem else "."
        raise IoError("video.not_saved", f"There is no file of this video{why}", value=f"v{video.number}")
    if said.path is None:
        sentence = (
            f"The file is on OBS's machine; to have it here: restrike obs edit {said.connection} --map THEIRS=OURS"
        )
        raise IoError("video.elsewhere", sentence, value=said.obs_path)
    if not Path(said.path).is_file():
        raise IoError("video.missing", "The file is gone. See restrike obs videos check.", value=said.path)
    return Path(said.path)


def side(athlete: int | None) -> str | None:
    """Who: `chong`, `hong`, `referee`."""
    return None if athlete is None else SIDES.get(athlete)


def length(milliseconds: int | None) -> str | None:
    """The length of a video, or a place in it: `1:02.5`."""
    if milliseconds is None:
        return None
    return f"{minutes(milliseconds // 1000)}.{milliseconds % 1000 // 100}"


def document(video: Video, **more: Any) -> dict[str, Any]:
    """A video for `--json`."""
    named = {"number": video.number, "match_number": video.match_number, "stored_at": video.stored_at}
    said = {name: getattr(video.said, name) for name in video.said.__struct_fields__}
    return {**named, **said, **more}


def _the(found: list[tuple[Video, Event]], which: int, text: str) -> tuple[Video, Event]:
    if not 1 <= which <= len(found):
        sentence = f"There is no such event in the recording: of this kind there are {len(found)}."
        raise ValidationError("video.no_event", sentence, value=text)
    return found[which - 1]
