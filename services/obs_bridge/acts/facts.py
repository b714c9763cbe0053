"""What the acts know of the OBS that they act on, and what they answer; obs-bridge."""

from collections.abc import Iterable
from typing import Any, Final

from msgspec import Struct

from services.obs_bridge.procedure import Data
from shared.errors import ObsError
from shared.messages.obs import RecordingSettings, Role
from shared.settings.catalogue import OBS_CONFIRM_MS

CONFIRM_S: Final = OBS_CONFIRM_MS.default / 1000
SINCE: Final = {
    "GetRecordDirectory": "28",
    "SetRecordDirectory": "30.0",
    "SplitRecordFile": "30.2",
    "CreateRecordChapter": "30.2",
}
"""Requests that came after obs-websocket 5.0 -> the OBS that brought them."""

# Numbers of refusals, as obs-websocket's RequestStatus counts them.
RUNNING: Final = 500
NOT_RUNNING: Final = 501
PAUSED: Final = 502
NOT_PAUSED: Final = 503
NOT_FOUND: Final = 600
EXISTS: Final = 601
NOT_AVAILABLE: Final = 604

LOST: Final = frozenset({"obs.gone", "obs.no_answer", "obs.not_connected"})
"""Codes of errors after which nothing more can be asked before OBS is connected again."""


class ObsFacts(Struct, frozen=True, kw_only=True):
    """What is known of one OBS. `requests` are those that it understands. `is_local`: its folders are ours, so that
    they can be looked at; `path_map` as in ObsConnection. `confirm_s` is how long it may take to confirm a deed.
    """

    obs_version: str
    websocket_version: str
    platform: str
    requests: frozenset[str]
    picture_formats: tuple[str, ...] = ()
    is_local: bool = False
    path_map: dict[str, str] = {}
    roles: tuple[Role, ...] = tuple(Role)
    recording: RecordingSettings = RecordingSettings()
    confirm_s: float = CONFIRM_S

    def knows(self, request: str) -> bool:
        """Whether this OBS understands `request`."""
        return request in self.requests

    def cannot(self, deed: str, why: str) -> ObsError:
        """The error of a deed that this OBS cannot do."""
        return ObsError("obs.not_supported", f"OBS {self.obs_version} cannot {deed}; {why}.")


class Hide(Struct, frozen=True, kw_only=True):
    """A source that has to be hidden again after a while; unless it reads another text than this by then, which has its
    own time (None: whatever it reads). `scene` None: the program scene.
    """

    source: str
    scene: str | None
    text: str | None
    after_ms: int


class Done(Struct, frozen=True, kw_only=True):
    """What an act came to, as in ActionDone. `confirmed`: OBS proved it by an event or by its state. `hide` is what is
    still to be done: who performs an act sees to it, over lost connections and restarts.
    """

    message: str
    confirmed: bool = True
    details: dict[str, Any] = {}
    hide: Hide | None = None


def no_such(what: str, name: str, there: Iterable[str]) -> ObsError:
    """The error of a name that OBS does not know, with those that it does."""
    listed = ", ".join(there)
    has = f"it has: {listed}" if listed else "it has none"
    return ObsError("obs.not_found", f"OBS has no {what} of this name; {has}.", value=name)


def facts_of(version: Data) -> ObsFacts:
    """The facts in an answer to GetVersion; the caller adds those of the connection (`msgspec.structs.replace`)."""
    return ObsFacts(
        obs_version=version["obsVersion"],
        websocket_version=version["obsWebSocketVersion"],
        platform=version.get("platform", ""),
        requests=frozenset(version["availableRequests"]),
        picture_formats=tuple(version.get("supportedImageFormats", ())),
    )
