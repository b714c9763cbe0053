"""What supervisord's list and log say of restarts becomes incidents: once each, and a storm when there are many."""

from services.cpu_monitor.guarding.restarts import WITHIN_S, Restarts, ends_in
from shared.messages.incidents import IncidentKind, ServiceIncident

STORM = 5


class Watch:
    """Looks at one service, a second apart."""

    def __init__(self) -> None:
        self.now_s = 1000.0
        self._restarts = Restarts(lambda: STORM)

    def look(
        self, pid: int, *, state: str = "RUNNING", end: str | None = None, spawnerr: str = "", after_s: float = 1.0
    ) -> list[ServiceIncident]:
        self.now_s += after_s
        process = {"name": "broker", "pid": pid, "statename": state, "spawnerr": spawnerr}
        ends = {} if end is None else {"broker": end}
        return self._restarts.take([process], ends, now_s=self.now_s, now_us=int(self.now_s * 1_000_000))

    @property
    def is_restless(self) -> bool:
        return self._restarts.is_restless


def kinds(incidents: list[ServiceIncident]) -> list[IncidentKind]:
    return [incident.kind for incident in incidents]


def test_the_first_look_tells_nothing() -> None:
    """A service that is there when cpu-monitor begins was not restarted; one process seen twice neither."""
    watch = Watch()
    assert watch.look(7) == watch.look(7) == []
    assert not watch.is_restless


def test_another_process_is_a_restart() -> None:
    """Told once, with how the one before ended; also when it was seen down in between."""
    watch = Watch()
    watch.look(7)
    (told,) = watch.look(8, end="terminated by SIGKILL")
    assert (told.kind, told.pid, told.service) == (IncidentKind.RESTARTED, 8, "broker")
    assert told.detail == "It ended (terminated by SIGKILL). It was started again as process 8."
    assert watch.look(8) == []
    assert watch.look(0, state="STARTING") == []
    assert kinds(watch.look(9)) == [IncidentKind.RESTARTED]


def test_a_storm_is_told_once_and_its_end() -> None:
    """Five restarts within a minute are a storm; a minute without one is its end."""
    watch = Watch()
    told = [kinds(watch.look(pid, end="exit status 1")) for pid in range(1, 9)]
    assert told == [[], *[[IncidentKind.RESTARTED]] * 4, [IncidentKind.RESTARTED, IncidentKind.STORM], *[told[1]] * 2]
    assert watch.is_restless
    assert watch.look(8, after_s=WITHIN_S - 1) == []
    assert kinds(watch.look(8, after_s=2)) == [IncidentKind.CALMED]
    assert not watch.is_restless


def test_restarts_that_are_far_apart_are_no_storm() -> None:
    """Ten restarts, one in 20 s, are ten restarts."""
    watch = Watch()
    told = [kind for pid in range(1, 12) for kind in kinds(watch.look(pid, after_s=20))]
    assert told == [IncidentKind.RESTARTED] * 10


def test_a_bad_configuration_stays_down() -> None:
    """Exit 2 is told once, and again after it was started in between."""
    watch = Watch()
    watch.look(7)
    assert watch.look(0, state="EXITED", end="exit status 2") == []
    (told,) = watch.look(0, state="EXITED", end="exit status 2")
    assert told.kind is IncidentKind.STAYS_DOWN
    assert "configuration" in (told.detail or "")
    assert watch.look(0, state="EXITED", end="exit status 2") == []
    assert watch.is_restless
    assert kinds(watch.look(8)) == [IncidentKind.RESTARTED]
    assert watch.look(0, state="FATAL", spawnerr="no such file") == []
    (fatal,) = watch.look(0, state="FATAL", spawnerr="no such file")
    assert (fatal.kind, fatal.detail) == (
        IncidentKind.STAYS_DOWN,
        "It could not be started: no such file. It is not started again by itself.",
    )


def test_the_moment_before_a_restart_is_not_down() -> None:
    """A killed service is EXITED until supervisord starts it again, and its unexpected end is a spawn error to it."""
    watch = Watch()
    watch.look(7)
    assert watch.look(0, state="EXITED", end="terminated by SIGKILL", spawnerr="Bad exit code -1") == []
    (told,) = watch.look(8, end="terminated by SIGKILL")
    assert (told.kind, told.detail) == (
        IncidentKind.RESTARTED,
        "It ended (terminated by SIGKILL). It was started again as process 8.",
    )


def test_a_service_that_was_stopped_by_a_person_is_no_incident() -> None:
    """`STOPPED` was asked for."""
    watch = Watch()
    watch.look(7)
    assert watch.look(0, state="STOPPED", end="terminated by SIGTERM") == []


def test_ends_are_read_from_supervisords_log() -> None:
    """The last end of each program counts, as supervisord words it."""
    log = (
        "2026-11-22 13:01:19,100 WARN exited: broker (exit status 1; not expected)\n"
        "2026-11-22 13:01:19,203 INFO spawned: 'broker' with pid 12\n"
        "2026-11-22 13:01:20,100 WARN exited: broker (terminated by SIGKILL; not expected)\n"
        "2026-11-22 13:01:20,300 INFO stopped: license (exit status 0)\n"
        "cut off: db-writer (exit stat"
    )
    assert ends_in(log) == {"broker": "terminated by SIGKILL", "license": "exit status 0"}


def test_an_end_of_an_earlier_run_is_not_taken_for_the_last() -> None:
    """Where supervisord went with the service nobody wrote how it ended."""
    log = (
        "2026-11-21 18:00:00,100 INFO stopped: broker (exit status 0)\n"
        "2026-11-22 08:00:00,203 INFO spawned: 'broker' with pid 12\n"
    )
    assert ends_in(log) == {"broker": "exit status 0"}
    assert ends_in(log + "2026-11-22 09:00:00,203 INFO spawned: 'broker' with pid 12\n") == {}
