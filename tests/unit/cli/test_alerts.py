"""`restrike alerts`: rules are shown, changed and checked; the history says who was told; without the suite running."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from services.cli.alerts import now
from services.cli.alerts import rules as commands
from services.db_writer.outboxes.alerts import store_alert, store_delivery
from services.db_writer.outboxes.stamp import Stamp
from shared.alerts.defaults import DEFAULTS
from shared.clock import iso_utc, unix_ns
from shared.db.sqlite import connect_writer
from shared.errors import NetworkError, RestrikeError
from shared.messages.alerts import (
    AlertChanged,
    AlertDelivered,
    AlertRulesChanged,
    Alerts,
    AlertSeverity,
    AlertState,
    Channel,
    ChannelTested,
    RemoveAlertRules,
    SaveAlertRules,
    TellTestAlert,
)
from shared.paths import Paths
from shared.rpc import RefusedError
from tests.unit.cli.conftest import Run

Command = SaveAlertRules | RemoveAlertRules


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Command]:
    """What db-writer was asked to do, which is not done."""
    said: list[Command] = []

    def ask(command: Command) -> AlertRulesChanged:
        said.append(command)
        given: Sequence[Any] = command.rules
        return AlertRulesChanged(names=tuple(getattr(one, "name", one) for one in given), author=command.author)

    monkeypatch.setattr(commands, "ask", ask)
    return said


def test_the_defaults_without_a_database(run: Run) -> None:
    """Each rule in a line of at most 100 characters, and in full."""
    lines = run("alerts", "rules", "list").out.splitlines()
    assert [line.split()[0] for line in lines[1:]] == list(DEFAULTS)
    assert max(map(len, lines)) <= 100
    shown = run("alerts", "rules", "show", "cpu.busy").out
    assert "cpu.percent above 95 % for 30 s" in shown
    assert "at 85 % for 30 s" in shown
    assert "health.machine of memory failed for 5 s" in run("alerts", "rules", "show", "memory.low").out


def test_set_changes_only_what_is_named(run: Run, asked: list[Command]) -> None:
    """All options; the rest stays. Nothing named, or what can never work, is refused with 1."""
    options = ("--threshold", "2.5", "--for", "7", "--severity", "critical", "--only", "/", "--channel", "mail")
    assert run("alerts", "rules", "set", "disk.low", *options, "--author", "ana").out == "Changed: disk.low.\n"
    wanted = msgspec.structs.replace(
        DEFAULTS["disk.low"],
        threshold=2.5,
        for_s=7.0,
        severity=AlertSeverity.CRITICAL,
        only=("/",),
        channels=(Channel.MAIL,),
    )
    assert asked == [SaveAlertRules(rules=(wanted,), author="ana")]
    for bad in ((), ("--for", "90000"), ("--threshold", "nan")):
        assert run("alerts", "rules", "set", "disk.low", *bad).code == 1
    assert run("alerts", "rules", "set", "disk.low", "--channel", "fax").code == 2
    assert run("alerts", "rules", "set", "nobody", "--for", "1").code == 1
    assert len(asked) == 1


def test_switched_and_removed(run: Run, asked: list[Command]) -> None:
    """Several at once."""
    run("alerts", "rules", "disable", "disk.low", "cpu.hot", "--author", "ana", "--reason", "no sensor")
    run("alerts", "rules", "enable", "disk.low", "--author", "ana")
    run("alerts", "rules", "remove", "disk.low", "mine", "--author", "ana")
    off = tuple(msgspec.structs.replace(DEFAULTS[name], is_enabled=False) for name in ("disk.low", "cpu.hot"))
    assert asked == [
        SaveAlertRules(rules=off, author="ana", reason="no sensor"),
        SaveAlertRules(rules=(DEFAULTS["disk.low"],), author="ana"),
        RemoveAlertRules(rules=("disk.low", "mine"), author="ana"),
    ]


def test_a_file_is_checked_and_added(run: Run, asked: list[Command], tmp_path: Path) -> None:
    """What `show --json` prints can be added; every fault of another is told, and nothing is stored."""
    file = tmp_path / "rule.json"
    file.write_text(run("alerts", "rules", "show", "disk.low", "--json").out)
    assert run("alerts", "rules", "check", file).code == 0
    assert run("alerts", "rules", "add", file, "--author", "ana").out == "Stored: disk.low.\n"
    assert asked == [SaveAlertRules(rules=(DEFAULTS["disk.low"],), author="ana")]
    file.write_text('{"rules": [{"name": "x"}, {"name": "y", "metric": 5}]}')
    for command in ("check", "add"):
        done = run("alerts", "rules", command, file)
        assert (done.code, done.err.splitlines()[0]) == (1, "9 faults; nothing was done.")
    assert len(asked) == 1


def test_history(home: Path, run: Run, migrated: bytes) -> None:
    """The newest first, who was told and who not; kept to a rule, a severity, a time."""
    paths = Paths(home)
    paths.prepare()
    paths.database.write_bytes(migrated)
    now_us = unix_ns() // 1000
    stamp = Stamp(producer="cpu-monitor", at_us=now_us, at="", now=iso_utc(now_us * 1000))
    with closing(connect_writer(paths.database)) as connection:
        for number, (rule, severity, ago_s) in enumerate(
            (("disk.low", "warning", 90_000), ("disk.low", "warning", 60), ("ring.silent", "critical", 30))
        ):
            alert = AlertChanged(
                alert_id=f"a{number}",
                rule=rule,
                subject="/",
                severity=AlertSeverity(severity),
                state=AlertState.RAISED,
                message="Gone.",
                raised_at_us=now_us - ago_s * 1_000_000,
            )
            store_alert(connection, alert, stamp)
        for channel, error in ((Channel.MAIL, None), (Channel.WEBHOOK, "refused")):
            delivered = AlertDelivered(
                delivery_id=f"a2-{channel}",
                alert_id="a2",
                channel=channel,
                about=AlertState.RAISED,
                attempts=1,
                delivered_at_us=None if error else now_us,
                error=error,
            )
            store_delivery(connection, delivered, stamp)

    def ids(*options: str) -> list[str]:
        return [one["id"] for one in run("alerts", "history", *options, "--json").document["alerts"]]

    assert ids() == ["a2", "a1"]
    assert ids("--last", "2d", "--rule", "disk.low") == ["a1", "a0"]
    assert ids("--severity", "critical") == ["a2"]
    assert ids("--subject", "ring-9") == []
    assert "mail, not webhook" in run("alerts", "history").out


def test_no_answer(run: Run) -> None:
    """Without the suite there is nobody to ask: 3, and what to do."""
    for command in (("list",), ("ack", "a1"), ("test", "mail")):
        done = run("alerts", *command)
        assert (done.code, "restrike up" in done.err) == (3, True)


class Monitor:
    """A cpu-monitor that answers for each channel as it is told."""

    def __init__(self, **answers: str | Exception) -> None:
        self._answers = answers
        self.asked: list[str] = []

    def call(self, command: TellTestAlert) -> ChannelTested:
        """The answer, or the refusal."""
        self.asked.append(command.channel)
        answer = self._answers[command.channel]
        if isinstance(answer, Exception):
            raise answer
        return ChannelTested(channel=command.channel, address="there", answer=answer)


OFF = RefusedError("alert.channel_off", "It is not set up: do so.")
REFUSED = RefusedError("alert.not_delivered", "there answered 500.")
LATE = NetworkError("service.no_answer", "cpu-monitor did not answer within 30 s.")


@pytest.mark.parametrize(
    ("mail", "webhook", "code"),
    [
        ("250", "200", 0),
        (OFF, "200", 0),
        ("250", OFF, 0),
        (OFF, OFF, 1),
        (REFUSED, "200", 1),
        (LATE, "200", 1),
        ("250", REFUSED, 1),
    ],
)
def test_a_test_tries_every_channel(
    run: Run, monkeypatch: pytest.MonkeyPatch, mail: str | Exception, webhook: str | Exception, code: int
) -> None:
    """What is not set up is no failure beside one that is; each says what came of it."""
    monitor = Monitor(mail=mail, webhook=webhook)
    monkeypatch.setattr(now, "Client", lambda _: monitor)
    done = run("alerts", "test", "--author", "ana")
    assert (done.code, monitor.asked) == (code, ["mail", "webhook"])
    said = {"mail": mail, "webhook": webhook}
    assert done.out.splitlines() == [f"{name}: there answered {a}" for name, a in said.items() if isinstance(a, str)]
    errors = [(name, error) for name, error in said.items() if isinstance(error, RestrikeError)]
    assert done.err.splitlines() == [f"{name}: {error.message}" for name, error in errors]
    document = run("alerts", "test", "--author", "ana", "--json").document
    assert [one["channel"] for one in document["failed"]] == [name for name, _ in errors]
    assert len(document["tested"]) + len(document["failed"]) == 2


def test_a_test_of_one_channel_asks_nobody_else(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is refused is refused: 1; without cpu-monitor nobody is asked twice."""
    monitor = Monitor(mail=OFF, webhook="200")
    monkeypatch.setattr(now, "Client", lambda _: monitor)
    done = run("alerts", "test", "mail", "--author", "ana")
    assert (done.code, done.err, monitor.asked) == (1, "It is not set up: do so.\n", ["mail"])


def test_why_nobody_is_told(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside what is wrong, not in its place; a program finds it in the document."""
    sentence = "Alerts by mail and webhook: not allowed by the licence (expired). Ask the vendor."
    answer = Alerts(alerts=(), not_told=sentence)
    monkeypatch.setattr(now, "Client", lambda _: SimpleNamespace(call=lambda _: answer))
    done = run("alerts", "list")
    assert (done.code, done.out, done.err) == (0, "Nothing is wrong.\n", f"{sentence}\n")
    assert run("alerts", "list", "--json").document == {"alerts": [], "not_told": sentence}


def test_metrics(run: Run) -> None:
    """Every value with its unit; every event."""
    document = run("alerts", "metrics", "--json").document
    assert {"name": "disk.free_percent", "unit": "%"}.items() <= document["metrics"][0].items()
    assert "system.incident" in [one["topic"] for one in document["events"]]
    assert "disk.free_percent (%)" in run("alerts", "metrics").out
