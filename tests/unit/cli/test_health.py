"""`restrike health`: what it says, and what it ends with."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from services.cli import health
from services.cli.health_report import Changes, Seen, changed_line, current, line_width, of_answers
from services.cli.readiness import Readiness
from services.registry import SERVICES
from shared.messages.health import Condition, HealthItem, HealthReport, Subject
from shared.messages.service import Life, ServiceHealth
from shared.paths import Paths
from shared.rpc import Client
from tests.unit.cli.conftest import Run

GONE = "It is not running (yet); see: restrike ps. Start the suite with: restrike up"
NOW_US = 1_700_000_000_000_000
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
    assert set(document) == {"ok", "condition", "faults", "judged", "at_us", "items"}
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
        told += [changed_line(*one) for one in changes.take(_report(_item("a", condition)))]
    assert [line.split()[1] for line in told] == ["degraded", "failed", "ok"]


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
