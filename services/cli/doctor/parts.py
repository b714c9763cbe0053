"""The one list of what a support bundle holds, the most telling first; each part is made without the others."""

import os
import shutil
import stat
import subprocess
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec
import psutil
from msgspec import Struct

from services.cli import journal_pages
from services.cli.doctor import machine, masking
from services.cli.doctor.site import Site
from services.registry import SERVICES
from shared.clock import iso_utc, unix_ns
from shared.config.environment import PREFIX
from shared.db.sqlite import connect_reader, is_empty
from shared.errors import RestrikeError
from shared.interfaces import detect
from shared.log.values import text_of
from shared.messages.alerts import GetAlerts
from shared.messages.commands import GetDatabaseStatus, GetHealth, GetRings, ListMatchStates
from shared.messages.configuration import GetConfigurationState
from shared.messages.health import GetHealthReport
from shared.messages.license import GetLicense
from shared.messages.logs import GetLogLevels
from shared.messages.obs_commands import GetObsStatus
from shared.messages.requests import Command
from shared.messages.system import GetSystem

Files = Iterable[tuple[str, str]]
"""Name and text of each file of a part."""
ASK_S: Final = 2.0
DATAGRAMS: Final = 2000
SAMPLES: Final = 360
"""An hour of those of 10 s."""
ROWS: Final = 500
LOG_BYTES: Final = 8 * 1024 * 1024
"""Of each service: the newest lines."""
MOST_FILES: Final = 5000
SHOWN: Final = ("HOME", "LANG", "LC_ALL", "PATH", "TZ", "USER", "XDG_RUNTIME_DIR", "VIRTUAL_ENV")
PROCESS: Final = ["pid", "ppid", "name", "cmdline", "username", "status", "create_time", "num_threads", "memory_info"]
OTHERS: Final = frozenset({"obs", "ffmpeg", "supervisord"})
TABLES: Final = {
    "resource_samples": SAMPLES,
    "disk_samples": SAMPLES,
    "network_samples": SAMPLES,
    "process_samples": SAMPLES * 4,
    "obs_samples": SAMPLES,
    "alerts": ROWS,
    "alert_deliveries": ROWS,
    "alert_rules": ROWS,
    "service_incidents": ROWS,
    "license_changes": ROWS,
    "jobs": 100,
    "backups": 100,
    "udp_server_configs": 100,
}


class Part(Struct, frozen=True, kw_only=True):
    """A part of a bundle. It may give up to its last file, or raise: what it gave until then is kept."""

    name: str
    make: Callable[[Site], Files]
    within_s: float = 10.0


def parts(*, hours: int) -> list[Part]:
    """Every part; logs of the last `hours`."""
    return [
        Part(name="doctor", make=_doctor, within_s=30.0),
        Part(name="versions", make=_versions),
        Part(name="configuration", make=_configuration),
        Part(name="environment", make=_environment),
        *(Part(name=name, make=partial(_asked, name, command)) for name, command in QUESTIONS.items()),
        Part(name="services", make=_services, within_s=30.0),
        Part(name="processes", make=_processes),
        Part(name="settings", make=_settings),
        Part(name="database", make=_tables, within_s=20.0),
        Part(name="datagrams", make=_datagrams, within_s=20.0),
        Part(name="network", make=_network),
        Part(name="systemd", make=_systemd),
        Part(name="files", make=_files),
        Part(name="logs", make=partial(_logs, hours=hours), within_s=60.0),
    ]


OF_EACH: Final[dict[str, Command[Any]]] = {
    "health": GetHealth(),
    "configuration": GetConfigurationState(),
    "log-levels": GetLogLevels(),
}
QUESTIONS: Final[dict[str, Command[Any]]] = {
    "health": GetHealthReport(),
    "rings": GetRings(),
    "matches": ListMatchStates(),
    "database-status": GetDatabaseStatus(),
    "obs": GetObsStatus(),
    "alerts": GetAlerts(),
    "system": GetSystem(),
    "license": GetLicense(),
}


def _asked(name: str, command: Command[Any], site: Site) -> Files:
    answer = site.client.call(command, deadline_s=ASK_S)
    yield f"{name}.json", masking.document(answer)


def _doctor(site: Site) -> Files:
    from services.cli.doctor.catalogue import CHECKS  # noqa: PLC0415  # the checks know nothing of bundles
    from services.cli.doctor.rounds import run  # noqa: PLC0415  # as above
    from services.cli.doctor.telling import lines, summary  # noqa: PLC0415  # as above

    results = run(CHECKS, site)
    yield "doctor.json", masking.document([result.shown() for result in results])
    yield "doctor.txt", masking.text("\n".join([*lines(results), summary(results)]) + "\n")


def _versions(_site: Site) -> Files:
    yield "versions.json", masking.document(machine.versions())


def _configuration(site: Site) -> Files:
    yield "config/in-force.json", masking.document(site.config)
    try:
        given = site.paths.config.read_bytes()
    except FileNotFoundError:
        yield "config/no-restrike-json.txt", "There is no restrike.json: all is default.\n"
        return
    try:
        yield "config/restrike.json", masking.document(msgspec.json.decode(given))
    except msgspec.DecodeError:
        yield "config/restrike.json.txt", masking.text(given.decode("utf-8", "replace"))


def _environment(_site: Site) -> Files:
    found = {name: text for name, text in sorted(os.environ.items()) if name in SHOWN or name.startswith("RESTRIKE")}
    overrides = {name: text for name, text in found.items() if name.startswith(PREFIX)}
    yield "environment.json", masking.document({"variables": found, "overrides": overrides})


def _services(site: Site) -> Files:
    found: dict[str, Any] = {}
    for name in SERVICES:
        found[name] = {"pid": site.running.get(name)}
        for what, command in OF_EACH.items():
            try:
                found[name][what] = site.client.call(command, service=name, deadline_s=ASK_S)
            except RestrikeError as error:
                found[name][what] = {"error": str(error)}
    yield "services.json", masking.document(found)


def _processes(site: Site) -> Files:
    """What belongs to this home, and every OBS and ffmpeg, whose arguments may hold the key of a stream."""
    rows = []
    for one in psutil.process_iter(PROCESS):
        words = " ".join(one.info.pop("cmdline") or ())
        is_ours = one.info["pid"] in site.running.values() or str(site.paths.home) in words
        if is_ours or (one.info["name"] or "").lower() in OTHERS:
            memory = one.info.pop("memory_info")
            command = words if is_ours else None
            rows.append(one.info | {"command": command, "rss_bytes": memory.rss if memory is not None else None})
    yield "processes.json", masking.document(rows)


def _settings(site: Site) -> Files:
    from services.cli.settings.stored import read_settings  # noqa: PLC0415  # start time: only here

    yield "settings.json", masking.document(read_settings(site.paths))


def _tables(site: Site) -> Files:
    if is_empty(site.paths.database):
        return
    with closing(connect_reader(site.paths.database, timeout_s=1.0)) as connection:
        there = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        for table, count in TABLES.items():
            if table in there:
                cursor = connection.execute(f"SELECT * FROM {table} ORDER BY rowid DESC LIMIT ?", (count,))
                names = [column[0] for column in cursor.description]
                rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
                yield f"database/{table}.json", masking.document(rows)


def _datagrams(site: Site) -> Files:
    for ring in site.config.rings:
        pages = journal_pages.pages_of(site.paths)
        try:
            after = max(0, pages(ring.name, 0, 1).end - DATAGRAMS)
            found = list(journal_pages.entries(pages, ring.name, after=after))
        except RestrikeError as error:
            yield f"datagrams/{ring.name}.txt", f"{error}\n"
            continue
        yield f"datagrams/{ring.name}.jsonl", "".join(_line(number, entry) for number, entry in found)


def _line(number: int, entry: Any) -> str:
    line: dict[str, Any] = {"entry": number, "at": iso_utc(entry.received_at_us * 1000)}
    if entry.fact is not None:
        line["fact"] = msgspec.to_builtins(entry.fact)
    else:
        line |= {"from": f"{entry.address}:{entry.port}", "origin": entry.origin}
        line["bytes"] = len(entry.body)
        try:
            line["data"] = text_of(entry.body.decode())
        except UnicodeDecodeError:
            line["hex"] = text_of(entry.body.hex())
    return msgspec.json.encode(masking.masked(line)).decode() + "\n"


def _network(_site: Site) -> Files:
    yield "network/interfaces.json", masking.document(detect())
    for program, arguments in (("ip", ("-s", "addr")), ("ss", ("-lunpt",)), ("nft", ("list", "ruleset"))):
        said = _said(program, *arguments)
        if said is not None:
            yield f"network/{program}.txt", masking.text(said)


def _systemd(_site: Site) -> Files:
    if not machine.SYSTEMD.is_dir():
        yield "systemd.txt", "systemd does not run here.\n"
        return
    asked = (
        ("systemctl", "status", "--no-pager", machine.UNITS),
        ("journalctl", "--no-pager", "-n", "300", "-u", "restrike*"),
    )
    yield "systemd.txt", masking.text("\n".join(_said(*words) or "" for words in asked))


def _said(program: str, *arguments: str) -> str | None:
    """What a program prints; None where there is none."""
    path = shutil.which(program)
    if path is None:
        return None
    done = subprocess.run([path, *arguments], capture_output=True, timeout=5.0, check=False)
    return (done.stdout + done.stderr).decode("utf-8", "replace")


def _files(site: Site) -> Files:
    lines = [line for line, _ in zip(_listed(site.paths.home), range(MOST_FILES), strict=False)]
    yield "files.txt", masking.text("".join(lines))


def _listed(home: Path) -> Iterator[str]:
    for folder, folders, names in os.walk(home):
        folders.sort()
        for name in sorted(names):
            path = Path(folder) / name
            try:
                at = path.lstat()
            except OSError:
                continue
            changed = iso_utc(at.st_mtime_ns)[:19]
            shown = os.fsencode(path.relative_to(home)).decode("utf-8", "replace")
            yield f"{stat.filemode(at.st_mode)} {at.st_uid:>5} {at.st_size:>12} {changed} {shown}\n"


def _logs(site: Site, *, hours: int) -> Files:
    """The newest lines of each service, as `restrike logs` reads them."""
    from services.cli.logs.reading import recent_lines  # noqa: PLC0415  # start time: only here

    kept: dict[str, _Newest] = {}
    for source, line in recent_lines(site.paths.logs, since_us=unix_ns() // 1000 - hours * 3_600_000_000):
        kept.setdefault(source, _Newest()).add(line)
    for source, newest in kept.items():
        yield f"logs/{source}.log", masking.text("".join(newest.lines))


class _Newest:
    """The newest lines, in LOG_BYTES at most."""

    def __init__(self) -> None:
        self.lines: deque[str] = deque()
        self._bytes = 0

    def add(self, line: str) -> None:
        """Take a line; the oldest go where there is no room."""
        self.lines.append(line if line.endswith("\n") else f"{line}\n")
        self._bytes += len(line) + 1
        while self._bytes > LOG_BYTES:
            self._bytes -= len(self.lines.popleft())
