"""The event proxy: whatever a service publishes goes to whoever subscribed to it, within the machine and over TCP.

Runs in broker's loop, so that broker's own health, which travels through it, proves that events flow.
"""

from typing import Any

import zmq

from services.broker.curve import secure
from shared.bus import PUBLISH_QUEUE
from shared.config import Bus
from shared.errors import NetworkError
from shared.messages.topic import ON_BUS_FRAME
from shared.meter_list import BUS_FORWARDED, BUS_MALFORMED
from shared.paths import Paths
from shared.runtime import Runtime

FORWARD_LIMIT = 1024
"""Events passed on in one turn, so that subscriptions, commands and health are never starved."""


class Proxy:
    """Two sockets and the way between them. `forwarded` counts events, `malformed` what was no event."""

    def __init__(self, context: "zmq.Context[zmq.Socket[bytes]]", paths: Paths, bus: Bus) -> None:
        self.forwarded = 0
        self.malformed = 0
        self._events_in = context.socket(zmq.XSUB)
        self._events_in.set(zmq.RCVHWM, PUBLISH_QUEUE)
        self._events_in.bind(paths.socket("broker.pub"))
        self._events_in.send(b"\x01" + ON_BUS_FRAME)
        self._events_out = context.socket(zmq.XPUB)
        self._events_out.set(zmq.SNDHWM, bus.subscriber_queue)
        self._events_out.set(zmq.LINGER, 200)
        self._events_out.bind(paths.socket("broker.sub"))
        secure(self._events_out, bus)
        bind_tcp(self._events_out, bus.events, "events")

    def register(self, runtime: Runtime) -> None:
        """Have the runtime's loop forward both ways."""
        runtime.on_readable(self._events_in, self.forward_events)
        runtime.on_readable(self._events_out, self.forward_subscriptions)
        runtime.meters.follow(BUS_FORWARDED, lambda: self.forwarded)
        runtime.meters.follow(BUS_MALFORMED, lambda: self.malformed)

    def forward_events(self) -> None:
        """Pass on what services published; a slow subscriber's queue overflows alone."""
        receive, send = self._events_in.recv_multipart, self._events_out.send_multipart
        for _ in range(FORWARD_LIMIT):
            try:
                frames = receive(zmq.NOBLOCK)
            except zmq.Again:
                return
            if len(frames) == 2:
                send(frames, zmq.NOBLOCK)
                self.forwarded += 1
            else:
                self.malformed += 1

    def forward_subscriptions(self) -> None:
        """Tell the services who wants what, and nothing else: a subscriber has nothing to say to them."""
        for _ in range(FORWARD_LIMIT):
            try:
                message = self._events_out.recv(zmq.NOBLOCK)
            except zmq.Again:
                return
            if message[:1] in (b"\x00", b"\x01"):
                self._events_in.send(message)
            else:
                self.malformed += 1


def bind_tcp(socket: "zmq.Socket[Any]", endpoint: str, what: str) -> None:
    """Bind `socket`; NetworkError with the way out when that fails."""
    try:
        socket.bind(endpoint)
    except zmq.ZMQError as error:
        raise NetworkError(
            "bus.cannot_bind",
            f"{endpoint} ({what}) cannot be bound: {error.strerror}. "
            f"Another program or another suite uses it: set bus.{what} in restrike.json.",
        ) from error
