"""`restrike obs scene`, `studio`, `transition`, `source`, `text`, `filter`, `message`: what is to be seen, by hand."""

from typing import Annotated, Any

import typer

from services.cli import output
from services.cli.group import group
from services.cli.obs.asking import asks, does
from services.cli.obs.words import chosen, rows
from shared.messages import obs_actions as obs

scene = group("scene", "Scenes: which is on, and which comes next.")
studio = group("studio", "Studio mode: the preview beside the program.")
transition = group("transition", "The transition between scenes.")
source = group("source", "Sources of a scene: show and hide them.")
text = group("text", "Text sources: what they say.")
filter_ = group("filter", "Filters of sources and scenes.")

Scene = Annotated[str, typer.Argument(metavar="SCENE", help="Name of the scene, as in OBS.")]
Source = Annotated[str, typer.Argument(metavar="SOURCE", help="Name of the source, as in OBS.")]
SourceOrScene = Annotated[str, typer.Argument(metavar="SOURCE", help="Name of the source or scene, as in OBS.")]
Filter = Annotated[str, typer.Argument(metavar="FILTER", help="Name of the filter, as in OBS.")]
Text = Annotated[str, typer.Argument(metavar="TEXT", help='What it is to say; "" for nothing.')]
OfScene = Annotated[
    str | None, typer.Option("--scene", metavar="SCENE", help="The scene it is in; the program scene if left out.")
]


def register(parent: typer.Typer) -> None:
    """Add the commands."""
    for part in (scene, studio, transition, source, text, filter_):
        parent.add_typer(part)
    does(parent, "message", "message 'Lower third' 'Break until 14:00' --for 10")(show_message)


def _scenes(answer: Any) -> str:
    return chosen(answer["scenes"], answer["program"])


def _current(answer: Any) -> str:
    preview = f", in the preview {answer['preview']}" if answer["preview"] else ""
    return output.one_line(f"{answer['program']}{preview}")


@asks(scene, "list", "scene list", _scenes)
def list_scenes() -> obs.Scenes:
    """List the scenes as OBS does, the program scene with a `*`."""
    return obs.Scenes()


@asks(scene, "current", "scene current", _current)
def current_scene() -> obs.Scenes:
    """Say which scene is on, and in studio mode which is in the preview."""
    return obs.Scenes()


@does(scene, "set", "scene set 'Match'")
def set_scene(name: Scene) -> obs.SetScene:
    """Put a scene on; done when OBS shows it, after the transition."""
    return obs.SetScene(scene=name)


@does(scene, "preview", "scene preview 'Winner'")
def set_preview(name: Scene) -> obs.SetPreviewScene:
    """Put a scene into the preview of studio mode."""
    return obs.SetPreviewScene(scene=name)


@does(studio, "on", "studio on")
def studio_on() -> obs.SetStudioMode:
    """Switch studio mode on."""
    return obs.SetStudioMode(on=True)


@does(studio, "off", "studio off")
def studio_off() -> obs.SetStudioMode:
    """Switch studio mode off."""
    return obs.SetStudioMode(on=False)


@does(studio, "take", "studio take")
def take() -> obs.RunTransition:
    """Take the preview to the program, with the transition that is set."""
    return obs.RunTransition()


def _transitions(answer: Any) -> str:
    lasts = f", {answer['duration_ms']} ms" if answer["duration_ms"] is not None else ""
    head = output.one_line(f"{answer['current']}{lasts}; studio mode is {'on' if answer['studio_mode'] else 'off'}")
    return f"{head}\n{chosen(answer['transitions'], answer['current'])}"


@asks(transition, "list", "transition list", _transitions)
def list_transitions() -> obs.Transitions:
    """List the transitions, the one that is set with a `*`."""
    return obs.Transitions()


@does(transition, "set", "transition set Fade --for 300")
def set_transition(
    name: Annotated[str, typer.Argument(metavar="TRANSITION", help="Name of the transition, as in OBS.")],
    *,
    for_ms: Annotated[
        int | None, typer.Option("--for", metavar="MS", min=50, max=20_000, help="How long it takes, in milliseconds.")
    ] = None,
) -> obs.SetTransition:
    """Choose the transition between scenes, and how long it takes."""
    return obs.SetTransition(transition=name, duration_ms=for_ms)


def _sources(answer: Any) -> str:
    head = output.one_line(f"Scene {answer['scene']}, from the top:")
    return f"{head}\n{rows(('name', 'kind', 'visible', 'group'), answer['sources'])}"


@asks(source, "list", "source list --scene Match", _sources)
def list_sources(*, in_scene: OfScene = None) -> obs.Sources:
    """List the sources of a scene, and which can be seen."""
    return obs.Sources(scene=in_scene)


@does(source, "show", "source show 'Lower third' --scene Match")
def show_source(name: Source, *, in_scene: OfScene = None) -> obs.ShowSource:
    """Show a source of a scene."""
    return obs.ShowSource(source=name, visible=True, scene=in_scene)


@does(source, "hide", "source hide 'Lower third'")
def hide_source(name: Source, *, in_scene: OfScene = None) -> obs.ShowSource:
    """Hide a source of a scene."""
    return obs.ShowSource(source=name, visible=False, scene=in_scene)


def _with_text(answer: Any) -> Any:
    return [one for one in answer if one["text"] is not None]


def _texts(answer: Any) -> str:
    return rows(("name", "text", "kind"), answer)


@asks(text, "list", "text list", _texts, pick=_with_text)
def list_texts() -> obs.Inputs:
    """List the text sources and what they say."""
    return obs.Inputs()


@does(text, "set", "text set Chong 'Ana ANIĆ'")
def set_text(name: Source, says: Text) -> obs.SetText:
    """Write into a text source, as it is typed."""
    return obs.SetText(source=name, text=says)


def show_message(
    name: Source,
    says: Text,
    *,
    for_s: Annotated[
        float, typer.Option("--for", metavar="SECONDS", min=0.1, max=3600, help="How long it is shown, in seconds.")
    ] = 5.0,
    in_scene: OfScene = None,
) -> obs.ShowMessage:
    """Write into a text source, show it, and hide it again after a while."""
    return obs.ShowMessage(source=name, text=says, for_ms=round(for_s * 1000), scene=in_scene)


def _filters(answer: Any) -> str:
    return rows(("name", "kind", "enabled"), answer)


@asks(filter_, "list", "filter list 'Camera 1'", _filters)
def list_filters(name: SourceOrScene) -> obs.Filters:
    """List the filters of a source or scene, and which are on."""
    return obs.Filters(source=name)


@does(filter_, "on", "filter on 'Camera 1' 'Slow motion'")
def filter_on(name: SourceOrScene, which: Filter) -> obs.EnableFilter:
    """Switch a filter on."""
    return obs.EnableFilter(source=name, filter=which, enabled=True)


@does(filter_, "off", "filter off 'Camera 1' 'Slow motion'")
def filter_off(name: SourceOrScene, which: Filter) -> obs.EnableFilter:
    """Switch a filter off."""
    return obs.EnableFilter(source=name, filter=which, enabled=False)
