"""What a scripted OBS may do with one request: steps that a test gives to `FakeObs.on`."""

import dataclasses
from typing import Any, NamedTuple

OK = 100
UNKNOWN_REQUEST, NOT_READY, RUNNING, NOT_RUNNING = 204, 207, 500, 501
NOT_FOUND, NOT_AVAILABLE, FAILED = 600, 604, 702


class Told(NamedTuple):
    """An event to send."""

    kind: str
    data: dict[str, Any]


@dataclasses.dataclass(frozen=True)
class AsUsual:
    """What a small OBS does: it acts, answers and sends its events."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Answer:
    """Exactly this answer and nothing else happens: `before` and `after` are events around it."""

    data: dict[str, Any] = dataclasses.field(default_factory=dict)
    code: int = OK
    comment: str = ""
    before: tuple[Told, ...] = ()
    after: tuple[Told, ...] = ()


@dataclasses.dataclass(frozen=True)
class Silence:
    """Nothing happens and no answer ever comes; `then`: it happens, with its events, and only the answer is lost."""

    then: "Step | None" = None


@dataclasses.dataclass(frozen=True)
class Late:
    """It happens `after_s` seconds later; other requests are answered meanwhile."""

    after_s: float
    then: "Step" = dataclasses.field(default_factory=AsUsual)


@dataclasses.dataclass(frozen=True)
class AfterNext:
    """It happens at once, but its answer is sent after the answer to the next request of this client: out of order."""

    then: "Step" = dataclasses.field(default_factory=AsUsual)


@dataclasses.dataclass(frozen=True)
class WrongId:
    """It happens, and the answer carries the id of a request that nobody made."""

    then: "Step" = dataclasses.field(default_factory=AsUsual)


@dataclasses.dataclass(frozen=True)
class Twice:
    """It happens once, and its answer comes two times."""

    then: "Step" = dataclasses.field(default_factory=AsUsual)


@dataclasses.dataclass(frozen=True)
class Raw:
    """This text or these bytes as one frame, instead of an answer."""

    frame: str | bytes


@dataclasses.dataclass(frozen=True)
class Close:
    """The websocket is closed in order, with a code, instead of an answer."""

    code: int = 1001


@dataclasses.dataclass(frozen=True)
class Drop:
    """The TCP connection breaks without a word, instead of an answer."""


Step = AsUsual | Answer | Silence | Late | AfterNext | WrongId | Twice | Raw | Close | Drop


def refuse(code: int, comment: str = "") -> Answer:
    """A refusal: NOT_READY, UNKNOWN_REQUEST, RUNNING, …"""
    return Answer(code=code, comment=comment)
