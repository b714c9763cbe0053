"""`restrike obs clip`: cuts what is around a moment out of a match's recording, without encoding it again."""

import re
from pathlib import Path
from typing import Annotated, Final

import typer

from services.cli import output
from services.cli.obs import recorded
from services.cli.query.filters import Filters, asking
from services.cli.query.source import Source
from shared.errors import ValidationError
from shared.video import cutting, stored
from shared.video.stored import Event, Video

_AT: Final = re.compile(r"[Rr]?(\d{1,2})/(\d{1,2}):(\d\d)(?:\.(\d{1,3}))?")

Around = Annotated[
    str | None,
    typer.Option(
        "--around",
        metavar="EVENT",
        help="Number of an event (restrike obs videos show), or point:3, review:1, decision.",
    ),
]
At = Annotated[str | None, typer.Option("--at", metavar="R2/1:13", help="Where the clock of a round stood there.")]
Before = Annotated[float, typer.Option("--before", min=0, max=3600, metavar="S", help="Seconds before it.")]
After = Annotated[float, typer.Option("--after", min=0, max=3600, metavar="S", help="Seconds after it.")]
Out = Annotated[
    Path | None, typer.Option("-o", "--out", metavar="FILE", help="The clip's file; in this folder if left out.")
]


def register(parent: typer.Typer) -> None:
    """Add the command."""
    parent.command(epilog="Example: restrike obs clip 101 --around point:3 --before 8 --after 4")(clip)


@asking()
def clip(  # noqa: PLR0913  # a command has as many arguments as options
    source: Source,
    _: Filters,
    match: recorded.MatchOrVideo,
    *,
    around: Around = None,
    at: At = None,
    before: Before = 8.0,
    after: After = 4.0,
    out: Out = None,
    on: recorded.On = None,
    json: output.Json = False,
) -> None:
    """Cut a clip out of the recording of a match, around an event or a moment of the clock.

    Nothing is encoded again, so it begins with a picture that is whole: up to some seconds early, which is said.
    """
    if (around is None) == (at is None):
        raise typer.BadParameter("give either --around EVENT or --at R2/1:13.", param_hint="--around")
    videos = recorded.one_connection(recorded.meant_videos(source, match, on=on))
    found = [(video, event) for video in videos for event in stored.events(recorded.asking(source), video.number)]
    video, middle_ms, word = _moment(found, around, at)
    path = recorded.file_of(video)
    target = out or Path(f"{path.stem} {word}{path.suffix}")
    start_ms = max(0, middle_ms - round(before * 1000))
    made = cutting.cut(path, target, start_ms=start_ms, end_ms=middle_ms + round(after * 1000))
    if json:
        output.document({"clip": made, "video": video.number, "moment_ms": middle_ms, "asked_start_ms": start_ms})
        return
    early = start_ms - made.start_ms
    begins = f"begins at {recorded.length(made.start_ms)} of v{video.number}"
    begins += f", {early / 1000:.1f} s early: the picture before is whole" if early > 0 else ""
    output.line(f"Written: {output.plain(made.path)} ({recorded.length(made.duration_ms)}; {begins}).")


def _moment(found: list[tuple[Video, Event]], around: str | None, at: str | None) -> tuple[Video, int, str]:
    """The video, the place in it, and a word for the file's name."""
    if around is not None:
        video, event = recorded.meant_event(found, around)
        return video, event.said.offset_ms, re.sub(r"[^\w-]+", " ", event.said.label).strip()
    said = _AT.fullmatch(at or "")
    if said is None:
        raise ValidationError("video.no_moment", "Write the round and its clock as R2/1:13.", value=at)
    of_round, minutes, seconds, parts = int(said[1]), int(said[2]), int(said[3]), (said[4] or "").ljust(3, "0")
    video, place_ms = recorded.place_at(found, of_round, (minutes * 60 + seconds) * 1000 + int(parts))
    return video, place_ms, f"R{of_round} {minutes}-{seconds:02d}"
