"""Alerts of a real cpu-monitor: told by real mail and webhook, noted by the CLI, not lost or repeated by a kill."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from services.db_writer.database import open_database
from services.db_writer.office.alert_rules import save_alert_rules
from services.db_writer.office.catalogue_rows import bring_up_to_date
from services.db_writer.office.desk import Desk
from services.db_writer.office.settings import change_settings
from shared.alerts.defaults import DEFAULTS
from shared.bus import Publisher
from shared.clock import unix_ns
from shared.licensing.installation import Installation
from shared.licensing.verdict import VerdictFile
from shared.messages.alerts import AlertChanged, GetAlerts, SaveAlertRules
from shared.messages.commands import ListMatchStates
from shared.messages.database import WriteTrouble
from shared.messages.license import LicenseState, LicenseStatus
from shared.messages.match import Stage
from shared.messages.service import BROKER, INGEST, MONITOR, PARSER, WRITER
from shared.messages.settings import ChangeSettings
from shared.messages.topics import DB_TROUBLE
from tests.support.bout import Bout
from tests.support.cli import restrike
from tests.support.hook import Hook
from tests.support.mailbox import Mailbox
from tests.support.service import House, Service
from tests.support.wait import eventually, lenient

RULE = "db.not_writable"


class Watch:
    """A home with the broker and cpu-monitor; the test speaks for db-writer."""

    def __init__(self, house: House, box: Mailbox, hook: Hook) -> None:
        self.house, self.box, self.hook = house, box, hook
        house.start(BROKER)
        self.monitor: Service = house.start(MONITOR)
        broker = house.paths.socket("broker.pub")
        self._bus = Publisher.to_broker(house.context, broker, service=WRITER, boot_id="test")
        self.tell("", is_heard=False)

    def close(self) -> None:
        self._bus.socket.close(linger=0)

    def tell(self, error: str | None, *, is_heard: bool = True) -> None:
        """db-writer says that it can, or cannot, write."""

        def ready() -> bool:
            self._bus.read_subscriptions()
            return self._bus.on_bus

        eventually(ready, within=5, what="on the bus")
        if is_heard:
            self._bus.publish(DB_TROUBLE, WRITER, WriteTrouble(error=error))

    def open(self) -> list[AlertChanged]:
        """What is wrong, of what this test makes wrong."""
        return [one for one in self.monitor.call(GetAlerts()).alerts if one.rule == RULE]

    def raised(self) -> AlertChanged:
        """Make the database unwritable, and wait for the alert."""

        def look() -> list[AlertChanged]:
            self.tell("disk is full")
            return self.open()

        return eventually(look, within=5, what="the alert")[0]

    def cleared(self) -> None:
        """Make it writable again."""

        def look() -> bool:
            self.tell(None)
            return not self.open()

        eventually(look, within=5, what="no alert")

    def killed(self) -> None:
        """End cpu-monitor without a word, and start it again."""
        self.monitor.kill()
        self.monitor = self.house.start(MONITOR)

    def told(self, count: int) -> None:
        """Wait until so many mails and calls were delivered and noted; until then a kill has them told again."""
        done = self.monitor.logged
        eventually(lambda: len(done("alert_delivered")) == count, within=5, what=f"{count} deliveries")

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """A `restrike alerts` command."""
        environment = os.environ | {"RESTRIKE_HOME": str(self.house.home)}
        command = restrike("alerts", *arguments)
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=lenient(20), check=False
        )

    def subjects(self) -> list[str]:
        """Of all mails."""
        return [str(mail["Subject"]).partition("] ")[2] for mail in self.box.mails]


@pytest.fixture(scope="module")
def watch(tmp_path_factory: pytest.TempPathFactory, migrated: bytes) -> Iterator[Watch]:
    home: Path = tmp_path_factory.mktemp("alerts") / "home"
    with Mailbox() as box, Hook() as hook, House(home) as house:
        house.paths.prepare()
        house.paths.database.write_bytes(migrated)
        desk = Desk(open_database(house.paths), paths=house.paths)
        bring_up_to_date(desk)
        values: dict[str, Any] = {
            "alerts.mail_to": "desk@example.org",
            "alerts.smtp_host": "127.0.0.1",
            "alerts.smtp_port": box.port,
            "alerts.smtp_security": "plain",
            "alerts.mail_severity": "critical",
            "alerts.webhook_url": f"http://127.0.0.1:{hook.port}/secret-path",
            "alerts.webhook_secret": "s3",
            "alerts.gather_s": 0.1,
        }
        change_settings(desk, ChangeSettings(author="ana", values=values))
        quiet = replace(DEFAULTS[RULE], clear_s=0.0)
        others = [replace(rule, is_enabled=False) for rule in DEFAULTS.values() if rule.name != RULE]
        save_alert_rules(desk, SaveAlertRules(rules=(quiet, *others), author="ana"))
        desk.connection.close()
        watch = Watch(house, box, hook)
        yield watch
        watch.close()


def test_told_by_mail_and_webhook_and_kept_over_a_kill(watch: Watch) -> None:
    """Raised: told once by each. Killed while it is open: after its return it is the same alert, and nobody is told
    again. Over: told once by each.
    """
    alert = watch.raised()
    watch.told(2)
    watch.killed()
    assert [one.alert_id for one in watch.open()] == [alert.alert_id]
    assert watch.raised() == alert
    watch.cleared()
    watch.told(2)
    assert watch.hook.told() == [(alert.alert_id, "raised"), (alert.alert_id, "cleared")]
    assert [subject.split()[0] for subject in watch.subjects()] == ["CRITICAL:", "over:"]


def test_what_was_not_told_before_a_kill_is_told_after_it(watch: Watch) -> None:
    """The other side refuses, cpu-monitor is killed, the other side is well again: told, with the same ids."""
    watch.hook.status, watch.box.refuse = 500, "451 try later"
    before, mails = len(watch.hook.calls), len(watch.box.mails)
    alert = watch.raised()
    eventually(lambda: len(watch.hook.calls) > before, within=5, what="refused")
    eventually(lambda: len(watch.monitor.logged("alert_not_delivered")) == 2, within=5, what="both refused")
    said = {one["channel"]: one["error"] for one in watch.monitor.logged("alert_not_delivered")}
    assert said["webhook"] == "127.0.0.1 answered 500 Internal Server Error thank you."
    assert said["mail"].endswith("answered 451 try later.")
    watch.hook.status, watch.box.refuse = 200, None
    watch.killed()
    watch.told(2)
    assert (len(watch.box.mails), watch.hook.told()[-1]) == (mails + 1, (alert.alert_id, "raised"))
    ids = {one["delivery_id"] for document in watch.hook.documents()[before:] for one in document["alerts"]}
    assert ids == {f"{alert.alert_id}-webhook-raised"}
    watch.cleared()


def test_noted_by_the_cli(watch: Watch) -> None:
    """By the beginning of its id; with who and why, until it is over."""
    alert = watch.raised()
    done = watch.run("ack", alert.alert_id[:6], "--author", "ana", "--note", "cable", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["alert"]["acknowledged_by"] == "ana"
    assert [(one.state, one.note) for one in watch.open()] == [("acknowledged", "cable")]
    watch.cleared()


def test_a_test_says_what_was_answered(watch: Watch) -> None:
    """Word for word, also when it is a refusal; the address of the webhook is not told beyond its host."""
    watch.box.refuse = "554 5.7.1 you are a robot"
    refused = watch.run("test", "mail")
    assert (refused.returncode, "answered 554 5.7.1 you are a robot" in refused.stderr) == (1, True)
    watch.box.refuse = None
    done = watch.run("test")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "mail: desk@example.org answered 250 2.0.0 kept as number 1",
        f"webhook: 127.0.0.1:{watch.hook.port} answered 200 OK thank you",
    ]
    assert msgspec.json.decode(watch.hook.calls[-1][1])["alerts"][0]["is_test"]


def test_without_a_licence_nobody_is_told(watch: Watch) -> None:
    """The licence ends in a match, and so does cpu-monitor, by a kill: begun anew it tells of alerts until the match is
    over. Then an alert is raised and shown, the list and a test say why it goes no further.
    """
    house, paths = watch.house, watch.house.paths
    Installation(paths).make()
    ingest = house.launch(INGEST)
    parser = house.start(PARSER)
    ingest.answers()
    with house.sender() as sender:
        bout = Bout(sender, 101)
        bout.begin()
        eventually(lambda: _stages(parser), equals=[Stage.RUNNING], within=5, what="the match is on")
        watch.monitor.kill()
        sentence = "The licence expired on 2026-03-01."
        expired = LicenseStatus(state=LicenseState.EXPIRED, judged_at_us=unix_ns() // 1000, sentence=sentence)
        VerdictFile(paths).write(expired)
        watch.monitor = house.start(MONITOR)
        alert = watch.raised()
        watch.cleared()
        eventually(lambda: _deliveries(watch, alert), equals=4, within=5, what="it is told of by both")
        bout.win()
        not_told = f"Alerts by mail and webhook: not allowed by the licence (expired). {sentence}"
        eventually(lambda: watch.monitor.call(GetAlerts()).not_told, equals=not_told, within=5, what="the end of it")
    mails, calls = len(watch.box.mails), len(watch.hook.calls)
    watch.raised()
    refused = watch.run("test", "mail")
    assert (refused.returncode, refused.stderr.strip()) == (1, not_told)
    watch.cleared()
    assert (len(watch.box.mails), len(watch.hook.calls)) == (mails, calls)


def _deliveries(watch: Watch, alert: AlertChanged) -> int:
    return sum(one["alert"] == alert.alert_id for one in watch.monitor.logged("alert_delivered"))


def _stages(parser: Service) -> list[Stage | None]:
    return [one.stage for one in parser.call(ListMatchStates()).states]
