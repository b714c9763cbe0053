"""The options of `restrike obs rules add` and `edit`, and the rule that they make, for the usual cases.

Everything that a rule can be is written as JSON (`--file`); what is said on the command line changes that.
"""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any, Final

import typer
from msgspec import Struct
from msgspec.structs import replace

from services.cli.query.moments import clock_range
from shared.messages import obs_actions as act
from shared.messages.automation import Happening, OncePer, Rule
from shared.messages.obs_actions import AnyAction

SIDES: Final = {"referee": 0, "chong": 1, "hong": 2}
LEADERS: Final = {"tie": 0, "chong": 1, "hong": 2}


def _text(name: str, metavar: str, about: str) -> Any:
    return Annotated[str | None, typer.Option(name, metavar=metavar, help=about)]


def _texts(name: str, metavar: str, about: str) -> Any:
    return Annotated[list[str] | None, typer.Option(name, metavar=metavar, help=f"{about} May be repeated.")]


def _number(name: str, metavar: str, about: str, *, least: int = 0) -> Any:
    return Annotated[int | None, typer.Option(name, min=least, metavar=metavar, help=about)]


CONDITIONS: Final[dict[str, Any]] = {
    "on": Annotated[
        list[Happening] | None,
        typer.Option("--on", metavar="EVENT", help="What it waits for (restrike obs rules events). May be repeated."),
    ],
    "ring": _texts("--ring", "RING", "Only on this ring."),
    "tournament": _texts("--tournament", "PATTERN", "Only in this tournament."),
    "day": Annotated[list[int] | None, typer.Option("--day", metavar="N", help="Only on this day. May be repeated.")],
    "phase": _texts("--phase", "PATTERN", "Only in this phase, such as '*final*'."),
    "weight": _texts("--weight", "PATTERN", "Only in this weight category."),
    "division": _texts("--division", "PATTERN", "Only in this division."),
    "round_": Annotated[
        list[int] | None, typer.Option("--round", metavar="N", help="Only in this round. May be repeated.")
    ],
    "golden": Annotated[
        bool | None, typer.Option("--golden/--not-golden", help="Only in a golden round, or in no golden one.")
    ],
    "athlete": _text("--athlete", "chong|hong|referee", "Only when it is about this side."),
    "leader": _text("--leader", "chong|hong|tie", "Only when this side leads."),
    "ahead_by": _number("--ahead-by", "N", "Only when somebody leads by so many or more."),
    "ahead_at_most": _number("--ahead-at-most", "N", "Only when nobody leads by more."),
    "score": _number("--score", "N", "Only when the score is so high or higher."),
    "points": _number("--points", "N", "Only for points of this value or more.", least=1),
    "gam_jeoms": _number("--gam-jeoms", "N", "Only with so many gam-jeoms or more.", least=1),
    "clock": _text("--clock", "FROM-TO", "Only while the clock shows this, such as 0:10-0:00."),
    "outcome": _texts("--outcome", "OUTCOME", "Only for reviews that ended so: won, lost, rejected, cancelled."),
    "stage": _texts("--stage", "STAGE", "Only at this stage of the match, such as running."),
    "in_scene": _texts("--in-scene", "SCENE", "Only while this scene is on the air."),
}
ACTIONS: Final[dict[str, Any]] = {
    "transition": _text("--transition", "NAME", "Choose this transition."),
    "text": _texts("--text", "SOURCE=TEXT", "Write this text; it may hold placeholders, such as {player1}."),
    "scene": _text("--scene", "SCENE", "Put this scene on the air."),
    "show": _texts("--show", "SOURCE", "Show this source."),
    "hide": _texts("--hide", "SOURCE", "Hide this source."),
    "filter_on": _texts("--filter-on", "SOURCE=FILTER", "Switch this filter on."),
    "filter_off": _texts("--filter-off", "SOURCE=FILTER", "Switch this filter off."),
    "mute": _texts("--mute", "INPUT", "Mute this input."),
    "unmute": _texts("--unmute", "INPUT", "Unmute this input."),
    "message": _text("--message", "SOURCE=TEXT", "Show this text for 5 s."),
    "record": _text("--record", "start|stop", "Start or stop recording."),
    "stream": _text("--stream", "start|stop", "Start or stop the stream."),
    "replay": _text("--replay", "save|start|stop", "Save a replay, or switch the replay buffer."),
    "screenshot": _text("--screenshot", "PATH", "Save a picture there, on OBS's machine."),
    "hotkey": _texts("--hotkey", "NAME", "Press this hotkey."),
    "run": _text("--run", "COMMAND", "Run this program, with its arguments; no shell."),
}
BEHAVIOUR: Final[dict[str, Any]] = {
    "connection": _texts("--connection", "NAME", "Only on this connection."),
    "priority": Annotated[
        int | None, typer.Option("--priority", metavar="N", help="Those with more come first; 0 if never said.")
    ],
    "delay": Annotated[
        int | None, typer.Option("--delay-ms", min=0, metavar="MS", help="Wait before the first action.")
    ],
    "once": Annotated[OncePer | None, typer.Option("--once-per", help="Fire once per round or match at most.")],
    "debounce": _number("--debounce-ms", "MS", "Fire only when it did not happen again for so long."),
    "cooldown": _number("--cooldown-ms", "MS", "Do not fire again within this time."),
    "description": _text("--description", "TEXT", "What it is for."),
}
OPTIONS: Final[dict[str, Any]] = CONDITIONS | ACTIONS | BEHAVIOUR


_WHEN: Final[dict[str, tuple[str, ...]]] = {
    "ring": ("rings",),
    "tournament": ("tournaments",),
    "day": ("days",),
    "phase": ("phases",),
    "weight": ("weights",),
    "division": ("divisions",),
    "round": ("rounds",),
    "golden": ("is_golden",),
    "athlete": ("athlete",),
    "leader": ("leader",),
    "ahead-by": ("difference_at_least",),
    "ahead-at-most": ("difference_at_most",),
    "score": ("score_at_least",),
    "points": ("points",),
    "gam-jeoms": ("gam_jeoms_at_least",),
    "clock": ("clock_at_least_ms", "clock_at_most_ms"),
    "outcome": ("outcomes",),
    "stage": ("stages",),
    "in-scene": ("scenes",),
}
"""Which conditions an option is about, by its name as it is typed."""
_OWN: Final = {
    "on": "on",
    "connection": "connections",
    "priority": "priority",
    "delay": "delay_ms",
    "once": "once_per",
    "debounce": "debounce_ms",
    "cooldown": "cooldown_ms",
    "description": "description",
}
_TYPED: Final = {"delay-ms": "delay", "once-per": "once", "debounce-ms": "debounce", "cooldown-ms": "cooldown"}
CLEARED: Final = (*_WHEN, "connection", "priority", *_TYPED, "description")
"""What --clear takes."""


class Given(Struct, frozen=True):
    """What was said, by the names of `OPTIONS`; what was not said is left out."""

    said: dict[str, Any]

    def changed(self, rule: Rule) -> Rule:
        """`rule` with what was said. Actions that are said replace all that it had.

        Raises typer.BadParameter: an option is not written as it should be.
        """
        said = self.said
        when = replace(rule.when, **_conditions(said))
        actions = tuple(_actions(said))
        own = {field: _listed(said[name]) for name, field in _OWN.items() if name in said}
        return replace(rule, when=when, **own, **({"actions": actions} if actions else {}))


def cleared(rule: Rule, names: list[str]) -> Rule:
    """`rule` without what options of these names are about.

    Raises typer.BadParameter: there is no such option.
    """
    usual = Rule(rule="", on=(), actions=())
    for name in names:
        if name not in CLEARED:
            raise typer.BadParameter(f"{name!r} is none of {', '.join(CLEARED)}.", param_hint="--clear")
        if name in _WHEN:
            when = {field: getattr(usual.when, field) for field in _WHEN[name]}
            rule = replace(rule, when=replace(rule.when, **when))
        else:
            field = _OWN[_TYPED.get(name, name)]
            rule = replace(rule, **{field: getattr(usual, field)})
    return rule


def rule_options(command: Callable[..., None]) -> Callable[..., None]:
    """A command whose first parameter after its arguments is `given`, with all of `OPTIONS`."""
    own = list(inspect.signature(command).parameters.values())
    kind = inspect.Parameter.KEYWORD_ONLY
    options = [inspect.Parameter(name, kind, default=None, annotation=option) for name, option in OPTIONS.items()]
    arguments = [one for one in own if one.kind is not kind and one.name != "given"]
    others = [one for one in own if one.kind is kind]

    @wraps(command)
    def call(*positional: Any, **named: Any) -> None:
        said = {name: named.pop(name) for name in OPTIONS}
        given = Given({name: value for name, value in said.items() if value not in (None, [], ())})
        command(*positional, given=given, **named)

    signature = inspect.Signature([*arguments, *options, *others])
    call.__signature__ = signature  # type: ignore[attr-defined]  # Python looks it up there
    call.__annotations__ = {one.name: one.annotation for one in signature.parameters.values()}
    return call


def _conditions(said: dict[str, Any]) -> dict[str, Any]:
    apart = ("athlete", "leader", "clock")
    keys = {name: "round_" if name == "round" else name.replace("-", "_") for name in _WHEN if name not in apart}
    found = {_WHEN[name][0]: _listed(said[key]) for name, key in keys.items() if key in said}
    if "athlete" in said:
        found["athlete"] = _word(said["athlete"], SIDES, "--athlete")
    if "leader" in said:
        found["leader"] = _word(said["leader"], LEADERS, "--leader")
    if "clock" in said:
        found["clock_at_least_ms"], found["clock_at_most_ms"] = clock_range(said["clock"])
    return found


def _actions(said: dict[str, Any]) -> list[AnyAction]:
    """The actions in the order of `ACTIONS`: what a viewer sees is complete before it is on the air."""
    return [action for name in ACTIONS if name in said for action in _MAKERS[name](said[name])]


def _switch(option: str, words: dict[str, type[Any]]) -> Callable[[str], list[AnyAction]]:
    return lambda text: [_word(text, words, option)()]


def _pair(text: str, option: str) -> tuple[str, str]:
    first, equals, second = text.partition("=")
    if not equals or not first:
        raise typer.BadParameter(f"{text!r} is not written as NAME=VALUE.", param_hint=option)
    return first, second


def _command(text: str) -> list[AnyAction]:
    import shlex  # noqa: PLC0415  # only for this option

    try:
        return [act.RunCommand(command=tuple(shlex.split(text)))]
    except ValueError as error:
        raise typer.BadParameter(f"{text!r}: {error}.", param_hint="--run") from error


def _filters(texts: list[str], option: str, *, enabled: bool) -> list[AnyAction]:
    pairs = [_pair(text, option) for text in texts]
    return [act.EnableFilter(source=source, filter=name, enabled=enabled) for source, name in pairs]


def _texts_of(texts: list[str]) -> list[AnyAction]:
    pairs = [_pair(text, "--text") for text in texts]
    return [act.SetText(source=source, text=text) for source, text in pairs]


def _message(text: str) -> list[AnyAction]:
    source, words = _pair(text, "--message")
    return [act.ShowMessage(source=source, text=words)]


_MAKERS: Final[dict[str, Callable[[Any], list[AnyAction]]]] = {
    "transition": lambda name: [act.SetTransition(transition=name)],
    "text": _texts_of,
    "scene": lambda scene: [act.SetScene(scene=scene)],
    "show": lambda names: [act.ShowSource(source=name) for name in names],
    "hide": lambda names: [act.ShowSource(source=name, visible=False) for name in names],
    "filter_on": lambda texts: _filters(texts, "--filter-on", enabled=True),
    "filter_off": lambda texts: _filters(texts, "--filter-off", enabled=False),
    "mute": lambda names: [act.Mute(source=name) for name in names],
    "unmute": lambda names: [act.Mute(source=name, muted=False) for name in names],
    "message": _message,
    "record": _switch("--record", {"start": act.StartRecording, "stop": act.StopRecording}),
    "stream": _switch("--stream", {"start": act.StartStream, "stop": act.StopStream}),
    "replay": _switch(
        "--replay", {"save": act.SaveReplay, "start": act.StartReplayBuffer, "stop": act.StopReplayBuffer}
    ),
    "screenshot": lambda path: [act.TakeScreenshot(path=path)],
    "hotkey": lambda names: [act.PressHotkey(hotkey=name) for name in names],
    "run": _command,
}


def _listed(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _word(text: str, words: dict[str, Any], option: str) -> Any:
    if text not in words:
        raise typer.BadParameter(f"{text!r} is none of {', '.join(words)}.", param_hint=option)
    return words[text]
