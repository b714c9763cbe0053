"""`restrike up`, `down`, `ps`: the suite as a whole."""

import os
import shutil
import socket
from collections.abc import Callable
from typing import Annotated, Any, Final

import typer

from services.cli import health, output, readiness
from services.cli.readiness import Readiness
from services.cli.status import command as status
from services.cli.supervision import (
    POLL_S,
    Ended,
    Standing,
    Supervisor,
    end_frozen,
    end_left_overs,
    end_stand_in,
    holders,
    only_in_memory_bytes,
    only_one,
    stop_suite,
)
from services.cli.terminal import own_name, stay
from services.registry import SERVICES
from shared.clock import monotonic_s, wait_s
from shared.config import Config, in_force
from shared.config.following import Source
from shared.errors import ConfigError, IoError, NetworkError
from shared.interfaces import detect, recommended
from shared.paths import Paths
from shared.rpc import Client
from shared.supervised import ANEW, fault_of, process_of

LEAST_FREE_BYTES: Final = 1024 * 1024
"""With less, not even supervisord's log can be begun."""
NOTIFY_SOCKET: Final = "NOTIFY_SOCKET"
"""Set by systemd, which starts the suite when the machine does."""
UP_WITHIN_S: Final = 20.0
"""The first start migrates the database; a slow disk needs its time. Normally it is two seconds."""


def register(app: typer.Typer) -> None:
    """Add the commands to `restrike` itself."""
    app.command(epilog="Example: restrike up -d")(up)
    app.command(epilog="Example: restrike down")(down)
    app.command(epilog="Example: restrike ps --json")(ps)
    status.register(app)
    health.register(app)


def up(
    *,
    detach: Annotated[bool, typer.Option("--detach", "-d", help="Return when everything is up.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Break off a restrike command that works on the database.")
    ] = False,
    unattended: Annotated[
        bool,
        typer.Option(
            "--unattended",
            help="Nobody is there to decide: a bad restrike.json is told, and what was accepted last is in force.",
        ),
    ] = False,
    json: output.Json = False,
) -> None:
    """Start the suite, and end it with Ctrl-C; a suite that runs already is left as it is.

    One whose supervisord is gone, or does not answer, is started anew.
    """
    paths = _prepared()
    config = _sound(paths, is_unattended=unattended or NOTIFY_SOCKET in os.environ)
    supervisor = Supervisor(paths)
    with only_one(paths):
        standing = supervisor.standing()
        if standing is not None and standing.answers:
            _tell_running(paths, standing.pid, started=supervisor.start_ended(), as_json=json)
            return
        _refuse_what_cannot_work(paths, config)
        _clear(paths, frozen=standing, force=force)
        process = supervisor.start()
        ready = _wait_until_up(paths, process.poll)
    _tell_up(paths, config, ready, as_json=json)
    if detach:
        raise typer.Exit(0 if ready.is_up and not ready.faults else 1)
    stay(paths, supervisor, process)


def _clear(paths: Paths, *, frozen: Standing | None, force: bool) -> None:
    """End what is in the way of a start. Services are ended last: by then nothing keeps new ones from starting."""
    broken_off = end_stand_in(paths, force=force)
    if broken_off is not None:
        output.note(f"Broke off a restrike command that worked on the database ({broken_off}).")
    if frozen is not None:  # it holds the socket: another one can start only once it is gone
        end_frozen(frozen.pid)
        output.note(f"Killed supervisord (process {frozen.pid}), which did not answer; all services start anew.")
    for name in end_left_overs(paths):
        output.note(f"Ended {name}, which had outlived its supervisor.")


def down(
    *,
    force: Annotated[
        bool, typer.Option("--force", help="End it though a full disk makes it lose what is in memory.")
    ] = False,
    json: output.Json = False,
) -> None:
    """End the suite in order: what was received is stored first."""
    paths = Paths.from_environment()
    ended = _end(paths, force=force) if paths.run.exists() else None
    if json:
        left, killed = (ended.left, ended.killed) if ended is not None else (None, None)
        was_running = ended is not None
        output.document({"was_running": was_running, "left_for_next_start": left, "killed_supervisor_pid": killed})
        return
    output.line("The suite is down." if ended is not None else f"No suite was running in {paths.home}.")
    for note in ended.notes if ended is not None else []:
        output.note(note)


def _end(paths: Paths, *, force: bool) -> Ended | None:
    """End the suite of a home; None: there was none."""
    in_memory = only_in_memory_bytes(paths)
    if in_memory and not force:
        raise IoError(
            "suite.only_in_memory",
            f"{output.size(in_memory)} are only in memory, because the journal cannot be written: free space on the "
            "disk first, or lose them with restrike down --force.",
        )
    supervisor = Supervisor(paths)
    with only_one(paths):
        is_there = bool(holders(paths)) or supervisor.standing() is not None
        return stop_suite(paths, supervisor) if is_there else None


def ps(*, json: output.Json = False) -> None:
    """List the suite's processes."""
    paths = Paths.from_environment()
    ready = readiness.ask(Client(paths))
    known = {str(p["name"]): p for p in Supervisor(paths).processes()}
    rows = [_process_row(name, ready, known.get(name)) for name in SERVICES]
    if json:
        output.document([dict(zip(_PROCESS_KEYS, row, strict=True)) for row in rows])
    else:
        output.line(output.table(["SERVICE", "STATE", "PID", "UPTIME", "RECEIVED", "SENT", "LOST", "FAULTS"], rows))
    is_missed = not known and (ready.services or process_of(paths) is not None)
    if is_missed and (fault := fault_of(paths)) is not None:
        output.note(f"! {fault} {ANEW}")
    raise typer.Exit(0 if ready.is_up else 1)


_PROCESS_KEYS: Final = ("service", "state", "pid", "uptime_s", "received", "sent", "lost", "faults")


def _prepared() -> Paths:
    paths = Paths.from_environment()
    try:
        paths.prepare()
    except OSError as error:
        raise IoError(
            "home.not_writable", f"{paths.home} cannot be used: {error.strerror}. Set RESTRIKE_HOME to another folder."
        ) from error
    return paths


def _sound(paths: Paths, *, is_unattended: bool) -> Config:
    """What is to be in force. A file that is refused starts nothing, though there is a version that would do: whoever
    starts the suite is there to decide. At night, after a power cut, nobody is: then that version is in force, as it is
    for a service that starts again, and services, health and an alert tell the faults.
    """
    found = in_force(paths)
    if found.source is Source.ACCEPTED and found.faults and is_unattended:
        output.note(
            f"{paths.config} is refused, version {found.version}, which was accepted last, is in force: "
            f"{' '.join(found.faults)} Mend the file (restrike config check)."
        )
    elif found.source is Source.ACCEPTED and found.faults:
        raise ConfigError(
            "config.invalid",
            f"{paths.config}: {' '.join(found.faults)} Mend the file (restrike config check), or go back to what was "
            "accepted last: restrike config rollback",
        )
    return found.config


def _wait_until_up(paths: Paths, ended: Callable[[], int | None]) -> Readiness:
    client = Client(paths)
    deadline = monotonic_s() + UP_WITHIN_S
    while True:
        ready = readiness.ask(client, deadline_s=0.5)
        if ready.is_settled:
            return ready
        if ended() is not None:
            end_left_overs(paths)
            raise IoError("suite.supervisor_ended", f"supervisord ended at once: see {paths.logs}/supervisord.out.")
        if monotonic_s() > deadline:
            return ready
        wait_s(POLL_S)


def _refuse_what_cannot_work(paths: Paths, config: Config) -> None:
    """Say in one sentence what would otherwise end the suite at once."""
    if shutil.disk_usage(paths.home).free < LEAST_FREE_BYTES:
        raise IoError("home.disk_full", f"The disk of {paths.home} is full: free some space, then start again.")
    if holders(paths):
        return  # those that outlived their supervisor hold the ports; they are ended first
    for what, endpoint in (("events", config.bus.events), ("commands", config.bus.commands)):
        host, _, port = endpoint.removeprefix("tcp://").rpartition(":")
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, int(port)))
            except OSError as error:
                raise NetworkError(
                    "bus.cannot_bind",
                    f"{endpoint} ({what}) cannot be used: {error.strerror}. Another program or another suite has it: "
                    f"set bus.{what} in {paths.config}.",
                ) from error


def _tell_running(paths: Paths, pid: int, *, started: list[str], as_json: bool) -> None:
    services = holders(paths)
    if as_json:
        output.document(
            {"already_running": True, "supervisor_pid": pid, "services": services, "started_again": started}
        )
        return
    who = ", ".join(f"{name} {number}" for name, number in services.items())
    done = f"Started again: {', '.join(started)}." if started else "Nothing was changed."
    output.line(f"The suite runs already (supervisord {pid}; {who}). {done}")


def _tell_up(paths: Paths, config: Config, ready: Readiness, *, as_json: bool) -> None:
    best = recommended(detect())
    if as_json:
        output.document(
            {
                "up": ready.is_up,
                "home": paths.home,
                "events": config.bus.events,
                "commands": config.bus.commands,
                "rings": ready.rings,
                "recommended_interface": best,
                "faults": ready.faults,
            }
        )
        return
    rings = ", ".join(f"{r.ring} on UDP {r.address}:{r.port}" for r in ready.rings if r.listening) or "no ring"
    how = "NOT fully up" if not ready.is_up else "up, but not all is well" if ready.faults else "up"
    text = f"reStrike VTA is {how}: {rings}; events {config.bus.events}."
    first = next((r.ring for r in ready.rings if r.listening and r.address == "127.0.0.1"), None)
    if best is not None and first is not None:
        text += f" To hear the network ({best.name}, {best.address}): {own_name()} udp bind {first} auto"
    output.line(text)
    for fault in ready.faults:
        output.note(f"! {fault}")


def _process_row(name: str, ready: Readiness, known: dict[str, Any] | None) -> tuple[object, ...]:
    answered = ready.services.get(name)
    if answered is None:
        state = str(known["statename"]).lower() if known else "down"
        return (name, f"no answer ({state})", known["pid"] if known else None, None, None, None, None, None)
    return (
        name,
        answered.life,
        answered.pid,
        answered.uptime_s,
        answered.received,
        answered.sent,
        answered.lost,
        answered.faults,
    )
