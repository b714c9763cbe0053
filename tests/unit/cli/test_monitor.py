"""`restrike monitor`: samples as tables, the past from the database, and what it changes."""

import re
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest

from services.cli import writer
from services.cli.monitor import showing
from services.cli.monitor.incidents import WORDS
from services.cli.monitor.metrics import Metric
from services.cli.monitor.sample_tables import text_of
from services.db_writer.once import _carry_out
from services.db_writer.outboxes.incidents import store_incident
from services.db_writer.outboxes.samples import store_sample
from services.db_writer.outboxes.stamp import Stamp
from shared.clock import unix_ns
from shared.db.sqlite import connect_writer
from shared.errors import NetworkError
from shared.messages.incidents import IncidentKind, ServiceIncident
from shared.messages.system import CpuUse, SystemSample
from shared.paths import Paths
from shared.rpc import RefusedError
from tests.support.samples import GIB, SAMPLE, averaged
from tests.unit.cli.conftest import Run

STAMP = Stamp(producer="cpu-monitor", at_us=0, at="", now="")
MINUTE_US = 60_000_000


def _cpu(percent: float) -> CpuUse:
    return CpuUse(percent=percent, core_percents=(percent,), load_1=1.0, load_5=1.0, load_15=1.0)


@pytest.fixture
def paths(
    run: Run,  # noqa: ARG001  # it must find no home yet
    home: Path,
    migrated: bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> Paths:
    """A home with a database, and db-writer's part in this process."""
    paths = Paths(home)
    paths.prepare()
    paths.database.write_bytes(migrated)
    monkeypatch.setattr(writer, "ask", lambda command, *, paths: _carry_out(command, paths))
    return paths


@pytest.fixture
def stored(paths: Paths) -> Paths:
    """Six samples of 10 s of the last minute, and three minutes of a day ago."""
    now_us = unix_ns() // 1000
    with closing(connect_writer(paths.database)) as connection:
        new = msgspec.structs.replace(SAMPLE.processes[0], pss_bytes=None, files=None)
        for n in range(6):
            # Not at an end: there it may be alone in its hour.
            processes = SAMPLE.processes if n != 3 else (new, SAMPLE.processes[1])
            fact = averaged(at_us=now_us - n * 10_000_000, cpu=_cpu(10.0 * n), processes=processes)
            store_sample(connection, fact, STAMP)
        for n in range(3):
            fact = averaged(period_s=60, at_us=now_us - 1_440 * MINUTE_US - n * MINUTE_US, cpu=_cpu(50.0))
            store_sample(connection, fact, STAMP)
    return paths


def test_a_sample_as_tables() -> None:
    """Everything that was measured, in 100 columns; a share that does not answer says so."""
    text = text_of(SAMPLE)
    for words in (
        "processor  42.5 %, load 1.25 1.00 0.50, 3400 MHz, 61 °C, waited 2.5 % of 10 s",
        "cores       80.0   5.0",
        "memory     9.0 GiB of 16.0 GiB can be had, swap 1.0 GiB of 2.0 GiB, 4.0 KiB/s, waited 0.1 % of 10 s",
        "UDP        1300 datagrams read, 2 dropped",
        "clock      follows a time server, -0.042 ms to correct",
        "/mnt/nas  recordings  no answer",
        "udp-ingest  101  sleeping  3.0    40.0 MiB  21.0 MiB  5        25     0 B/s  1.0 KiB/s",
        "main  202  45.0   1020 MiB  50.0  3.5       4             0            3     6000",
    ):
        assert words in text
    assert max(map(len, text.splitlines())) <= 100


def test_a_machine_that_tells_little() -> None:
    """No line is made up."""
    bare = msgspec.structs.replace(
        SAMPLE,
        cpu=_cpu(1.0),
        memory=msgspec.structs.replace(SAMPLE.memory, swap_total_bytes=0, waiting_percent=None),
        clock=msgspec.structs.replace(SAMPLE.clock, is_synchronised=None, offset_ms=None, stepped_ms=-3_600_000.0),
        disks=(),
        networks=(),
        processes=(),
        obs=(),
    )
    lines = text_of(bare).splitlines()
    assert lines[2:] == [
        "processor  1.0 %, load 1.00 1.00 1.00",
        "cores        1.0",
        "memory     9.0 GiB of 16.0 GiB can be had, no swap",
        "UDP        1300 datagrams read, 2 dropped",
        "clock      not known whether it follows a time server, was set by -3600000 ms",
    ]


def test_many_cores_are_several_lines() -> None:
    """Twelve in a line."""
    many = msgspec.structs.replace(SAMPLE, cpu=msgspec.structs.replace(SAMPLE.cpu, core_percents=(100.0,) * 64))
    text = text_of(many)
    assert text.count(" 100.0") == 64
    assert max(map(len, text.splitlines())) <= 100


def test_show_without_a_suite(run: Run) -> None:
    """No answer: 3, and what to do."""
    done = run("monitor", "show")
    assert (done.code, done.out) == (3, "")
    assert "restrike up" in done.err


class _Answers:
    """What a client is answered, one after the other; then somebody presses Ctrl-C."""

    def __init__(self, *answers: SystemSample | Exception) -> None:
        self._answers = list(answers)

    def call(self, _command: object) -> SystemSample:
        if not self._answers:
            raise KeyboardInterrupt
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def watching(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def answer(*answers: SystemSample | Exception) -> None:
        monkeypatch.setattr(showing, "Client", lambda _: _Answers(*answers))
        monkeypatch.setattr(showing, "wait_s", lambda _: None)

    return answer


def test_watch_over_a_pipe(run: Run, watching: Callable[..., None]) -> None:
    """Each sample once, in plain text; what is refused meanwhile is said, and watched on."""
    later = msgspec.structs.replace(SAMPLE, at_us=SAMPLE.at_us + 1_000_000, udp=SAMPLE.udp)
    watching(
        SAMPLE, SAMPLE, RefusedError("monitor.off", "Measuring is switched off."), NetworkError("x", "Away."), later
    )
    done = run("monitor", "watch")
    assert done.code == 0
    assert done.out.count("processor") == 2
    assert "Measuring is switched off." in done.out
    assert "Away." in done.out
    assert "\x1b" not in done.out


def test_watch_for_programs(run: Run, watching: Callable[..., None]) -> None:
    """A document a line."""
    watching(SAMPLE, RefusedError("monitor.off", "Measuring is switched off."))
    documents = [msgspec.json.decode(line) for line in run("monitor", "watch", "--json").out.splitlines()]
    assert documents[0]["udp"] == {"received": 1300, "dropped": 2}
    assert documents[1] == {"error": {"code": "monitor.off", "message": "Measuring is switched off."}}


@pytest.mark.usefixtures("stored")
def test_history_of_all(run: Run) -> None:
    """The last minute: averages, the most that was taken, the least that was left, sums of counts."""
    document = run("monitor", "history", "--last", "2m", "--every", "1h", "--json").document
    assert (document["metric"], document["name"], document["period_s"], document["every_s"]) == (None, None, 10, 3600)
    rows = document["rows"]
    assert sum(row["udp_received"] for row in rows) == 6 * 1300
    assert max(row["cpu_busiest_core_percent"] for row in rows) == 50.0
    assert {row["disk_free_bytes"] for row in rows} == {GIB // 2}
    assert rows[0]["at"].endswith(":00:00Z")
    table = run("monitor", "history", "--last", "2m", "--every", "1h").out
    assert table.splitlines()[0].split("  ")[0] == "from"
    assert "9.0 GiB" in table


@pytest.mark.usefixtures("stored")
def test_history_of_yesterday_is_of_minutes(run: Run) -> None:
    """Samples of 10 s are for the last hours; an hour without any is asked of the minutes."""
    document = run("monitor", "history", "--last", "2d", "--json").document
    assert (document["period_s"], document["every_s"]) == (60, 7_200)
    assert {row["cpu_percent"] for row in document["rows"]} == {50.0}
    days, hours = (run("monitor", "history", "--last", span).out.splitlines()[-1] for span in ("2d", "1h"))
    assert re.match(r"\d\d-\d\d \d\d:\d\d  ", days)
    assert re.match(r"\d\d:\d\d:\d\d  ", hours)


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize("metric", list(Metric))
def test_history_of_one_thing(run: Run, metric: Metric) -> None:
    """Each question is answered, as a table of up to 100 columns and as a document."""
    document = run("monitor", "history", "--metric", metric.value, "--json").document
    assert document["rows"]
    table = run("monitor", "history", "--metric", metric.value)
    assert table.code == 0
    assert max(map(len, table.out.splitlines())) <= 100


@pytest.mark.usefixtures("stored")
def test_history_of_one_process(run: Run) -> None:
    """By its name alone."""
    asked = ("monitor", "history", "--metric", "process", "udp-ingest", "--every", "1h", "--json")
    rows: list[dict[str, Any]] = run(*asked).document["rows"]
    assert {row["name"] for row in rows} == {"udp-ingest"}
    assert {(row["cpu_percent"], row["rss_bytes"], row["files"]) for row in rows} == {(3.0, 40 << 20, 25)}
    assert {row["pss_bytes"] for row in rows} - {None} == {21 << 20}  # of the samples in which it is known
    rows = run(*asked[:-4], "obs", "--every", "1h", "--json").document["rows"]
    assert {row["pss_bytes"] for row in rows} == {None}
    assert run("monitor", "history", "--metric", "process", "nobody").out.startswith("Nothing is stored")


@pytest.mark.parametrize("phase_ms", [0, 500, 4_990, 5_000, 9_999])
@pytest.mark.parametrize(("every", "lines"), [("10s", 12), ("20s", 6), ("30s", 4)])
def test_history_has_no_false_hole(run: Run, paths: Paths, phase_ms: int, every: str, lines: int) -> None:
    """Two minutes, measured all the time, each sample some milliseconds early or late, whenever measuring began."""
    minute_us = unix_ns() // 1000 // MINUTE_US * MINUTE_US - 5 * MINUTE_US
    with closing(connect_writer(paths.database)) as connection:
        for n in range(1, 13):
            late_ms = phase_ms + (58 if n % 2 else -23)
            fact = averaged(at_us=minute_us + n * 10_000_000 + late_ms * 1000)
            store_sample(connection, fact, STAMP)
        connection.commit()
    rows = run("monitor", "history", "--last", "1h", "--every", every, "--json").document["rows"]
    times = [datetime.fromisoformat(row["at"]) for row in rows]
    steps = {(after - before).total_seconds() for before, after in pairwise(times)}
    step_s = int(every[:-1])
    assert steps <= ({9, 10, 11} if step_s == 10 else {step_s})
    assert lines <= len(rows) <= lines + (step_s > 10)  # those at the ends may be cut
    assert sum(row["udp_received"] for row in rows) == 12 * 1300
    first = minute_us / 1e6 + phase_ms / 1000  # where the first sample began
    assert -step_s < times[0].timestamp() - first <= 1


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--last", "soon"), "90s, 15m, 1h or 3d"),
        (("--last", "0m"), "no length of time"),
        (("--every", "x"), "no length of time"),
        (("--metric", "cpu", "core0"), "A NAME goes with"),
    ],
)
def test_what_history_refuses(run: Run, words: tuple[str, ...], said: str) -> None:
    """In a sentence."""
    done = run("monitor", "history", *words)
    assert (done.code, done.out) == (2, "")
    assert said in done.err


def test_incidents(run: Run, paths: Paths) -> None:
    """What became of the services, the newest first, of one or of all; a service that does not exist is named."""
    now_us = unix_ns() // 1000
    told = [
        ("db-writer", IncidentKind.ENDED, 70, "It had not answered for 21 s and was ended."),
        ("db-writer", IncidentKind.RESTARTED, 71, "It ended (terminated by SIGKILL). It was started again."),
        ("broker", IncidentKind.STORM, 72, "It was started 5 times within a minute."),
    ]
    assert run("monitor", "incidents").out == "Nothing happened to a service.\n"
    with closing(connect_writer(paths.database)) as connection:
        for n, (service, kind, pid, detail) in enumerate(told):
            incident = ServiceIncident(
                incident_id=str(n),
                service=service,
                kind=kind,
                happened_at_us=now_us - (3 - n) * MINUTE_US + MINUTE_US // 2,
                pid=pid,
                detail=detail,
            )
            store_incident(connection, incident, STAMP)
        connection.commit()
    found = run("monitor", "incidents", "--json").document["incidents"]
    assert [(one["service"], one["kind"], one["pid"], one["detail"]) for one in found] == told[::-1]
    lines = run("monitor", "incidents", "db-writer").out.splitlines()
    assert [line[21:] for line in lines[::2]] == ["db-writer: started again", "db-writer: ended by force"]
    assert [line.strip() for line in lines[1::2]] == [told[1][3], told[0][3]]
    assert run("monitor", "incidents", "--last", "1m", "--json").document["incidents"] == found[:1]
    assert "One of: broker" in run("monitor", "incidents", "db").err
    assert run("monitor", "incidents", "db").code != 0
    assert set(WORDS) == set(IncidentKind)


@pytest.mark.usefixtures("paths")
def test_settings_are_changed(run: Run) -> None:
    """By the commands of this group, with an author, and no more than they allow."""
    assert run("monitor", "interval", "0.5", "--author", "ana").out == (
        "The machine is measured every 0.5 s. It holds when the suite starts.\n"
    )
    assert run("monitor", "interval", "0.5", "--json").document == {"interval_ms": 500, "changed": False}
    assert run("monitor", "interval", "0.1").code == 2
    assert run("monitor", "interval", "61").code == 2
    assert run("monitor", "off", "--json").document == {"enabled": False, "changed": True}
    assert run("monitor", "off").out == "Measuring is off already. It holds when the suite starts.\n"
    assert run("monitor", "on").out == "Measuring is on. It holds when the suite starts.\n"
    (change,) = run("settings", "history", "monitor.interval_ms", "--json").document["changes"]
    assert "ana" in change.values()
