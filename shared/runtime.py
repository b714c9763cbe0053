"""One service's life: configuration, lock, sockets, signals, the poll loop, health, and an orderly end.

A service is a `build(runtime)` function that registers handlers; `serve` does everything else.
"""

import contextlib
import faulthandler
import fcntl
import math
import os
import signal
import socket as sockets
import sys
import uuid
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any, Final, TypeVar

import zmq

from shared import log
from shared.bus import PUBLISH_QUEUE, WIRE_QUEUE, Publisher, Subscriber
from shared.clock import monotonic_s, wait_s
from shared.config import Config, load
from shared.errors import ConfigError, NetworkError, RestrikeError
from shared.messages.commands import GetHealth
from shared.messages.requests import Command
from shared.messages.service import EventsLost, Life, Position, ServiceFault, ServiceHealth
from shared.messages.topics import SERVICE_FAULT, SERVICE_HEALTH, SERVICE_LOSS, SETTINGS_CHANGED, Topic
from shared.paths import Paths
from shared.rpc import Client, Handler, Server
from shared.settings.key import Key
from shared.settings.reader import LOOK_EVERY_S, Settings
from shared.timers import Callback, Timer, Timers
from shared.watchdog import Watchdog

STUCK_AFTER_S: Final = 10
"""A loop that turns no more for this long dumps its stacks and ends, to be restarted."""
LOCK_WAIT_S: Final = 3.0
"""How long a service waits for its killed predecessor to be gone."""
HEALTH_EVERY_S: Final = 1.0

EXIT_ASKED: Final = 0
EXIT_CRASH: Final = 1
EXIT_CONFIGURATION: Final = 2

F = TypeVar("F", bound=Callable[[Any], None])
T = TypeVar("T")


class Runtime:
    """What a service's `build` registers with. All handlers run in one thread, one after the other."""

    def __init__(self, service: str, *, paths: Paths, config: Config, last_alive_us: int | None) -> None:
        self.service = service
        self.last_alive_us = last_alive_us
        """When the process before this one was last alive (Unix microseconds, to the second); None: there was none."""
        self.paths = paths
        self.config = config
        self.boot_id = uuid.uuid4().hex[:16]
        self.log = log.configure(
            service=service, boot_id=self.boot_id, level=config.log_level, fallback=paths.logs / f"{service}.log"
        )
        self.positions: Callable[[], dict[str, Position]] = dict
        self.done_with: Callable[[], dict[str, Position]] = dict
        self.queue_depth: Callable[[], int] = int
        self.is_sound: Callable[[], bool] = lambda: True
        """Whether the service does its work; while it does not, its last sign of life stands still."""
        self.context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self.client = Client(paths, self.context, is_over=lambda: self._stop_asked)
        self._life = Life.STARTING
        self._started = monotonic_s()
        self.watchdog = Watchdog(STUCK_AFTER_S)
        self._faults = 0
        self._poller = zmq.Poller()
        self._urgent = zmq.Poller()
        self._rest_until = 0.0
        self._readers: dict[Any, Callback] = {}
        self._timers = Timers()
        self._after_turn: list[Callback] = []
        self._on_start: list[Callback] = []
        self._on_stop: list[Callback] = []
        self._subscribers: dict[str, Subscriber] = {}
        self._handlers: dict[str, list[Callable[[Any], None]]] = {}
        self._posted: list[Callback] = []
        self._stop_asked = False
        self._waker, self._wake = sockets.socketpair()
        self._bind()

    def _bind(self) -> None:
        for end in (self._waker, self._wake):
            end.settimeout(0)
        self.on_readable(self._waker.fileno(), self._woken)
        self._urgent.register(self._waker.fileno(), zmq.POLLIN)
        commands = self.context.socket(zmq.ROUTER)
        commands.set(zmq.LINGER, 200)
        commands.bind(self.paths.command_socket(self.service))
        self._server = Server(commands, on_fault=self.tell_fault)
        self.on_readable(commands, self._server.answer_next)
        self._urgent.register(commands, zmq.POLLIN)
        self.on_command(GetHealth, lambda _: self.health())
        self.bus = Publisher.to_broker(
            self.context, self.paths.socket("broker.pub"), service=self.service, boot_id=self.boot_id
        )
        self.on_readable(self.bus.socket, self._meet_subscribers)
        self._publishers = [self.bus]
        self.every(HEALTH_EVERY_S, self._beat)

    # What a service registers

    def wire(self) -> Publisher:
        """The publisher of this service's own `wire.*` stream; ask once."""
        wire = Publisher.of_wire(
            self.context, self.paths.wire_socket(self.service), service=self.service, boot_id=self.boot_id
        )
        self.on_readable(wire.socket, wire.read_subscriptions)
        self._publishers.append(wire)
        return wire

    def on(self, topic: Topic) -> Callable[[F], F]:
        """Call the decorated function with each event of `topic`, whatever its key."""

        def register(handler: F) -> F:
            endpoint = self.paths.wire_socket(topic.producer) if topic.direct else self.paths.socket("broker.sub")
            subscriber = self._subscribers.get(endpoint)
            if subscriber is None:
                subscriber = self._subscribers[endpoint] = Subscriber(
                    self.context, endpoint, queue=WIRE_QUEUE if topic.direct else PUBLISH_QUEUE
                )
                self.on_readable(subscriber.socket, lambda: self._deliver(subscriber))
            subscriber.subscribe(topic.prefix)
            self._handlers.setdefault(topic.name, []).append(handler)
            return handler

        return register

    def on_command(self, command: type[Command[Any]], handler: Handler) -> None:
        """Let `handler` answer `command`: it returns the reply, or a `Later`, or raises a RestrikeError."""
        self._server.on(command, handler)

    def on_readable(self, readable: Any, callback: Callback) -> None:
        """Call `callback` while `readable` (a ZeroMQ socket or a file descriptor) has something to read."""
        self._readers[readable] = callback
        self._poller.register(readable, zmq.POLLIN)

    def forget(self, readable: Any) -> None:
        """Undo `on_readable`; before the descriptor is closed."""
        del self._readers[readable]
        self._poller.unregister(readable)

    @cached_property
    def settings(self) -> Settings:
        """What operators set, always as it is now: read again when a change is told, and every 10 s. Ask in `build`."""
        settings = Settings.of_file(self.paths, warn=self.tell_unusable_setting)
        self.on(SETTINGS_CHANGED)(lambda _: settings.look())
        self.every(LOOK_EVERY_S, settings.look)
        return settings

    def on_setting(self, key: Key[T], callback: Callable[[T], None]) -> None:
        """Call `callback` with the value of `key`: now, and whenever it changed."""
        self.settings.watch(key, callback)

    def every(self, seconds: float, callback: Callback) -> None:
        """Call `callback` every `seconds`, first after that time."""
        self._timers.every(seconds, callback)

    def after(self, seconds: float, callback: Callback) -> Timer:
        """Call `callback` once, after `seconds`, unless the timer is cancelled before."""
        return self._timers.after(seconds, callback)

    def after_turn(self, callback: Callback) -> None:
        """Call `callback` at the end of each turn of the loop: everything that waited was handled."""
        self._after_turn.append(callback)

    def on_start(self, callback: Callback) -> None:
        """Call `callback` before the first turn. From here on a service that is asked to end does so in order, so this
        is where it begins to accept what it must not lose.
        """
        self._on_start.append(callback)

    def rest(self, seconds: float) -> None:
        """Leave everything but commands, signals and timers waiting for `seconds`, so that more comes in one batch."""
        self._rest_until = monotonic_s() + seconds

    def on_stop(self, callback: Callback) -> None:
        """Call `callback` when the service is asked to end, while its sockets are still open."""
        self._on_stop.append(callback)

    def post(self, callback: Callback) -> None:
        """Have `callback` called by the loop's thread. The only method that another thread may call."""
        self._posted.append(callback)
        self._ring_bell()

    # What the loop does

    def stop(self) -> None:
        """Ask the loop to end."""
        self._stop_asked = True
        self._ring_bell()

    def run(self) -> None:
        """Turn until asked to stop, then drain and close."""
        signal.set_wakeup_fd(self._wake.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stop())
        self.log.info("started", pid=os.getpid())
        self._beat()
        for callback in self._on_start:
            self.guard(callback)
        while not self._stop_asked:
            self._turn()
        self._life = Life.DRAINING
        for callback in self._on_stop:
            self.guard(callback)
        sentence = f"{self.service} was asked to end before it was done: look how it stands, and ask again."
        self._server.refuse_open(NetworkError("service.ended", sentence))
        self._life = Life.STOPPED
        self._beat()
        self.watchdog.stop()
        self.log.info("stopped")
        self._close()

    def _turn(self) -> None:
        due, now = self._timers.due, monotonic_s()
        poller = self._poller
        if self._rest_until > now:
            poller, due = self._urgent, min(due, self._rest_until)
        for readable, _ in poller.poll(max(0, math.ceil((due - now) * 1000))):
            callback = self._readers.get(readable)
            if callback is not None:
                self.guard(callback)
        self._timers.turn(self.guard)
        for _ in range(len(self._posted)):  # what these post in turn waits for the next turn
            self.guard(self._posted.pop(0))
        for callback in self._after_turn:
            self.guard(callback)

    def _deliver(self, subscriber: Subscriber) -> None:
        for delivery in subscriber.drain():
            if delivery.lost and delivery.topic is not None and not delivery.topic.direct:
                self._tell_loss(delivery.frame, delivery.envelope.producer, delivery.lost, subscriber.lost)
            if delivery.topic is not None:
                for handler in self._handlers.get(delivery.topic.name, ()):
                    self.guard(handler, delivery.envelope.event)

    def _tell_loss(self, frame: bytes, producer: str, count: int, total: int) -> None:
        text = frame.decode("utf-8", "replace")
        self.log.warning("events_lost", frame=text, producer=producer, count=count)
        event = EventsLost(service=self.service, frame=text, producer=producer, count=count, total=total)
        self.bus.publish(SERVICE_LOSS, self.service, event)

    def guard(self, function: Callable[..., None], *arguments: object) -> None:
        """Call `function`; what it raises is told as a fault and keeps nothing else from being done."""
        try:
            function(*arguments)
        except Exception as error:  # noqa: BLE001  # a handler that raises must not stop the loop: it is told
            self.tell_fault(getattr(function, "__qualname__", repr(function)), error)

    def tell_fault(self, where: str, error: Exception) -> None:
        """Log, count and publish that something in this service failed; it goes on."""
        self._faults += 1
        self.log.error("fault", where=where, exc_info=error)
        fault = ServiceFault(service=self.service, where=where, error=repr(error), count=self._faults)
        self.bus.publish(SERVICE_FAULT, self.service, fault)

    def tell_unusable_setting(self, name: str, error: RestrikeError) -> None:
        """Log that what is stored for a setting cannot be used."""
        self.log.warning("setting_not_usable", setting=name, error=str(error), help="Its default is in force.")

    def _beat(self) -> None:
        self.watchdog.feed()
        if self._life is Life.ON_BUS:
            self._life = Life.RUNNING
        if self.is_sound():
            with contextlib.suppress(OSError):  # a file system that became read-only ends no service
                self.paths.lock(self.service).touch()
        self.bus.publish(SERVICE_HEALTH, self.service, self.health())

    def health(self) -> ServiceHealth:
        """How the service is, right now."""
        subscribers = self._subscribers.values()
        return ServiceHealth(
            service=self.service,
            boot_id=self.boot_id,
            pid=os.getpid(),
            life=self._life,
            on_bus=self.bus.on_bus,
            uptime_s=round(monotonic_s() - self._started, 3),
            loop_lag_ms=round(self._timers.lag_s * 1000, 3),
            received=sum(s.received for s in subscribers),
            sent=sum(p.sent for p in self._publishers),
            lost=sum(s.lost for s in subscribers),
            undecodable=sum(s.undecodable for s in subscribers),
            dropped=sum(p.dropped for p in self._publishers),
            faults=self._faults,
            queue_depth=self.queue_depth(),
            positions=self.positions(),
            done_with=self.done_with(),
        )

    def _meet_subscribers(self) -> None:
        self.bus.read_subscriptions()
        if self._life is Life.STARTING and self.bus.on_bus:
            self._life = Life.ON_BUS

    def _woken(self) -> None:
        while True:
            try:
                if not self._waker.recv(4096):
                    return
            except BlockingIOError:
                return

    def _ring_bell(self) -> None:
        with contextlib.suppress(BlockingIOError):  # the bell is already ringing
            self._wake.send(b"\0")

    def _close(self) -> None:
        signal.set_wakeup_fd(-1)
        self.context.destroy(linger=200)
        self._waker.close()
        self._wake.close()


def take_lock(paths: Paths, service: str) -> int | None:
    """Lock `run/<service>.lock` for this process; None when another process keeps it for longer than 3 s.

    The file keeps its modification time: a service that fails to start was never alive.
    """
    fd = os.open(paths.lock(service), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    deadline = monotonic_s() + LOCK_WAIT_S
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if monotonic_s() > deadline:
                os.close(fd)
                return None
            wait_s(0.02)
        else:
            before = os.fstat(fd)
            with contextlib.suppress(OSError):  # a full disk: the lock is what counts, its text is for people
                os.truncate(fd, 0)
                os.write(fd, str(os.getpid()).encode())
            os.utime(fd, ns=(before.st_atime_ns, before.st_mtime_ns))
            return fd


def _modified_us(path: Path) -> int | None:
    try:
        return path.stat().st_mtime_ns // 1000
    except FileNotFoundError:
        return None


def serve(service: str, build: Callable[[Runtime], None], *, stuck_after_s: float = STUCK_AFTER_S) -> None:
    """Run a service to its end and leave the process: 0 asked for, 1 crash, 2 bad configuration."""
    os.umask(0o077)
    faulthandler.enable()
    paths = Paths.from_environment()
    try:
        paths.prepare()
        last_alive_us = _modified_us(paths.lock(service))
        lock = take_lock(paths, service)
        if lock is None:
            print(f"{service}: another process holds {paths.lock(service)}", file=sys.stderr)
            sys.exit(EXIT_CRASH)
        config = load(paths.config)
        runtime = Runtime(service, paths=paths, config=config, last_alive_us=last_alive_us)
        runtime.watchdog = Watchdog(stuck_after_s)
        build(runtime)
    except ConfigError as error:
        print(f"{service}: {error}", file=sys.stderr)
        sys.exit(EXIT_CONFIGURATION)
    except (RestrikeError, OSError, zmq.ZMQError) as error:
        print(f"{service}: cannot start: {error}", file=sys.stderr)
        sys.exit(EXIT_CRASH)
    runtime.run()
    sys.exit(EXIT_ASKED)
