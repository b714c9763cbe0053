"""`restrike obs reviews`: the clips of video reviews: list them, open one where it matters, keep or delete it."""

import sys
from typing import Annotated, Final

import typer

from services.cli import output
from services.cli.author import Author, author_of
from services.cli.group import group
from services.cli.obs import player, recorded
from services.cli.obs.recorded import asking as asks
from services.cli.obs.videos import at, chosen, name_of, place, state, state_of
from services.cli.query.filters import Filters, Limit, asking
from services.cli.query.source import Source
from shared.errors import RestrikeError, ValidationError
from shared.messages.obs_commands import DeleteVideo, KeepVideo
from shared.messages.recordings import VideoKind, VideoStored
from shared.paths import Paths
from shared.rpc import Client
from shared.video import stored
from shared.video.probing import duration_ms
from shared.video.stored import Video

COLUMNS: Final = (
    "video",
    "saved",
    "ring",
    "match",
    "review",
    "round",
    "clock",
    "by",
    "outcome",
    "length",
    "state",
    "file",
)
LATEST: Final = "latest"
SAVED: Final = "(v.path IS NOT NULL OR coalesce(v.obs_path, '') <> '')"
OPEN: Final = "(v.outcome IS NULL OR v.outcome IN ('requested', 'accepted')) AND v.deleted_at IS NULL"

Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
Match = Annotated[str | None, typer.Option("--match", metavar="MATCH", help="Id or number of a match.")]
OpenOnly = Annotated[bool, typer.Option("--open", help="Only those without an outcome.")]
Which = Annotated[
    str, typer.Argument(metavar="VIDEO", help="A clip as it is listed (v12), or latest: the one saved last.")
]
Clip = Annotated[str, typer.Argument(metavar="VIDEO", help="A clip or recording as it is listed (v12), or latest.")]
Before = Annotated[
    float,
    typer.Option("--before", min=0, max=600, metavar="S", help="Seconds before the decisive moment, else the end."),
]
Ring = Annotated[str | None, typer.Option("--ring", metavar="RING", help="latest: of this ring.")]


def register(parent: typer.Typer) -> None:
    """Add the commands."""
    app = group("reviews", "The clips of video reviews: list, open, keep, delete.")
    app.command(name="list", epilog="Example: restrike obs reviews list --ring ring-1 --open")(list_)
    app.command(name="open", epilog="Example: restrike obs reviews open latest --ring ring-1 --before 10")(open_)
    app.command(epilog="Example: restrike obs reviews keep v12")(keep)
    app.command(epilog="Example: restrike obs reviews unkeep v12")(unkeep)
    app.command(epilog="Example: restrike obs reviews delete v12")(delete)
    parent.add_typer(app)


@asking("ring", "day", "tournament")
def list_(  # noqa: PLR0913  # a command has as many arguments as options
    source: Source,
    filters: Filters,
    *,
    match: Match = None,
    open_only: OpenOnly = False,
    limit: Limit = 20,
    json: output.Json = False,
) -> None:
    """List the clips of reviews, the newest first."""
    scope = chosen(source, filters, match=match, kind=VideoKind.REVIEW)
    if open_only:
        scope.add(OPEN)
    found = stored.videos(asks(source), scope.where, limit=limit, **scope.values)
    if json:
        output.document({"reviews": [recorded.document(video, state=state_of(video)) for video in found]})
    elif not found:
        output.line("There is no such clip.")
    else:
        output.line(output.table(COLUMNS, [_row(video) for video in found]))


@asking()
def open_(
    source: Source,
    _: Filters,
    video: Which = LATEST,
    *,
    before: Before = 10.0,
    ring: Ring = None,
    json: output.Json = False,
) -> None:
    """Show a clip in a player, from some seconds before the decisive moment on, or before its end.

    With mpv, ffplay or vlc, or what is set: restrike settings set obs.player 'COMMAND {file}'.
    """
    found = _meant(source, video, ring)
    path = recorded.file_of(found)
    seconds = max(0.0, _decisive_s(found) - before)
    words = player.command(path, seconds=seconds, player=player.configured(Paths.from_environment()))
    process = player.show(words, file=path)
    if json:
        output.document({"video": recorded.document(found), "seconds": seconds, "command": words, "process": process})
    else:
        name = output.one_line(name_of(found.said))
        output.line(f"{name}, from {recorded.length(round(seconds * 1000))} on, in {words[0]}.")


@asking("ring")
def keep(source: Source, filters: Filters, video: Clip, *, author: Author = None, json: output.Json = False) -> None:
    """Keep a clip for ever: it is not deleted after some days (setting obs.clip_days)."""
    _keep(_meant(source, video, filters.ring), is_kept=True, author=author, json=json)


@asking("ring")
def unkeep(source: Source, filters: Filters, video: Clip, *, author: Author = None, json: output.Json = False) -> None:
    """Let a clip be deleted after some days again."""
    _keep(_meant(source, video, filters.ring), is_kept=False, author=author, json=json)


@asking()
def delete(
    source: Source,
    _: Filters,
    video: recorded.VideoName,
    *,
    yes: Yes = False,
    author: Author = None,
    json: output.Json = False,
) -> None:
    """Delete the file of a clip or recording; what is stored of it stays. Not one that is kept.

    Of the recording of a match it asks first.
    """
    found = recorded.meant_video(source, video)
    if found.said.kind is not VideoKind.REVIEW and not yes:
        _confirm(found)
    command = DeleteVideo(video_id=found.said.video_id, author=author_of(author))
    _tell(found, Client(Paths.from_environment()).call(command), "Deleted", json=json)


def _confirm(video: Video) -> None:
    """Ask whether a recording is to be deleted. Raises ValidationError: nobody can be asked; typer.Exit: no."""
    said = video.said
    of_match = f"match {video.match_number or said.match_id}" if said.match_id else "what was recorded by hand"
    what = f"v{video.number}, {output.one_line(name_of(said))}: the recording of {output.one_line(of_match)}"
    if not sys.stdin.isatty():
        sentence = f"This is no clip but {what}; to delete it all the same: --yes"
        raise ValidationError("video.needs_yes", sentence, value=f"v{video.number}")
    if not typer.confirm(f"Delete the file of {what}? It cannot be had back.", err=True):
        output.note("Nothing was deleted.")
        raise typer.Exit(1)


def _keep(video: Video, *, is_kept: bool, author: str | None, json: bool) -> None:
    command = KeepVideo(video_id=video.said.video_id, is_kept=is_kept, author=author_of(author))
    said = Client(Paths.from_environment()).call(command)
    _tell(video, said, "Kept" if is_kept else "Not kept any longer", json=json)


def _tell(video: Video, said: VideoStored, done: str, *, json: bool) -> None:
    if json:
        output.document({"video": said})
    else:
        output.line(f"{done}: v{video.number}, {output.one_line(name_of(said))}.")


def _meant(source: Source, text: str, ring: str | None) -> Video:
    if text != LATEST:
        return recorded.meant_video(source, text)
    scope = chosen(source, Filters(ring=ring), match=None, kind=VideoKind.REVIEW)
    scope.add(f"v.deleted_at IS NULL AND {SAVED}")
    found = stored.videos(asks(source), scope.where, limit=1, **scope.values)
    if not found:
        raise ValidationError("video.no_review", "There is no clip of a review yet. See restrike obs reviews list.")
    return found[0]


def _decisive_s(video: Video) -> float:
    """Where in the clip it matters, in seconds: the decisive moment, else the end as far as it is known."""
    said = video.said
    if said.decisive_ms is not None:
        return said.decisive_ms / 1000
    if said.duration_ms is not None:
        return said.duration_ms / 1000
    try:
        return duration_ms(recorded.file_of(video)) / 1000
    except RestrikeError:
        output.note("How long the clip is is not known: it is shown from its beginning.")
        return 0.0


def _row(video: Video) -> tuple[object, ...]:
    said = video.said
    return (
        f"v{video.number}",
        at(video),
        said.ring,
        video.match_number,
        said.challenge,
        said.round,
        None if said.clock_ms is None else output.clock(said.clock_ms),
        recorded.side(said.athlete),
        said.outcome,
        recorded.length(said.duration_ms),
        state(video),
        place(video),
    )
