"""What the tests of acts say of OBS, and the answers and events that they play."""

from typing import Any

from msgspec.structs import replace

from services.obs_bridge.acts.facts import ObsFacts, facts_of
from services.obs_bridge.procedure import Proof
from shared.errors import ObsError

OLD = facts_of(
    {
        "obsVersion": "29.0.2",
        "obsWebSocketVersion": "5.1.0",
        "platform": "debian",
        "availableRequests": ["StartRecord", "GetRecordDirectory"],
        "supportedImageFormats": ["png", "jpg"],
    }
)
NEW = replace(
    OLD,
    obs_version="31.0.0",
    websocket_version="5.5.4",
    requests=OLD.requests | {"SetRecordDirectory", "SplitRecordFile", "CreateRecordChapter"},
)
UNCONFIRMED = ObsError("obs.not_confirmed", "not in time")
GONE = ObsError("obs.gone", "gone")


def local(facts: ObsFacts) -> ObsFacts:
    """The same on this machine."""
    return replace(facts, is_local=True)


def refused(status: int, comment: str = "") -> ObsError:
    """OBS says no."""
    return ObsError("obs.refused", "refused", status=status, comment=comment)


def went(state: str, **fields: Any) -> dict[str, Any]:
    """An output's event."""
    return {"outputState": f"OBS_WEBSOCKET_OUTPUT_{state}", **fields}


def proof(state: str, **fields: Any) -> Proof:
    """A request that was answered, and the event of an output."""
    return Proof(answer={}, event=went(state, **fields))


def record_status(*, active: bool, ms: int = 0, paused: bool = False) -> dict[str, Any]:
    """An answer to GetRecordStatus."""
    return {"outputActive": active, "outputPaused": paused, "outputDuration": ms, "outputBytes": ms}


def requests(steps: list[Any]) -> list[str]:
    """The names of the requests, and events and pauses as such."""
    named = [getattr(step, "ask", step) for step in steps]
    return [str(getattr(step, "request", None) or getattr(step, "event", "pause")) for step in named]
