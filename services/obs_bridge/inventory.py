"""What an OBS has of what rules name, asked with as few requests as it takes; obs-bridge."""

from collections.abc import Iterable

from services.obs_bridge.procedure import Ask, Procedure
from shared.automation.named import Kind, Named
from shared.errors import ObsError

MOST_SHOWN = 12
"""Of the names that there are: who has more looks them up."""


class Inventory:
    """The names that one OBS has; each list is asked for once, when it is needed."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str | None], list[str] | None] = {}

    def missing(self, wanted: Iterable[Named]) -> Procedure[dict[Named, str]]:
        """What of `wanted` is not there, with a sentence that says what is there instead."""
        found = {}
        for one in wanted:
            names = yield from self._names(one)
            if names is None:
                found[one] = f"There is no source or scene {one.within!r}, so no {one.kind} {one.name!r}."
            elif one.name not in names:
                found[one] = _sentence(one, names)
        return found

    def _names(self, one: Named) -> Procedure[list[str] | None]:
        """All names of that kind; None: what they would be of does not exist."""
        match one.kind:
            case Kind.SCENE:
                return (yield from self._listed("GetSceneList", "scenes", "sceneName"))
            case Kind.INPUT:
                return (yield from self._listed("GetInputList", "inputs", "inputName"))
            case Kind.FILTER:
                return (yield from self._of("GetSourceFilterList", one.within or "", "filters", "filterName"))
            case Kind.TRANSITION:
                return (yield from self._listed("GetSceneTransitionList", "transitions", "transitionName"))
            case Kind.PROFILE:
                return (yield from self._listed("GetProfileList", "profiles", None))
            case Kind.COLLECTION:
                return (yield from self._listed("GetSceneCollectionList", "sceneCollections", None))
            case Kind.HOTKEY:
                return (yield from self._listed("GetHotkeyList", "hotkeys", None))
            case Kind.SOURCE:
                return (yield from self._sources(one.within))

    def _sources(self, scene: str | None) -> Procedure[list[str] | None]:
        """The sources of a scene with those of its groups; of no scene in particular, whatever can be a source."""
        scenes = (yield from self._listed("GetSceneList", "scenes", "sceneName")) or []
        if scene is None:
            inputs = (yield from self._listed("GetInputList", "inputs", "inputName")) or []
            groups = (yield from self._listed("GetGroupList", "groups", None)) or []
            return [*inputs, *groups, *scenes]
        if scene not in scenes:
            return None
        found = (yield from self._of("GetSceneItemList", scene, "sceneItems", "sourceName")) or []
        groups = (yield from self._listed("GetGroupList", "groups", None)) or []
        for group in set(groups) & set(found):
            found = found + ((yield from self._of("GetGroupSceneItemList", group, "sceneItems", "sourceName")) or [])
        return found

    def _listed(self, request: str, key: str, field: str | None) -> Procedure[list[str] | None]:
        if (request, None) not in self._known:
            answer = yield Ask(request)
            self._known[request, None] = [item[field] if field else item for item in answer.get(key, ())]
        return self._known[request, None]

    def _of(self, request: str, name: str, key: str, field: str) -> Procedure[list[str] | None]:
        if (request, name) not in self._known:
            argument = "sourceName" if request == "GetSourceFilterList" else "sceneName"
            try:
                answer = yield Ask(request, {argument: name})
                self._known[request, name] = [item[field] for item in answer.get(key, ())]
            except ObsError as error:
                if error.code != "obs.refused":
                    raise
                self._known[request, name] = None
        return self._known[request, name]


def _sentence(one: Named, names: list[str]) -> str:
    where = f" in {one.within!r}" if one.within is not None else ""
    shown = ", ".join(sorted(names)[:MOST_SHOWN]) + (" …" if len(names) > MOST_SHOWN else "")
    has = f"there are: {shown}" if names else "there is none"
    return f"There is no {one.kind} {one.name!r}{where}; {has}."
