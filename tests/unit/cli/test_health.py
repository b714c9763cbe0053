"""`restrike health`: what it says, and what it ends with."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from services.cli import health
from services.cli.health_changes import Changes
from services.cli.health_report import Seen, changed_line, current, line_width, of_answers
from services.cli.readiness import Readiness
from services.registry import SERVICES
from shared.messages.alerts import AlertChanged, Alerts, AlertSeverity, AlertState
from shared.messages.health import Condition, HealthItem, HealthReport, Subject
from shared.messages.service import Life, ServiceHealth
from shared.messages.udp import RingStatus
from shared.paths import Paths
from shared.rpc import Client
from tests.unit.cli.conftest import Run

GONE = "It is not running (yet); see: restrike ps. Start the suite with: restrike up"
NOW_US = 1_700_000_000_000_000
_RING = RingStatus(
    ring="ring-1", listening=True, session="s", journal_id="j", entry=1, bind="a", address="127.0.0.1", port=8888,
    source=None, error=None, receive_buffer_bytes=1, receive_buffer_asked_bytes=1, max_packet_bytes=1, packets=1,
    bytes=1, kernel_drops=0, refused=0, cut=0, lost=0, unjournaled_bytes=0, last_packet_us=NOW_US, senders=[],
)  # fmt: skip
_RANK = (Condition.FAILED, Condition.DEGRADED, Condition.UNKNOWN, Condition.OK)


def _item(name: str, condition: Condition = Condition.OK, *, since_s: int = 0) -> HealthItem:
    words = {} if condition is Condition.OK else {"reason": f"{name} is ill.", "remedy": "Mend it."}
    since_us = NOW_US + since_s * 1_000_000
    return HealthItem(subject=Subject.SERVICE, name=name, condition=condition, since_us=since_us, **words)


def _report(*items: HealthItem) -> HealthReport:
    worst = min((item.condition for item in items), key=_RANK.index)
    overall = Condition.DEGRADED if worst is Condition.UNKNOWN else worst
    return HealthReport(at_us=NOW_US, condition=overall, items=items)


def _judged(monkeypatch: pytest.MonkeyPatch, *items: HealthItem, is_judged: bool = True) -> None:
    seen = Seen(report=_report(*items), is_judged=is_judged)
    monkeypatch.setattr(health, "current", lambda _client: seen)


@pytest.mark.parametrize(
    ("condition", "code", "strict_code"),
    [
        (Condition.OK, 0, 0),
        (Condition.UNKNOWN, 0, 1),
        (Condition.DEGRADED, 0, 1),
        (Condition.FAILED, 1, 1),
    ],
)
def test_what_it_ends_with(
    run: Run, monkeypatch: pytest.MonkeyPatch, condition: Condition, code: int, strict_code: int
) -> None:
    """1 when something failed; with --strict for all that is not well."""
    _judged(monkeypatch, _item("db-writer", condition), _item("broker"))
    assert run("health").code == code
    assert run("health", "--strict").code == strict_code
    assert run("health", "--json").code == code


def test_what_it_says(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not well, with reason and what to do, and how much of all; with --all the rest, too."""
    _judged(monkeypatch, _item("db-writer", Condition.FAILED), _item("broker"))
    head, *words, last = run("health").out.splitlines()
    assert head.startswith("✗ failed    service db-writer, since ")
    assert words == ["    db-writer is ill.", "    → Mend it."]
    assert last == "failed: 1 of 2 are well, 1 failed."
    assert "✓ ok        service broker" in run("health", "--all").out
    _judged(monkeypatch, _item("broker"))
    assert run("health").out == "ok: 1 of 1 are well.\n"


def test_the_document(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its keys stay."""
    _judged(monkeypatch, _item("db-writer", Condition.DEGRADED), _item("broker", Condition.UNKNOWN))
    document = run("health", "--json").document
    assert set(document) == {"ok", "condition", "faults", "judged", "at_us", "items", "alerts_besides"}
    assert (document["ok"], document["condition"], document["judged"]) == (False, "degraded", True)
    assert document["faults"] == ["service db-writer: db-writer is ill."]
    assert msgspec.convert(document["items"][0], HealthItem) == _item("db-writer", Condition.DEGRADED)


def test_nothing_runs(run: Run) -> None:
    """It says how to start the suite."""
    done = run("health")
    assert (done.code, done.out) == (1, "failed: the suite is not running. Start it with: restrike up\n")


def test_watching(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each change in a line with its time, and how long it lasted; what says nothing yet is no change."""
    ill, well, unknown = Condition.FAILED, Condition.OK, Condition.UNKNOWN
    reports: Iterator[HealthReport] = iter(
        [
            _report(_item("db-writer", ill), _item("broker", unknown)),
            _report(_item("db-writer", ill), _item("broker")),
            _report(_item("db-writer", well, since_s=7), _item("broker")),
        ]
    )

    def ask(_client: Client) -> Seen:
        try:
            return Seen(report=next(reports), is_judged=True)
        except StopIteration:
            raise KeyboardInterrupt from None

    monkeypatch.setattr(health, "current", ask)
    monkeypatch.setattr(health, "wait_s", lambda _seconds: None)
    done = run("health", "--watch")
    assert done.code == 0
    assert [line[9:] for line in done.out.splitlines()] == [
        "✗ failed service db-writer: db-writer is ill.",
        "failed: 0 of 2 are well, 1 failed, 1 unknown.",
        "✓ ok service db-writer, after 7 s",
    ]


def test_a_change_is_told_once() -> None:
    """Better and worse are changes; the same again is none."""
    changes = Changes()
    told = []
    for condition in (Condition.OK, Condition.DEGRADED, Condition.DEGRADED, Condition.FAILED, Condition.OK):
        told += [
            changed_line(*one) for one in changes.take(Seen(report=_report(_item("a", condition)), is_judged=True))
        ]
    assert [line.split()[1] for line in told] == ["degraded", "failed", "ok"]


def _ring(name: str, condition: Condition = Condition.OK, *, since_s: int = 0) -> HealthItem:
    return msgspec.structs.replace(_item(name, condition, since_s=since_s), subject=Subject.RING)


def _told(*seen: tuple[bool, int, tuple[HealthItem, ...]]) -> list[str]:
    """What is told of reports: whether cpu-monitor's, when, and with what."""
    changes, told = Changes(), []
    for is_judged, at_s, items in seen:
        report = msgspec.structs.replace(_report(*items), at_us=NOW_US + at_s * 1_000_000)
        told += [changed_line(*one) for one in changes.take(Seen(report=report, is_judged=is_judged))]
    return told


def test_no_all_clear_while_nobody_watches() -> None:
    """cpu-monitor is frozen while a ring is silent and a service ill: neither is called well, neither is told again,
    and how long each lasted counts from when it began. The first answer after that is an old one.
    """
    ill, well, unknown = Condition.FAILED, Condition.OK, Condition.UNKNOWN
    before = (_item("cpu-monitor"), _item("db-writer", Condition.DEGRADED), _ring("ring-1", ill))
    told = _told(
        (True, 1, before),
        (False, 3, (_item("cpu-monitor", ill, since_s=3), _item("db-writer"), _ring("ring-1", unknown))),
        (False, 21, (_item("cpu-monitor", ill, since_s=21), _item("db-writer"), _ring("ring-1", well))),
        (True, 2, before),
        (True, 23, (_item("cpu-monitor"), _item("db-writer", Condition.DEGRADED), _ring("ring-1", ill, since_s=22))),
        (True, 40, (_item("cpu-monitor"), _item("db-writer", since_s=39), _ring("ring-1", since_s=40))),
    )
    assert told == [
        "! degraded service db-writer: db-writer is ill.",
        "✗ failed ring ring-1: ring-1 is ill.",
        "✗ failed service cpu-monitor: cpu-monitor is ill.",
        "✓ ok service cpu-monitor, after 18 s",
        "✓ ok service db-writer, after 39 s",
        "✓ ok ring ring-1, after 40 s",
    ]


def test_a_judge_that_began_anew_is_believed_late() -> None:
    """It calls a ring well of which it has heard nothing yet: that is told once it can know."""
    ill = _ring("ring-1", Condition.FAILED)
    away = (False, 10, (_item("cpu-monitor", Condition.FAILED, since_s=10),))
    again = (True, 13, (_item("cpu-monitor"), _ring("ring-1", Condition.FAILED, since_s=13)))
    soon = (True, 12, (_item("cpu-monitor"), _ring("ring-1", since_s=11)))
    late = (True, 17, (_item("cpu-monitor"), _ring("ring-1", since_s=11)))
    assert _told((True, 1, (ill,)), away, soon, again)[-1].startswith("✓ ok service cpu-monitor")
    assert _told((True, 1, (ill,)), away, soon, late)[-1] == "✓ ok ring ring-1, after 11 s"


def test_services_are_followed_without_a_judge() -> None:
    """One that ends while cpu-monitor is away, and is back, is told both times."""
    away, well, ill = _item("cpu-monitor", Condition.FAILED), _item("broker"), _item("broker", Condition.FAILED)
    told = _told((True, 0, (well,)), (False, 1, (away, well)), (False, 2, (away, ill)), (False, 9, (away, well)))
    assert [line.split()[1] for line in told] == ["failed", "failed", "ok"]


def test_what_stands_besides(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Alerts that no item tells are counted, and where to see them is said."""

    def alert(rule: str, subject: str, state: AlertState = AlertState.RAISED) -> AlertChanged:
        return AlertChanged(
            alert_id=rule, rule=rule, subject=subject, severity=AlertSeverity.WARNING, state=state, message="",
            raised_at_us=NOW_US,
        )  # fmt: skip

    open_ = [alert("service.killed", "db-writer")]
    monkeypatch.setattr(Client, "call", lambda *_args, **_options: Alerts(alerts=tuple(open_)))
    _judged(monkeypatch, _item("db-writer", Condition.FAILED), _item("broker"))
    assert run("health").out.splitlines()[-1] == "failed: 1 of 2 are well, 1 failed."
    open_ += [alert("cpu.hot", "machine")]
    assert run("health").out.splitlines()[-1] == "1 alert is open besides: restrike alerts list"
    open_ += [alert("service.killed", "broker", AlertState.ACKNOWLEDGED)]
    assert run("health").out.splitlines()[-1] == "2 alerts are open besides (1 noted): restrike alerts list"
    assert run("health", "--json").document["alerts_besides"] == 2


def _answer(name: str, **changes: Any) -> ServiceHealth:
    fields = {"uptime_s": 1.0, "loop_lag_ms": 0.0, "queue_depth": 0}
    counters = dict.fromkeys(("received", "sent", "lost", "undecodable", "dropped", "faults"), 0)
    said = {"service": name, "boot_id": "b", "pid": 1, "life": Life.RUNNING, "on_bus": True}
    return ServiceHealth(**{**said, **fields, **counters, **changes})


def test_without_its_judge() -> None:
    """What the services answer is told in the same form, and that nobody watches."""
    ready = Readiness(
        services={name: _answer(name) for name in SERVICES if name != "cpu-monitor"},
        silent={"cpu-monitor": "cpu-monitor did not answer within 1 s."},
        rings=[],
        database=None,
    )
    report = of_answers(ready)
    assert report.condition is Condition.FAILED
    assert report.items[0].reason == (
        "cpu-monitor did not answer within 1 s. Nobody watches the suite until it is back."
    )
    assert [item.condition for item in report.items[1:]] == [Condition.OK] * (len(SERVICES) - 1)


def test_what_nobody_judges_is_unknown(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rings, journal, database and OBS that say nothing of a fault are no ✓ while cpu-monitor is away, but a line."""
    rings = [_RING, msgspec.structs.replace(_RING, ring="ring-2", error="The port is taken.")]
    ready = Readiness(services={}, silent={"cpu-monitor": "It is silent."}, rings=rings, database=None)
    report = of_answers(ready)
    assert {(item.name, item.condition) for item in report.items} == {
        ("cpu-monitor", Condition.FAILED),
        ("ring-1", Condition.UNKNOWN),
        ("ring-2", Condition.FAILED),
        ("journal.db", Condition.UNKNOWN),
    }
    monkeypatch.setattr(health, "current", lambda _client: Seen(report=report, is_judged=False))
    monkeypatch.setattr(Seen, "is_running", True)
    assert run("health").out.splitlines()[-3:] == [
        "? unknown   ring ring-1, journal journal.db",
        "    Only cpu-monitor judges it, and that does not answer.",
        "failed: 0 of 4 are well, 2 failed, 2 unknown.",
    ]


def test_a_service_that_is_gone() -> None:
    """Why and what to do stand apart; while others answer, it is not told to start the suite."""
    ready = Readiness(services={}, silent={"cpu-monitor": GONE, "db-writer": GONE}, rings=[], database=None)
    ready.gone.update(ready.silent)
    monitor, writer = of_answers(ready).items
    assert monitor.reason == "cpu-monitor is not running. Nobody watches the suite until it is back."
    assert writer.reason == "db-writer is not running."
    assert writer.remedy == "It is started again by itself within seconds. If it does not come back: restrike up -d"


def test_what_the_services_say_has_a_remedy() -> None:
    """Each in a field of its own."""
    ready = Readiness(services={"broker": _answer("broker", on_bus=False)}, silent={}, rings=[], database=None)
    (item,) = of_answers(ready).items
    assert (item.reason, item.remedy) == ("It is not on the bus.", "See whether the broker runs: restrike ps")


def test_a_long_reason_is_cut() -> None:
    """On a terminal, to what is read at a glance; whole over a pipe. Condition and name stand first."""
    item = msgspec.structs.replace(_item("db-writer", Condition.FAILED), reason="x" * 300)
    assert len(changed_line(item, None)) > 300
    short = changed_line(item, None, width=91)
    assert len(short) == 91
    assert short.startswith("✗ failed service db-writer: xxx")
    assert short.endswith("x…")
    assert line_width() is None


def test_no_suite(home: Path) -> None:
    """Nobody judges, and nothing runs."""
    seen = current(Client(Paths(home)))
    assert not seen.is_judged
    assert not seen.is_running
