"""Whether OBS can do what its roles ask for, and its own figures; obs-bridge."""

from collections.abc import Callable
from typing import Any, Final

from services.obs_bridge.acts import folders, record_settings, replay, scenes, streaming
from services.obs_bridge.acts.facts import LOST, NOT_AVAILABLE, SINCE, ObsFacts
from services.obs_bridge.acts.outputs import OUTPUTS
from services.obs_bridge.procedure import Ask, Procedure
from shared.automation.scene_names import SCENES
from shared.errors import ObsError, RestrikeError
from shared.messages.obs import Role
from shared.messages.obs_actions import Answer, Readiness, Statistics

Check = dict[str, Any]
FRAGILE: Final = ("mp4", "mov", "fragmented_mp4")
"""Formats of which a file that was not closed may be lost; fragments lose the last of it."""


def ask_readiness(_: Readiness, on: ObsFacts) -> Procedure[Answer]:
    """`[{check, ok, message}]`."""
    found = [_version(on)]
    for role, checks in CHECKS.items():
        if role in on.roles:
            for name, check in checks.items():
                try:
                    found.append((yield from check(on)))
                except RestrikeError as error:
                    if isinstance(error, ObsError) and error.code in LOST:
                        raise
                    found.append(_told(name, ok=False, message=str(error)))
    return found


def _told(check: str, *, ok: bool, message: str) -> Check:
    return {"check": check, "ok": ok, "message": message}


def _version(on: ObsFacts) -> Check:
    lacks = [request for request in SINCE if not on.knows(request)]
    message = f"OBS {on.obs_version} with obs-websocket {on.websocket_version} on {on.platform}"
    if lacks:
        message += f"; it lacks {', '.join(lacks)}, for which the suite finds other ways where there are any"
    return _told("version", ok=True, message=message + ".")


def _folder(on: ObsFacts) -> Procedure[Check]:
    path = yield from record_settings.directory()
    here = folders.ours(on, path)
    if here is None:
        return _told(
            "folder", ok=True, message=f"OBS records to {path}, which cannot be seen from here: give a path map."
        )
    seen = yield from folders.look(here)
    if seen is None:
        return _told("folder", ok=False, message=f"{here} does not answer: is the share of OBS's machine there?")
    if not seen.exists:
        return _told("folder", ok=False, message=f"OBS records to {path}, and {here} is not there: make it.")
    if not seen.is_readable or (on.is_local and not seen.is_writable):
        return _told("folder", ok=False, message=f"{here} is not readable or writable: correct its permissions.")
    return _told("folder", ok=True, message=f"OBS records to {path}{'' if here == path else f' ({here} here)'}.")


def _path_map(on: ObsFacts) -> Procedure[Check]:
    for there, here in on.path_map.items():
        seen = yield from folders.look(here)
        if seen is None or not seen.is_readable:
            return _told("path map", ok=False, message=f"{here}, which is {there} of OBS, cannot be read from here.")
    said = f"{len(on.path_map)} folders of OBS are in reach." if on.path_map else "None is needed."
    if not on.path_map and not on.is_local:
        said = "None is given: files of OBS keep OBS's paths, and their size and length are not known."
    return _told("path map", ok=True, message=said)


def _disk(on: ObsFacts) -> Procedure[Check]:
    free_mib = int((yield Ask("GetStats"))["availableDiskSpace"])
    least = on.recording.least_free_mib
    message = f"{free_mib} MiB are left where OBS records; {least} must be."
    return _told("disk", ok=free_mib > least, message=message)


def _format(on: ObsFacts) -> Procedure[Check]:
    section = yield from record_settings.mode()
    said = yield from record_settings.record_format(section, on)
    wanted = on.recording.format or said
    message = f"Matches are recorded as {wanted}."
    if wanted in FRAGILE:
        message += " If OBS ends before it closes such a file, it may be lost: mkv is safer."
    return _told("format", ok=wanted is not None, message=message)


def _replay_buffer(on: ObsFacts) -> Procedure[Check]:
    if not (yield from replay.has_pictures()):
        message = "The scene collection has no source with a picture, so that OBS keeps no replay buffer: add one."
        return _told("replay buffer", ok=False, message=message)
    now = yield from replay.state()
    section = yield from record_settings.mode()
    seconds = yield from record_settings.parameter(section, "RecRBTime")
    if not now.is_enabled:
        message = f"OBS {on.obs_version} has it switched off: restrike obs replay start enables it while nothing runs."
        return _told("replay buffer", ok=False, message=message)
    message = f"It holds {seconds} s and {'runs' if now.is_on else 'is off'}."
    return _told("replay buffer", ok=True, message=message)


def _stream(_: ObsFacts) -> Procedure[Check]:
    set_up = yield from streaming.settings()
    message = f"OBS streams to {set_up['service']}, {set_up['server']}."
    if not set_up["complete"]:
        message = f"Missing in OBS (Settings, Stream): {', '.join(set_up['missing'])}."
        message += " Until then it cannot stream."
    return _told("stream settings", ok=True, message=message)  # most who record never stream


def _scenes(_: ObsFacts) -> Procedure[Check]:
    collection = (yield Ask("GetSceneCollectionList"))["currentSceneCollectionName"]
    there = yield from scenes.names()
    missing = [scene for scene in SCENES if scene not in there]
    message = f"Scene collection {collection} has {len(there)} scenes"
    if not missing:
        return _told("scenes", ok=True, message=f"{message}, those of the ready-made rules among them.")
    if len(missing) == len(SCENES):
        return _told("scenes", ok=True, message=f"{message}, none of which the ready-made rules use.")
    message += f"; of those that the ready-made rules use there is no {', '.join(missing)}: build them."
    return _told("scenes", ok=False, message=message)


CHECKS: Final[dict[Role, dict[str, Callable[[ObsFacts], Procedure[Check]]]]] = {
    Role.RECORDING: {"folder": _folder, "path map": _path_map, "disk": _disk, "format": _format},
    Role.REPLAY: {"replay buffer": _replay_buffer},
    Role.STREAMING: {"stream settings": _stream},
    Role.SCENES: {"scenes": _scenes},
}
"""What is looked at for each role, by the check's name."""


def ask_statistics(_: Statistics, __: ObsFacts) -> Procedure[Answer]:
    """OBS's own figures as it names them: `{stats, outputs: {GetRecordStatus: {…} or null, …}}`."""
    outputs = {}
    for request in OUTPUTS:
        try:
            outputs[request] = yield Ask(request)
        except ObsError as error:
            if error.status != NOT_AVAILABLE:
                raise
            outputs[request] = None
    return {"stats": (yield Ask("GetStats")), "outputs": outputs}
