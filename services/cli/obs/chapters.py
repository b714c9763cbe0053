"""`restrike obs chapters`: what is to be seen in a recording, as chapters for players and lists for video editors."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from msgspec import Struct

from services.cli import output
from services.cli.export.delivery import delivered
from services.cli.obs import recorded
from services.cli.obs.videos import name_of
from services.cli.query.filters import Filters, asking
from services.cli.query.source import Source
from shared.errors import ValidationError
from shared.video import cutting, edit_lists, stored
from shared.video.chapters import FORMATS, KINDS, YOUTUBE_LEAST, Chapter, chapters, chosen, ffmetadata
from shared.video.stored import Event, Video


class Format(StrEnum):
    """As what chapters are written."""

    WEBVTT = "webvtt"
    YOUTUBE = "youtube"
    FFMETADATA = "ffmetadata"
    CSV = "csv"
    EDL = "edl"


As = Annotated[Format, typer.Option("--format", help="webvtt, youtube, ffmetadata; for editors csv or edl (CMX3600).")]
Out = Annotated[
    Path | None, typer.Option("-o", "--out", metavar="FILE", help="Into this file; of several parts each gets its own.")
]
Kinds = Annotated[
    str, typer.Option("--kinds", metavar="KIND,…", help=f"Which events are chapters: {', '.join(KINDS)}.")
]
Points = Annotated[int, typer.Option("--points", min=1, max=10, metavar="N", help="Only techniques of N points up.")]
Fps = Annotated[float, typer.Option("--fps", min=1, max=240, help="Pictures per second of the recording (edl).")]
Reel = Annotated[str | None, typer.Option("--reel", metavar="NAME", help="Name of the reel, up to 8 letters (edl).")]
Force = Annotated[bool, typer.Option("--force", help="Replace files that are there.")]
Embed = Annotated[bool, typer.Option("--embed", help="Write a copy of the video with the chapters in it (ffmpeg).")]


class Part(Struct, frozen=True, kw_only=True):
    """A recording of the match, what is to be seen in it, and its chapters."""

    video: Video
    events: list[Event]
    chapters: list[Chapter]


def register(parent: typer.Typer) -> None:
    """Add the command."""
    parent.command(name="chapters", epilog="Example: restrike obs chapters 101 --format youtube -o 101.txt")(chapters_)


@asking()
def chapters_(  # noqa: PLR0913  # a command has as many arguments as options
    source: Source,
    _: Filters,
    match: recorded.MatchOrVideo,
    *,
    form: As = Format.WEBVTT,
    out: Out = None,
    kinds: Kinds = ",".join(KINDS),
    points: Points = 3,
    fps: Fps = 30.0,
    reel: Reel = None,
    on: recorded.On = None,
    embed: Embed = False,
    force: Force = False,
    json: output.Json = False,
) -> None:
    """Write where in the recording of a match everything is.

    Of csv everything that happened is in it, whatever --kinds says. Each part of a match that was recorded in several
    is a file of its own: FILE, FILE part 2 and so on.
    """
    videos = recorded.one_connection(recorded.meant_videos(source, match, on=on))
    parts = [_part(source, video, _kinds(kinds), points) for video in videos]
    names = [_named(out, number) for number in range(1, len(parts) + 1)]
    if embed:
        _tell([_embedded(part, name, is_forced=force) for part, name in zip(parts, names, strict=True)], json=json)
    elif json and out is None:
        output.document({"videos": [recorded.document(part.video, chapters=part.chapters) for part in parts]})
    elif out is None and len(parts) > 1:
        listed = ", ".join(f"v{video.number}" for video in videos)
        raise ValidationError("video.several", f"There are several parts, {listed}: name one, or a file with -o.")
    else:
        texts = [_text(part, form, fps=fps, reel=reel) for part in parts]
        _deliver(texts, names, is_forced=force, json=json)


def _part(source: Source, video: Video, kinds: list[str], points: int) -> Part:
    events = stored.events(recorded.asking(source), video.number)
    wanted = chosen([event.said for event in events], kinds=kinds, least_points=points)
    return Part(video=video, events=events, chapters=chapters(wanted, duration_ms=video.said.duration_ms))


def _text(part: Part, form: Format, *, fps: float, reel: str | None) -> str:
    video, parts = part.video, part.chapters
    said = video.said
    if form is Format.CSV:
        return edit_lists.table(said, part.events)
    if form is Format.EDL:
        inside = edit_lists.within(parts, in_ms=said.in_ms, out_ms=said.out_ms)
        if len(inside) > edit_lists.MOST_EVENTS:
            output.note(f"An EDL holds {edit_lists.MOST_EVENTS} cuts; the rest is left out. Choose with --kinds.")
        title = f"{said.ring} {video.match_number or said.video_id}"
        name = reel or f"{said.ring}{video.match_number or video.number}"
        return edit_lists.edl(inside, title=title, file=name_of(said), reel=name, fps=fps)
    text = FORMATS[form.value](parts)
    if form is Format.YOUTUBE and text.count("\n") < YOUTUBE_LEAST:
        output.note(f"YouTube shows chapters only if there are {YOUTUBE_LEAST}, each of 10 s: these are too few.")
    return text


def _kinds(text: str) -> list[str]:
    found = [word.strip().casefold() for word in text.split(",") if word.strip()]
    unknown = [word for word in found if word not in KINDS]
    if unknown or not found:
        sentence = f"Choose from {', '.join(KINDS)}."
        raise ValidationError("video.no_kind", sentence, value=", ".join(unknown) or text)
    return found


def _named(out: Path | None, number: int) -> Path | None:
    """The file of a part: the first has the name that was given."""
    return out if out is None or number == 1 else out.with_name(f"{out.stem} part {number}{out.suffix}")


def _deliver(texts: list[str], names: list[Path | None], *, is_forced: bool, json: bool) -> None:
    written = []
    for text, name in zip(texts, names, strict=True):
        if name is None:
            typer.echo(text, nl=False)
            return
        with delivered(name, is_forced=is_forced) as file:
            file.write(text.encode("utf-8"))
        written.append(name)
    _tell(written, json=json)


def _embedded(part: Part, out: Path | None, *, is_forced: bool) -> Path:
    source = recorded.file_of(part.video)
    target = out or source.with_name(f"{source.stem} chapters{source.suffix}")
    return cutting.with_chapters(source, target, ffmetadata=ffmetadata(part.chapters), is_forced=is_forced)


def _tell(files: list[Path], *, json: bool) -> None:
    if json:
        output.document({"files": files})
    else:
        output.line("\n".join(f"Written: {output.plain(file)}" for file in files))
