"""What `restrike doctor` says of clock, machine, OBS and suite, by the facts that it is given; and its rounds."""

import threading
from pathlib import Path

import msgspec
import pytest

from services.cli.doctor import machine, suite, times
from services.cli.doctor.catalogue import CHECKS, NAMES
from services.cli.doctor.machine import Files
from services.cli.doctor.result import Check, Outcome, Result, failed, ok, skipped, warning
from services.cli.doctor.rounds import run
from services.cli.doctor.site import Site
from services.cli.doctor.telling import counted, lines, summary
from services.cli.doctor.times import Clock
from shared.messages.obs import LinkState, ObsConnection, ObsStatus, RecordingSettings
from shared.paths import Paths

MIB = 1024**2


def _outcomes(results: list[Result]) -> list[Outcome]:
    return [result.outcome for result in results]


@pytest.mark.parametrize(
    ("clock", "expected"),
    [
        (Clock(is_synchronised=True, offset_ms=0.4, keeper="chronyd"), Outcome.OK),
        (Clock(is_synchronised=True, offset_ms=-150.0, keeper="chronyd"), Outcome.WARNING),
        (Clock(is_synchronised=True, offset_ms=3000.0, keeper="chronyd"), Outcome.FAILED),
        (Clock(is_synchronised=False, offset_ms=None, keeper="chronyd"), Outcome.WARNING),
        (Clock(is_synchronised=False, offset_ms=None, keeper=None), Outcome.WARNING),
        (Clock(is_synchronised=None, offset_ms=None, keeper=None), Outcome.SKIPPED),
    ],
)
def test_clocks(clock: Clock, expected: Outcome) -> None:
    """By how much it may be off."""
    assert _outcomes(times.judge_clock(clock)) == [expected]


def test_the_kernel_is_asked_for_the_clock() -> None:
    """It answers, or says nothing where it may not."""
    clock = times.read_clock()
    assert clock.is_synchronised in (True, False, None)
    assert clock.is_synchronised or clock.offset_ms is None


def test_time_zones(tmp_path: Path) -> None:
    """The variable, the link, the file; and none."""
    zones = tmp_path / "zoneinfo" / "Europe"
    zones.mkdir(parents=True)
    (zones / "Zagreb").touch()
    link, name_file = tmp_path / "localtime", tmp_path / "timezone"
    assert times.zone(None, link, name_file) is None
    name_file.write_text("Asia/Seoul\n")
    assert times.zone(None, link, name_file) == "Asia/Seoul"
    link.symlink_to(zones / "Zagreb")
    assert times.zone(None, link, name_file) == "Europe/Zagreb"
    assert times.zone(":Asia/Tokyo", link, name_file) == "Asia/Tokyo"
    judged = [times.judge_zone(name)[0].outcome for name in ("Europe/Zagreb", "Etc/UTC", None)]
    assert judged == [Outcome.OK, Outcome.WARNING, Outcome.WARNING]


def test_memory() -> None:
    """What can still be had, and what was swapped out."""
    good = machine.judge_memory(4096 * MIB, swap_used=0, swap_total=1024 * MIB)
    tight = machine.judge_memory(300 * MIB, swap_used=512 * MIB, swap_total=1024 * MIB)
    none = machine.judge_memory(64 * MIB, swap_used=0, swap_total=0)
    assert _outcomes(good) == [Outcome.OK, Outcome.OK]
    assert _outcomes(tight) == [Outcome.WARNING, Outcome.WARNING]
    assert _outcomes(none) == [Outcome.FAILED, Outcome.OK]


def test_governors() -> None:
    """The governor powersave is slow, unless its driver is not."""
    judged = [
        machine.judge_governor(words, {driver})[0].outcome
        for words, driver in (
            ({"performance"}, "acpi-cpufreq"),
            ({"powersave"}, "acpi-cpufreq"),
            ({"powersave"}, "intel_pstate"),
            (set(), ""),
        )
    ]
    assert judged == [Outcome.OK, Outcome.WARNING, Outcome.OK, Outcome.SKIPPED]


def test_file_handles() -> None:
    """The user's limit, and what each service has of its own."""
    few = Files(name="broker", open=50, limit=1024)
    many = Files(name="db-writer", open=900, limit=1024)
    assert _outcomes(machine.judge_files(1024, [few])) == [Outcome.OK, Outcome.OK]
    assert _outcomes(machine.judge_files(256, [])) == [Outcome.WARNING]
    assert _outcomes(machine.judge_files(-1, [few, many])) == [Outcome.OK, Outcome.FAILED]


def test_programs() -> None:
    """Nothing is wrong without rclone, until backups are copied elsewhere."""
    there = {"ffprobe": "/usr/bin/ffprobe", "rclone": "/usr/bin/rclone"}
    gone: dict[str, str | None] = {"ffprobe": None, "rclone": None}
    assert _outcomes(machine.judge_programs(dict(there), copies_offsite=True)) == [Outcome.OK, Outcome.OK]
    assert _outcomes(machine.judge_programs(gone, copies_offsite=False)) == [Outcome.SKIPPED, Outcome.SKIPPED]
    assert _outcomes(machine.judge_programs(gone, copies_offsite=True)) == [Outcome.SKIPPED, Outcome.FAILED]


@pytest.mark.parametrize(
    ("enabled", "active", "expected"),
    [
        ("enabled", "active", Outcome.OK),
        ("disabled", "active", Outcome.WARNING),
        ("enabled", "inactive", Outcome.WARNING),
        ("enabled", "failed", Outcome.FAILED),
    ],
)
def test_units(enabled: str, active: str, expected: Outcome) -> None:
    """Enabled, and active."""
    name = "restrike.service"
    assert _outcomes(machine.judge_unit({name: enabled}, {name: active})) == [expected]


def test_no_unit() -> None:
    """Nobody would start the suite."""
    assert _outcomes(machine.judge_unit({}, {})) == [Outcome.WARNING]
    assert set(machine.versions()) >= {"restrike-vta", "Python", "libzmq", "SQLite"}


def _obs(state: LinkState, *, is_active: bool = True, problem: str | None = None) -> ObsStatus:
    return ObsStatus(
        connection="main",
        state=state,
        reason="connection refused",
        since_us=1,
        host="127.0.0.1",
        port=4455,
        roles=(),
        rings=(),
        is_active=is_active,
        problem=problem,
    )


def test_obs_of_a_running_suite() -> None:
    """Gone, off, set up wrongly, with a problem, and well."""
    lacking = [{"check": "replay", "ok": False, "message": "The replay buffer is off."}, {"check": "x", "ok": True}]
    up = LinkState.CONNECTED
    away = next(state for state in LinkState if state is not up)
    assert _outcomes(suite.judge_obs(_obs(away), [])) == [Outcome.FAILED]
    assert _outcomes(suite.judge_obs(_obs(away, is_active=False), [])) == [Outcome.SKIPPED]
    assert _outcomes(suite.judge_obs(_obs(up, problem="The disk is full."), lacking)) == [Outcome.WARNING] * 2
    assert _outcomes(suite.judge_obs(_obs(up), [])) == [Outcome.OK]


def test_obs_while_the_suite_is_down() -> None:
    """Whether its port can be reached."""
    one = ObsConnection(
        connection="main",
        host="10.1.1.9",
        port=4455,
        has_password=False,
        is_active=True,
        roles=(),
        rings=(),
        path_map={},
        recording=RecordingSettings(),
    )
    off = msgspec.structs.replace(one, is_active=False)
    found = [suite.judge_reach(one, None), suite.judge_reach(one, "timed out"), suite.judge_reach(off, "timed out")]
    assert _outcomes(found) == [Outcome.OK, Outcome.FAILED, Outcome.SKIPPED]


def test_configuration(tmp_path: Path) -> None:
    """Each fault is a result."""
    paths = Paths(tmp_path)
    assert _outcomes(suite.look_at_configuration(Site(paths))) == [Outcome.OK]
    paths.config.write_text('{"rings": [], "colour": "blue"}')
    assert set(_outcomes(suite.look_at_configuration(Site(paths)))) == {Outcome.FAILED}


# The rounds


def _check(name: str, *results: Result, error: Exception | None = None, within_s: float = 5.0) -> Check:
    def look(_site: Site) -> list[Result]:
        if error is not None:
            raise error
        return list(results)

    return Check(name=name, doc="", look=look, within_s=within_s)


def test_a_check_that_hangs_or_raises_holds_up_no_other(tmp_path: Path) -> None:
    """A hanging share is a fault, told in time; what cannot be looked at is skipped, with the reason."""
    never = threading.Event()

    def hang(_site: Site) -> list[Result]:
        never.wait(30)
        return []

    hanging = Check(name="share", doc="", look=hang, within_s=0.05)
    denied = _check("key", error=PermissionError(13, "Permission denied", "secret.key"))
    well = _check("ports", ok("free", "a"), warning("held", "end it", "b"))
    found = run([hanging, denied, well], Site(Paths(tmp_path)))
    never.set()
    assert [(one.check, one.outcome) for one in found] == [
        ("share", Outcome.FAILED),
        ("key", Outcome.SKIPPED),
        ("ports", Outcome.OK),
        ("ports", Outcome.WARNING),
    ]
    assert found[1].found == "It could not be looked at: secret.key: Permission denied."


def test_checks_have_names_of_their_own() -> None:
    """--only names them."""
    assert len(set(NAMES)) == len(NAMES) > 20
    assert all(check.doc for check in CHECKS)


def test_what_is_printed() -> None:
    """In 100 columns, with what to do below, and what came from elsewhere cannot command the terminal."""
    results = [
        Result(
            check="ports", outcome=Outcome.FAILED, found="held by \x1b[2J " + "word " * 40, subject="a", fix="end it"
        ),
        Result(check="zone", outcome=Outcome.OK, found="set"),
        *[Result(check="x", outcome=one.outcome, found=one.found) for one in (skipped("none"), failed("bad", "mend"))],
    ]
    text = "\n".join(lines(results))
    assert max(map(len, text.splitlines())) <= 100
    assert "\x1b" not in text
    assert "-> end it" in text
    assert counted(results) == {"ok": 1, "warning": 0, "failed": 2, "skipped": 1}
    assert summary(results) == "1 ok, 0 warnings, 2 failed, 1 skipped."
