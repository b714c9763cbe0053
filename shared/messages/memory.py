"""Where a service's memory is, measured inside it."""

from msgspec import Struct

from shared.messages.requests import Command
from shared.messages.service import ANY_SERVICE


class MemoryPlace(Struct, frozen=True, kw_only=True):
    """A line of code, and what it allocated that is still held; `grown_bytes` is since the first look after
    tracing began.
    """

    place: str
    bytes: int
    grown_bytes: int
    blocks: int


class MemoryTraced(Struct, frozen=True, kw_only=True):
    """What was allocated since tracing began and is still held, the largest first; nothing at the first request, which
    begins it. `is_tracing` says whether tracing goes on, which costs time with each allocation.
    """

    is_tracing: bool
    traced_bytes: int
    peak_bytes: int
    places: tuple[MemoryPlace, ...] = ()


class TraceMemory(Command[MemoryTraced], frozen=True, kw_only=True):
    """Begin to trace or go on (`is_on`), or end it; the answer says what is held. Tracing ends by itself after `for_s`.
    `places` is how many of the largest, and how many of the most grown, are told.
    """

    name = "trace_memory"
    service = ANY_SERVICE
    reply = MemoryTraced
    deadline_s = 10.0
    is_on: bool
    for_s: int = 600
    places: int = 20
