"""CheckRules on an OBS that is pretended: what is missing is named with what is there, what is away is said."""

from collections.abc import Callable, Mapping
from typing import Any

from services.obs_bridge.execution import Outcome
from services.obs_bridge.procedure import Ask, Procedure
from services.obs_bridge.rule_checks import RuleChecks
from shared.automation.packs import PACKS
from shared.errors import ObsError, RestrikeError
from shared.messages.automation import Conditions, Rule
from shared.messages.obs import Role
from shared.messages.obs_actions import (
    AnyAction,
    EnableFilter,
    PressHotkey,
    SaveReplay,
    SetProfile,
    SetScene,
    SetText,
    SetTransition,
    ShowMessage,
    ShowSource,
)
from shared.messages.obs_commands import CheckRules, RuleProblems
from tests.support.happenings import rule

GONE = ObsError("obs.gone", "The connection was lost.")
ANSWERS: dict[str, Any] = {
    "GetSceneList": {"scenes": [{"sceneName": "Match"}, {"sceneName": "Break"}]},
    "GetInputList": {"inputs": [{"inputName": "Score"}, {"inputName": "Camera"}]},
    "GetGroupList": {"groups": ["Bar"]},
    "GetSceneItemList": {"Match": [{"sourceName": "Camera"}, {"sourceName": "Bar"}], "Break": []},
    "GetGroupSceneItemList": {"Bar": [{"sourceName": "Score"}]},
    "GetSourceFilterList": {"Camera": [{"filterName": "Blur"}]},
    "GetSceneTransitionList": {"transitions": [{"transitionName": "Fade"}]},
    "GetProfileList": {"profiles": ["Day"]},
    "GetSceneCollectionList": {"sceneCollections": ["reStrike"]},
    "GetHotkeyList": {"hotkeys": ["OBSBasic.Screenshot"]},
}
KEYS = {"GetSceneItemList": "sceneItems", "GetGroupSceneItemList": "sceneItems", "GetSourceFilterList": "filters"}


class PretendedObs:
    """Answers from `ANSWERS`."""

    program_scene = None

    def __init__(self, name: str, *roles: Role, is_connected: bool = True, error: ObsError | None = None) -> None:
        self.name = name
        self.roles = roles or tuple(Role)
        self.is_connected = is_connected
        self.asked: list[str] = []
        self._error = error

    def act(self, action: AnyAction, then: Callable[[Outcome[Any]], None]) -> object:
        raise AssertionError(action, then)

    def run(self, procedure: Procedure[Any], then: Callable[[Outcome[Any]], None], *, what: str) -> object:
        assert what
        error: RestrikeError | None = self._error
        answer: object = None
        try:
            while True:
                step = procedure.send(answer) if error is None else procedure.throw(error)
                assert isinstance(step, Ask)
                answer, error = self._answer(step)
        except StopIteration as end:
            then(Outcome(result=end.value))
        except ObsError as raised:
            then(Outcome(error=raised))
        return None

    def _answer(self, ask: Ask) -> tuple[Mapping[str, Any] | None, ObsError | None]:
        self.asked.append(ask.request)
        if ask.request not in KEYS:
            return ANSWERS[ask.request], None
        (name,) = (ask.data or {}).values()
        found = ANSWERS[ask.request].get(name)
        if found is None:
            return None, ObsError("obs.refused", "No source was found.", status=600)
        return {KEYS[ask.request]: found}, None


class House:
    def __init__(self, *connections: PretendedObs) -> None:
        self._connections = connections

    def all(self) -> list[PretendedObs]:
        return list(self._connections)

    def serving(self, _ring: str, role: Role) -> list[PretendedObs]:
        return [obs for obs in self._connections if role in obs.roles]

    def named(self, name: str) -> PretendedObs | None:
        return next((obs for obs in self._connections if obs.name == name), None)


def check(house: House, *rules: Rule) -> RuleProblems:
    found: list[Callable[[], Any]] = []
    later = RuleChecks(house, lambda: ["ring-1", "ring-2"]).check(CheckRules(rules=list(rules)))
    later.when_answered(found.append)
    answer = found[0]()
    assert isinstance(answer, RuleProblems)
    return answer


def problems(*actions: AnyAction, when: Conditions | None = None) -> list[str]:
    found = check(House(PretendedObs("main")), rule(actions=actions, when=when or Conditions()))
    assert found.checked == ["main"]
    assert all((one.rule, one.connection) == ("r", "main") for one in found.problems)
    return [one.problem for one in found.problems]


def test_what_is_there_is_no_problem() -> None:
    """Scenes, sources in scenes and in groups, inputs, filters, transitions, profiles, hotkeys; keys always."""
    assert (
        problems(
            SetScene(scene="Match"),
            ShowSource(source="Camera", scene="Match"),
            ShowSource(source="Score", scene="Match"),
            ShowSource(source="Bar"),
            SetText(source="Score", text="x"),
            EnableFilter(source="Camera", filter="Blur"),
            SetTransition(transition="Fade"),
            SetProfile(profile="Day"),
            PressHotkey(hotkey="OBSBasic.Screenshot"),
            PressHotkey(hotkey="OBS_KEY_F5"),
            when=Conditions(scenes=("Break",)),
        )
        == []
    )


def test_what_is_missing_is_named_with_what_is_there() -> None:
    """Each missing name once, with what OBS has instead."""
    assert problems(SetScene(scene="Mach"), SetScene(scene="Mach"), SetTransition(transition="Cut")) == [
        "There is no scene 'Mach'; there are: Break, Match.",
        "There is no transition 'Cut'; there are: Fade.",
    ]
    assert problems(ShowSource(source="Camera", scene="Break"), when=Conditions(scenes=("W",))) == [
        "There is no scene 'W'; there are: Break, Match.",
        "There is no source 'Camera' in 'Break'; there is none.",
    ]
    assert problems(EnableFilter(source="Cam", filter="Blur"), ShowMessage(source="Text", text="x", scene="Nope")) == [
        "There is no source or scene 'Cam', so no filter 'Blur'.",
        "There is no input 'Text'; there are: Camera, Score.",
        "There is no scene 'Nope'; there are: Break, Match.",
        "There is no source or scene 'Nope', so no source 'Text'.",
    ]


def test_each_list_is_asked_for_once() -> None:
    """However many rules there are."""
    obs = PretendedObs("main")
    check(House(obs), *PACKS["scenes"].rules, rule(actions=(SetText(source="Score", text=""),)))
    assert sorted(obs.asked) == ["GetInputList", "GetSceneList"]


def test_only_where_the_rule_acts() -> None:
    """A connection without the role, or not named, is not asked."""
    scenes, other = PretendedObs("a", Role.SCENES), PretendedObs("b", Role.REPLAY)
    found = check(House(scenes, other), rule(actions=(SetScene(scene="Match"), SaveReplay())))
    assert (found.checked, found.problems, other.asked) == (["a"], [], [])
    named = check(House(scenes, other), rule("r", actions=(SetScene(scene="X"),), connections=("b",)))
    assert [(one.connection, one.problem[:12]) for one in named.problems] == [("b", "There is no ")]


def test_what_could_not_be_looked_up_is_said() -> None:
    """An OBS that is away, or lost meanwhile, is no fault of the rule."""
    away, lost = PretendedObs("away", is_connected=False), PretendedObs("lost", error=GONE)
    found = check(House(away, lost), rule())
    assert found.checked == []
    assert [(one.connection, one.problem) for one in found.problems] == [
        (None, "away is not connected: what the rule names could not be looked up there."),
        (None, "lost: what the rule names could not be looked up: The connection was lost."),
    ]


def test_connections_and_rings_that_there_are_not() -> None:
    """A connection that is not there is a fault; a ring, or a role that nobody has, is told."""
    house = House(PretendedObs("main", Role.REPLAY))
    found = check(house, rule("a", connections=("mian",)), rule("b", when=Conditions(rings=("ring-9",))))
    assert [(one.rule, one.connection, one.problem) for one in found.problems] == [
        ("a", "mian", "There is no such active connection: see restrike obs list."),
        ("b", None, "There is no ring ring-9; known are ring-1, ring-2."),
        ("b", None, "No connection is there for scenes: see restrike obs list."),
    ]
