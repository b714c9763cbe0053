"""What recording, streaming, replay buffer and virtual camera have in common; obs-bridge."""

from collections.abc import Callable
from typing import Final

from services.obs_bridge.acts.facts import NOT_AVAILABLE, ObsFacts
from services.obs_bridge.procedure import Ask, Confirmed, Data, Procedure
from shared.errors import ObsError

PREFIX: Final = "OBS_WEBSOCKET_OUTPUT_"
FIRST_SIGN_S: Final = 0.5
"""STARTING comes within milliseconds; without it OBS swallowed the request, as it does in the moment after STOPPED."""
OUTPUTS: Final = {
    "GetRecordStatus": "records",
    "GetStreamStatus": "streams",
    "GetReplayBufferStatus": "keeps the replay buffer",
    "GetVirtualCamStatus": "runs the virtual camera",
}


def state_of(event: Data) -> str:
    """STARTING, STARTED, PAUSED, RESUMED, STOPPING, STOPPED, RECONNECTING or RECONNECTED."""
    return str(event.get("outputState", "")).removeprefix(PREFIX)


def went(*states: str) -> Callable[[Data], bool]:
    """Match events of an output that went into one of `states`."""
    return lambda event: state_of(event) in states


def changed(request: str, event: str, *states: str, within_s: float) -> Confirmed:
    """Ask for `request`, and wait for the output's `event` with one of `states`."""
    return Confirmed(ask=Ask(request), event=event, matches=went(*states), within_s=within_s)


def is_unconfirmed(error: ObsError) -> bool:
    """Whether OBS accepted a request and did not tell that it did it; any other error goes on to the caller."""
    return error.code == "obs.not_confirmed"


def running() -> Procedure[list[str]]:
    """What OBS does now that a change of the profile would disturb: sentences' ends ("records")."""
    found = []
    for request, deed in OUTPUTS.items():
        try:
            status = yield Ask(request)
        except ObsError as error:
            if error.status != NOT_AVAILABLE:
                raise
            continue
        if status["outputActive"]:
            found.append(deed)
    return found


def refuse_while_running(on: ObsFacts, deed: str) -> Procedure[None]:
    """Raise `obs.busy` while an output runs. OBS itself would do it in the middle of a recording."""
    busy = yield from running()
    if busy:
        raise ObsError(
            "obs.busy", f"OBS {on.obs_version} {' and '.join(busy)}: stop that before you {deed}.", value=busy
        )
