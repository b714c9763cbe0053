"""Joins a running stream without a gap: the state at a mark, then only what came after it.

The mark proves that the subscription is in force; a snapshot alone does not.
"""

import uuid
from collections.abc import Sequence
from typing import Any, Final

from services.cli.tail import Tail
from shared.bus import Delivery
from shared.errors import NetworkError
from shared.messages.commands import Snapshot, SnapshotTaken
from shared.messages.service import PARSER
from shared.messages.topic import MARK_PREFIX
from shared.rpc import Client

MARK_WITHIN_S: Final = 0.05
TRIES: Final = 40


class Joined:
    """The snapshots of the rings that were joined, the order being that of the rings."""

    def __init__(self, snapshots: Sequence[SnapshotTaken]) -> None:
        self.snapshots = snapshots
        self._entries = {taken.ring: taken.entry for taken in snapshots}

    def is_known(self, delivery: Delivery) -> bool:
        """Whether the event is part of a snapshot already, or a mark."""
        if delivery.topic is None:
            return True
        event: Any = delivery.envelope.event
        if delivery.topic.producer != PARSER:
            return False
        return bool(event.entry <= self._entries.get(event.ring, -1))


def join(tail: Tail, client: Client, rings: Sequence[str]) -> Joined:
    """Take each ring's snapshot.

    Raises:
        NetworkError: pss-parser does not run or answer, or its marks do not come through.
    """
    return Joined([_join(tail, client, ring) for ring in rings])


def _join(tail: Tail, client: Client, ring: str) -> SnapshotTaken:
    nonce = uuid.uuid4().hex
    frame = MARK_PREFIX + nonce.encode() + b"/"
    tail.subscribe(frame)
    for _ in range(TRIES):
        taken = client.call(Snapshot(ring=ring, nonce=nonce))
        if tail.wait_for(frame, within_s=MARK_WITHIN_S):
            return taken
    raise NetworkError(
        "service.no_answer", f"The mark of {ring}'s snapshot did not come through the broker. See: restrike status"
    )
