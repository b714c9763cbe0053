"""What OBS is asked to do: a procedure yields steps and is resumed with what each one brought; obs-bridge.

    def start_recording() -> Procedure[str]:
        proof = yield Confirmed(ask=Ask("StartRecord"), event="RecordStateChanged", matches=is_started, within_s=3)
        return proof.event["outputPath"]

A step that fails raises an ObsError where it was yielded, so that a procedure can handle it; its code is one of:
`obs.refused`: OBS said no; `.status` is its number, `.comment` its words (204 unknown request, 207 not ready, 500, 501
    output (not) running, 600 not found, 604 not in this state).
`obs.not_confirmed`: the request was answered, or none was made, and the event did not come in time.
`obs.no_answer`: no answer in time. It is not known whether OBS did it; the client was discarded.
`obs.gone`: the connection was lost after the request went out. It is not known whether OBS did it.
`obs.not_connected`: the request was not sent.
After the last two a procedure can only end: a step that it still yields is not done.
"""

from collections.abc import Callable, Generator
from typing import Any, TypeAlias, TypeVar

from msgspec import Struct

R = TypeVar("R")

Data: TypeAlias = dict[str, Any]
"""What a request takes, its answer brings and an event tells: the JSON object as OBS sent it, never None."""


def anything(_: Data) -> bool:
    """Match every event of the name."""
    return True


class Ask(Struct, frozen=True):
    """One request. Resumed with its answer's data, {} when there is none.

    slow: it may take OBS seconds (screenshots, profiles, scene collections); it goes over a second connection, so that
        quick ones need not wait. within_s: time for the answer; None: what the link's limits say. A quick one never
        gets more than these, for the ping waits behind it.
    """

    request: str
    data: Data | None = None
    slow: bool = False
    within_s: float | None = None


class Confirmed(Struct, frozen=True, kw_only=True):
    """One request, and the event that proves that OBS did it. Resumed with a Proof.

    The event is listened for from before the request is sent, as it may come before the answer.
    within_s: time for both, from sending on.
    """

    ask: Ask
    event: str
    matches: Callable[[Data], bool] = anything
    within_s: float


class Event(Struct, frozen=True, kw_only=True):
    """Wait for an event, without a request. Resumed with its data.

    An event that came since the last request of this procedure was sent counts; each one counts once.
    """

    event: str
    matches: Callable[[Data], bool] = anything
    within_s: float


class Pause(Struct, frozen=True):
    """Let time pass. Resumed with None."""

    seconds: float


class Proof(Struct, frozen=True):
    """What a Confirmed step brought: the data of the answer, and of the event."""

    answer: Data
    event: Data


Step: TypeAlias = Ask | Confirmed | Event | Pause
Procedure: TypeAlias = Generator[Step, Any, R]
