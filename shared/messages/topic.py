"""What a topic is; the list of them is in topics.py."""

from typing import Any, Final

from msgspec import Struct

RING: Final = "ring"
SERVICE: Final = "service"
CONNECTION: Final = "connection"
MARK_PREFIX: Final = b"~mark/"
"""A late joiner subscribes to `~mark/<nonce>/` last; `~` sorts after every topic, and subscriptions travel in order."""
ON_BUS_FRAME: Final = b"~ready/"
"""The broker's own subscription: a publisher that has seen it is on the bus."""


class Topic(Struct, frozen=True, kw_only=True):
    """A topic: its frame is `name/<key>/`, where the key is a ring, a service or an OBS connection
    (`keyed_by`).

    `type` is what `event` holds. `direct` topics do not cross the broker: their consumers connect to the producer, or
    to each of `producers`.
    `durable` facts go through their producer's outbox. While there is something to say, `max_silence_s` is the longest
    that a subscriber waits for it.
    """

    name: str
    type: Any
    producer: str
    doc: str
    keyed_by: str = RING
    direct: bool = False
    durable: bool = False
    max_silence_s: float | None = None
    several: tuple[str, ...] = ()

    def frame(self, key: str) -> bytes:
        """The first frame of an event: `name/<key>/`."""
        return f"{self.name}/{key}/".encode()

    @property
    def producers(self) -> tuple[str, ...]:
        """Who publishes it: one service, or each of `several`."""
        return self.several or (self.producer,)

    @property
    def prefix(self) -> bytes:
        """What to subscribe to for all keys: `name/`."""
        return f"{self.name}/".encode()


def listed(topics: list[Topic]) -> dict[str, Topic]:
    """Topics by name.

    Raises:
        ValueError: two topics share a name.
    """
    by_name = {topic.name: topic for topic in topics}
    if len(by_name) != len(topics):
        raise ValueError("a topic is listed twice")
    return by_name
