"""Services that do not answer are ended, by cpu-monitor and, if it is that one, by broker; those that do are not."""

import signal
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from shared.db.sqlite import connect_reader
from shared.messages.alerts import GetAlerts
from shared.messages.commands import GetHealth
from shared.messages.health import GetHealthReport
from shared.messages.incidents import ServiceKilled
from shared.messages.service import BROKER, MONITOR, PARSER, WRITER
from shared.messages.settings import ChangeSettings
from shared.messages.topics import SERVICE_KILLED
from shared.settings.monitor_keys import KILL_AFTER_S
from tests.support.service import House, Service, next_of
from tests.support.wait import eventually

LIMIT_S = 3
ASKED_AFTER_S = 2.5
"""Each service is asked once a second; one that never answered is given the time of a start."""


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """db-writer, with a short limit in force."""
    with House(tmp_path / "home") as house:
        house.start(WRITER).call(ChangeSettings(author="test", values={KILL_AFTER_S.name: LIMIT_S}))
        yield house


def asked(service: Service) -> Service:
    """The service, once it has been asked how it is."""

    def is_old_enough() -> bool:
        return service.call(GetHealth()).uptime_s > ASKED_AFTER_S

    eventually(is_old_enough, equals=True, within=10, what=f"{service.name} asked")
    return service


def incidents(house: House) -> list[tuple[object, ...]]:
    """What is stored of the services."""
    with closing(connect_reader(house.paths.database)) as database:
        return database.execute("SELECT service, kind, pid FROM service_incidents ORDER BY id").fetchall()


def said(monitor: Service) -> str | None:
    """What health says of cpu-monitor."""
    return next(one.reason for one in monitor.call(GetHealthReport()).items if one.name == MONITOR)


def alerted(monitor: Service) -> set[str]:
    """Of whom it is told that they had to be ended."""
    return {one.subject for one in monitor.call(GetAlerts()).alerts if one.rule == "service.killed"}


def test_frozen_services_are_ended(house: House) -> None:
    """SIGSTOP of pss-parser and of cpu-monitor itself: each is ended by SIGKILL, told on the bus, logged and stored;
    everybody else goes on. cpu-monitor tells of its own end when it is back, by incident, alert and health, and of none
    after an orderly end.
    """
    broker, monitor, parser = house.start(BROKER), house.start(MONITOR), house.start(PARSER)
    ear = house.subscriber(SERVICE_KILLED.prefix)
    asked(parser).signal(signal.SIGSTOP)
    assert parser.ends(within=LIMIT_S + 5) == -signal.SIGKILL
    told = next_of(ear, lambda _: True).envelope.event
    assert isinstance(told, ServiceKilled)
    assert (told.service, told.by, told.pid) == (PARSER, MONITOR, parser.pid)
    assert LIMIT_S < told.silent_s <= LIMIT_S + 3

    eventually(lambda: incidents(house), equals=[(PARSER, "ended", parser.pid)], within=5, what="the incident")
    monitor.signal(signal.SIGSTOP)
    assert monitor.ends(within=LIMIT_S + 12) == -signal.SIGKILL  # broker looks at the settings every 10 s
    (logged,) = broker.logged("service_ended")
    assert (logged["ended"], logged["pid_ended"]) == (MONITOR, monitor.pid)
    assert broker.call(GetHealth()).faults == 0
    again = house.start(MONITOR)
    stored = [(MONITOR, "ended", monitor.pid), (MONITOR, "restarted", again.pid)]
    eventually(lambda: incidents(house)[1:], equals=stored, within=5, what="cpu-monitor's own return")
    eventually(lambda: alerted(again), equals={PARSER, MONITOR}, within=5, what="an alert of each")
    reason = "cpu-monitor did not answer, was ended, and runs again."
    eventually(lambda: said(again), equals=reason, within=5, what="its health")
    assert again.stop() == 0
    house.start(MONITOR).stop()
    assert incidents(house)[1:] == stored
