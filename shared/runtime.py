"""One service's life: configuration, lock, sockets, signals, the poll loop, health, and an orderly end.

A service is a `build(runtime)` function that registers handlers; `serve` does everything else.
"""

import contextlib
import faulthandler
import math
import os
import signal
import sys
import uuid
from collections.abc import Callable
from functools import cached_property, partial
from typing import Any, Final, TypeVar

import structlog
import zmq

from shared.bell import Bell
from shared.bus import DRAIN_LIMIT, PUBLISH_QUEUE, WIRE_QUEUE, Publisher, Subscriber
from shared.clock import monotonic_s
from shared.config import Config, in_force
from shared.config.following import Following
from shared.config.live import LiveConfig
from shared.errors import ConfigError, NetworkError, RestrikeError
from shared.log.handled import HANDLED
from shared.log.log import Log
from shared.log.subsystems import BUS, COMMANDS
from shared.memory_tracing import MemoryTracing
from shared.messages.commands import GetHealth
from shared.messages.logs import GetLogLevels, SetLogLevel
from shared.messages.match import Stage
from shared.messages.memory import TraceMemory
from shared.messages.requests import Command
from shared.messages.service import EventsLost, Life, Position, ServiceFault, ServiceHealth
from shared.messages.topic import Topic
from shared.messages.topics import SERVICE_FAULT, SERVICE_HEALTH, SERVICE_LOSS, SERVICE_METERS, SETTINGS_CHANGED
from shared.meter_list import LOG_LINES_DROPPED, SERVICE_CPU
from shared.meters import Meters
from shared.paths import Paths
from shared.rpc import Client, Handler, Server
from shared.service_lock import modified_us, take_lock
from shared.settings.key import Key
from shared.settings.reader import LOOK_EVERY_S, Settings
from shared.timers import Callback, Timer, Timers
from shared.watchdog import Watchdog

STUCK_AFTER_S: Final = 10
"""A loop that turns no more for this long dumps its stacks and ends, to be restarted."""
HEALTH_EVERY_S: Final = 1.0

EXIT_ASKED: Final = 0
EXIT_CRASH: Final = 1
EXIT_CONFIGURATION: Final = 2

F = TypeVar("F", bound=Callable[[Any], None])
T = TypeVar("T")


class Runtime:
    """What a service's `build` registers with. All handlers run in one thread, one after the other."""

    def __init__(self, service: str, *, paths: Paths, following: Following, last_alive_us: int | None) -> None:
        self.service = service
        self.last_alive_us = last_alive_us
        """When the process before this one was last alive (Unix microseconds, to the second); None: there was none."""
        self.paths = paths
        self.boot_id = uuid.uuid4().hex[:16]
        self.logs = Log.of(following.config, paths, service=service, boot_id=self.boot_id)
        self.log = self.logger()
        self.positions: Callable[[], dict[str, Position]] = dict
        self.done_with: Callable[[], dict[str, Position]] = dict
        self.stages: Callable[[], dict[str, Stage]] = dict
        self.queue_depth: Callable[[], int] = int
        self.is_sound: Callable[[], bool] = lambda: True
        """Whether the service does its work; while it does not, its last sign of life stands still."""
        self.listens_every_s: float | None = None
        """How often events are taken; None: when they come. Set before the first `on`, so that they are taken first."""
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
        self._bell = Bell()
        self._bind()
        self.live = LiveConfig(self, following)
        set_level = self.logs.set_configured_level
        for path in ("log_level", "log_levels"):
            self.on_config(path, lambda _: set_level(self.config.log_level, self.config.log_levels))

    def _bind(self) -> None:
        self.on_readable(self._bell.heard, self._bell.silence)
        self._urgent.register(self._bell.heard, zmq.POLLIN)
        commands = self.context.socket(zmq.ROUTER)
        commands.set(zmq.LINGER, 200)
        commands.bind(self.paths.command_socket(self.service))
        self._server = Server(commands, on_fault=self.tell_fault, log=self.logger(COMMANDS))
        self.on_readable(commands, self._server.answer_next)
        self._urgent.register(commands, zmq.POLLIN)
        self.on_command(GetHealth, lambda _: self.health())
        self.on_command(GetLogLevels, lambda _: self.logs.levels())
        self.on_command(SetLogLevel, self.logs.set_level)
        self.on_command(TraceMemory, MemoryTracing(after=self.after, post=self.post).answer)
        self.bus = Publisher.to_broker(
            self.context, self.paths.socket("broker.pub"), service=self.service, boot_id=self.boot_id
        )
        self.on_readable(self.bus.socket, self._meet_subscribers)
        self._publishers = [self.bus]
        self.every(HEALTH_EVERY_S, self._beat)

    # What a service registers

    def logger(self, subsystem: str | None = None) -> structlog.stdlib.BoundLogger:
        """The logger of a subsystem that shared/log/subsystems.py lists, so that its level can be set on its own."""
        return self.logs.logger(subsystem)

    def wire(self) -> Publisher:
        """The publisher of this service's own `wire.*` stream; ask once."""
        wire = Publisher.of_wire(
            self.context, self.paths.wire_socket(self.service), service=self.service, boot_id=self.boot_id
        )
        self.on_readable(wire.socket, wire.read_subscriptions)
        self._publishers.append(wire)
        return wire

    def on(self, topic: Topic, *keys: str) -> Callable[[F], F]:
        """Call the decorated function with each event of `topic`: of all keys, or of `keys` and what others ask for."""

        def register(handler: F) -> F:
            broker = self.paths.socket("broker.sub")
            for endpoint in map(self.paths.wire_socket, topic.producers) if topic.direct else (broker,):
                subscriber = self._subscriber(endpoint, WIRE_QUEUE if topic.direct else PUBLISH_QUEUE)
                for frame in map(topic.frame, keys) if keys else (topic.prefix,):
                    subscriber.subscribe(frame)
            self._handlers.setdefault(topic.name, []).append(handler)
            return handler

        return register

    def _subscriber(self, endpoint: str, queue: int) -> Subscriber:
        found = self._subscribers.get(endpoint)
        if found is None:
            found = self._subscribers[endpoint] = Subscriber(self.context, endpoint, queue=queue)
            deliver = partial(self._deliver, found)
            if self.listens_every_s is None:
                self.on_readable(found.socket, deliver)
            else:
                self.every(self.listens_every_s, deliver)
        return found

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

    @property
    def config(self) -> Config:
        """restrike.json as it is in force now."""
        return self.live.config

    def on_config(self, path: str, callback: Callable[[Any], None]) -> None:
        """Call `callback` with what restrike.json has at `path` (`journal.keep_hours`): now, and when it changed."""
        self.live.on(path, callback)

    def fixed_config(self, *paths: str) -> None:
        """Name what of restrike.json this service takes over at its start only, so that it is told when it changed."""
        self.live.fix(*paths)

    @cached_property
    def settings(self) -> Settings:
        """What operators set, always as it is now: read again when a change is told, and every 10 s. Ask in `build`."""
        settings = Settings.of_file(self.paths, warn=self.tell_unusable_setting)
        self.on(SETTINGS_CHANGED)(lambda _: settings.look())
        self.every(LOOK_EVERY_S, settings.look)
        return settings

    @cached_property
    def meters(self) -> Meters:
        """What this service counts and measures; published while somebody listens. Ask in `build`."""
        meters = Meters(self.service)
        self.fixed_config("metrics.every_s")
        meters.follow(SERVICE_CPU, lambda: sum(os.times()[:2]), self.service)
        meters.follow(LOG_LINES_DROPPED, lambda: self.logs.lines_dropped, self.service)
        channel = self.bus.channel(SERVICE_METERS, self.service)
        self.every(self.config.metrics.every_s, lambda: channel.offer(meters.read))
        return meters

    def on_setting(self, key: Key[T], callback: Callable[[T], None]) -> None:
        """Call `callback` with the value of `key`: now, and whenever it changed."""
        self.settings.watch(key, callback)

    def every(self, seconds: float, callback: Callback) -> Timer:
        """Call `callback` every `seconds`, in step with all that is done so; first after half of that time or more."""
        return self._timers.every(seconds, callback)

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
        self._bell.ring()

    # What the loop does

    def stop(self) -> None:
        """Ask the loop to end."""
        self._stop_asked = True
        self._bell.ring()

    def run(self) -> None:
        """Turn until asked to stop, then drain and close."""
        signal.set_wakeup_fd(self._bell.rung, warn_on_full_buffer=False)
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
            HANDLED.forget()
        for callback in self._after_turn:
            self.guard(callback)
            HANDLED.forget()

    def _deliver(self, subscriber: Subscriber) -> None:
        before = subscriber.taken
        for delivery in subscriber.drain():
            if delivery.lost and delivery.topic is not None and not delivery.topic.direct:
                self._tell_loss(delivery.frame, delivery.envelope.producer, delivery.lost, subscriber.lost)
            if delivery.topic is not None:
                for handler in self._handlers.get(delivery.topic.name, ()):
                    self.guard(handler, delivery.envelope.event)
                    HANDLED.forget()
        if subscriber.taken - before == DRAIN_LIMIT and self.listens_every_s is not None:
            self.post(partial(self._deliver, subscriber))  # more may wait, and nothing wakes us for it

    def _tell_loss(self, frame: bytes, producer: str, count: int, total: int) -> None:
        text = frame.decode("utf-8", "replace")
        self.logger(BUS).warning("events_lost", frame=text, producer=producer, count=count)
        event = EventsLost(service=self.service, frame=text, producer=producer, count=count, total=total)
        self.bus.publish(SERVICE_LOSS, self.service, event)

    def guard(self, function: Callable[..., None], *arguments: object) -> None:
        """Call `function`; what it raises is told as a fault and keeps nothing else from being done."""
        try:
            function(*arguments)
        except Exception as error:  # noqa: BLE001  # a handler that raises must not stop the loop: it is told
            told = function.func if isinstance(function, partial) else function
            self.tell_fault(getattr(told, "__qualname__", repr(told)), error)

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
            log_lines_dropped=self.logs.lines_dropped,
            stages=self.stages(),
        )

    def _meet_subscribers(self) -> None:
        self.bus.read_subscriptions()
        if self._life is Life.STARTING and self.bus.on_bus:
            self._life = Life.ON_BUS

    def _close(self) -> None:
        signal.set_wakeup_fd(-1)
        self.context.destroy(linger=200)
        self.paths.leave_sockets(self.service)
        self._bell.close()


def serve(service: str, build: Callable[[Runtime], None], *, stuck_after_s: float = STUCK_AFTER_S) -> None:
    """Run a service to its end and leave the process: 0 asked for, 1 crash, 2 bad configuration."""
    os.umask(0o077)
    faulthandler.enable()
    paths = Paths.from_environment()
    try:
        paths.prepare()
        last_alive_us = modified_us(paths.lock(service))
        lock = take_lock(paths, service)
        if lock is None:
            print(f"{service}: another process holds {paths.lock(service)}", file=sys.stderr)
            sys.exit(EXIT_CRASH)
        runtime = Runtime(service, paths=paths, following=in_force(paths), last_alive_us=last_alive_us)
        runtime.logs.take_over()
        runtime.watchdog = Watchdog(stuck_after_s)
        build(runtime)
        runtime.live.begin()
    except ConfigError as error:
        print(f"{service}: {error}", file=sys.stderr)
        sys.exit(EXIT_CONFIGURATION)
    except (RestrikeError, OSError, zmq.ZMQError) as error:
        print(f"{service}: cannot start: {error}", file=sys.stderr)
        sys.exit(EXIT_CRASH)
    runtime.run()
    sys.exit(EXIT_ASKED)
