"""What surrounds every event on the bus: who sent it, since which start, as its how-many-th on that topic frame."""

from typing import Generic, TypeVar

from msgspec import Struct

E = TypeVar("E")


class Envelope(Struct, Generic[E], frozen=True, gc=False):
    """The second frame of every event, one MessagePack map.

    `seq` counts the events of one producer on one topic frame from 1, encoded or not: a gap under one `boot_id`
    is loss. A new `boot_id` is a restart of the producer. `sent_at_us` is Unix time in microseconds, which a
    double holds exactly.
    """

    producer: str
    boot_id: str
    seq: int
    sent_at_us: int
    event: E
