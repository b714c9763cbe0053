"""Where the live screen has its picture from: the bus, and a thread that asks again and again."""

import threading
from queue import Empty, SimpleQueue
from typing import Any, Final

import zmq

from services.cli.status.look import Look, look
from services.cli.status.scene import Heard, Scene
from shared.bus import Subscriber
from shared.clock import monotonic_s
from shared.messages.topics import ALERT_CHANGED, MATCH_STATE, OBS_STATUS, SYSTEM_HEALTH, UDP_RING
from shared.paths import Paths
from shared.rpc import Client

ASK_EVERY_S: Final = 2.0
"""The bus tells sooner; this is for what it missed, and for when the broker is away."""
AGAIN_S: Final = 0.5
"""Soon after the first answer that cpu-monitor owes: whether it is away, or was only busy."""
ANSWER_S: Final = 0.5
END_WITHIN_S: Final = 1.0
TOPICS: Final = (MATCH_STATE, SYSTEM_HEALTH, OBS_STATUS, UDP_RING, ALERT_CHANGED)


class Feed:
    """Follows the suite through restarts of anything. Used by one thread; `close` it."""

    def __init__(self, paths: Paths, seen: Look) -> None:
        self._paths = paths
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._subscriber = Subscriber(self._context, paths.socket("broker.sub"))
        for topic in TOPICS:
            self._subscriber.subscribe(topic.prefix)
        self._heard = Heard(seen, now_s=monotonic_s())
        self._looks: SimpleQueue[Look] = SimpleQueue()
        self._is_over = threading.Event()
        self._asking = threading.Thread(target=self._ask, name="asking", daemon=True)
        self._asking.start()

    @property
    def socket(self) -> "zmq.Socket[Any]":
        """What is readable when something was heard."""
        return self._subscriber.socket

    def scene(self) -> Scene:
        """Take what came, and give the picture of this moment."""
        now_s = monotonic_s()
        for delivery in self._subscriber.drain():
            self._heard.take(delivery.envelope.event, now_s=now_s)
        while True:
            try:
                self._heard.take_look(self._looks.get_nowait(), now_s=now_s)
            except Empty:
                return self._heard.scene(now_s=now_s)

    def close(self) -> None:
        """Ask and hear no more."""
        self._is_over.set()
        self._asking.join(END_WITHIN_S)
        if not self._asking.is_alive():  # else a dead network disk holds it; it ends with the program
            self._context.destroy(linger=0)

    def _ask(self) -> None:
        client = Client(self._paths, self._context, is_over=self._is_over.is_set)
        was_judged, wait_s = True, ASK_EVERY_S
        while not self._is_over.wait(wait_s):
            seen = look(self._paths, client, deadline_s=ANSWER_S)
            self._looks.put(seen)
            is_judged = seen.health is not None
            was_judged, wait_s = is_judged, ASK_EVERY_S if is_judged or not was_judged else AGAIN_S
