"""The live screen: what it shows, in every size of a window, and that it never is larger than that."""

import io
import itertools
from typing import Any

import msgspec
import pytest
from rich.cells import cell_len
from rich.console import Console

from services.cli.readiness import Readiness
from services.cli.status.digits import HEIGHT, NARROW, SIZES, WIDE, big
from services.cli.status.layout import laid_out
from services.cli.status.look import Look
from services.cli.status.plain import lines as plain_lines
from services.cli.status.scene import FRESH_S, Heard, Scene
from services.cli.status.screen import drawn
from services.cli.status.troubles import troubles
from services.registry import SERVICES
from shared.messages.alerts import AlertChanged, AlertSeverity, AlertState
from shared.messages.health import Condition, HealthItem, HealthReport, Subject
from shared.messages.match import Athlete, MatchState, Stage
from shared.messages.obs import LinkState, ObsStatus, Outputs
from shared.messages.udp import RingStatus

NOW_US = 1_700_000_000_000_000


def _item(subject: Subject, name: str, condition: Condition = Condition.OK, **words: Any) -> HealthItem:
    return HealthItem(subject=subject, name=name, condition=condition, since_us=NOW_US, **words)


def _ring(name: str, *, silent_s: int = 0) -> RingStatus:
    return RingStatus(
        ring=name, listening=True, session="s", journal_id="j", entry=1, bind="a", address="127.0.0.1", port=8888,
        source=None, error=None, receive_buffer_bytes=1, receive_buffer_asked_bytes=1, max_packet_bytes=1, packets=1,
        bytes=1, kernel_drops=0, refused=0, cut=0, lost=0, unjournaled_bytes=0,
        last_packet_us=NOW_US - silent_s * 1_000_000, senders=[],
    )  # fmt: skip


def _match(ring: str, **fields: Any) -> MatchState:
    said = {"match_id": "m", "match_number": "101", "stage": Stage.RUNNING, "round": 2, "total_rounds": 3}
    clocks = {"clock_ms": 83_000, "clock_running": True}
    sides = {
        "chong": Athlete(short_name="M. ČAČIĆ", noc="CRO", score=12),
        "hong": Athlete(short_name="\x1b[31mX", noc="SRB", score=8),
    }
    return MatchState(
        **{"ring": ring, "journal_id": "j", "entry": 5, "changed_at_us": NOW_US, **said, **clocks, **sides, **fields}
    )


def _report(*bad: HealthItem) -> HealthReport:
    named = {(item.subject, item.name) for item in bad}
    services = [_item(Subject.SERVICE, name) for name in SERVICES if (Subject.SERVICE, name) not in named]
    worst = bad[0].condition if bad else Condition.OK
    return HealthReport(at_us=NOW_US, condition=worst, items=(*bad, *services))


def _scene(*bad: HealthItem, rings: int = 1, **changes: Any) -> Scene:
    names = [f"ring-{number}" for number in range(1, rings + 1)]
    fields: dict[str, Any] = {
        "report": _report(*bad),
        "is_judged": True,
        "is_running": True,
        "rings": [_ring(name) for name in names],
        "matches": {name: _match(name) for name in names},
        "obs": [],
        "has_obs": True,
        "is_paused": False,
        "alerts": [],
        "free_bytes": 5 << 30,
    }
    return Scene(**{**fields, **changes})


def _shown(scene: Scene, *, width: int = 120, height: int = 40) -> list[str]:
    """The lines of a window."""
    console = Console(file=io.StringIO(), width=width, height=height, force_terminal=False, color_system=None)
    console.print(drawn(scene, width=width, height=height, now_us=NOW_US, hint="q ends this."))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


@pytest.mark.parametrize("rings", [1, 2, 4, 8])
@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40), (200, 60), (60, 18), (40, 10)])
def test_it_fits_every_window(width: int, height: int, rings: int) -> None:
    """However many rings and faults: no line is wider, there are no more lines, and all rings are named if they can."""
    bad = [_item(Subject.DISK, f"/mnt/{n}", Condition.FAILED, reason="x" * 300, remedy="y" * 300) for n in range(9)]
    for scene in (_scene(rings=rings), _scene(*bad, rings=rings)):
        lines = _shown(scene, width=width, height=height)
        assert len(lines) <= height
        assert max(map(len, lines)) <= width
        if height >= 18:
            text = "\n".join(lines)
            assert [name for name in (f"ring-{n}" for n in range(1, rings + 1)) if name not in text] == []


def test_clock_and_score_are_big() -> None:
    """In digits; who fights, the round, the match and the stage in words."""
    lines = _shown(_scene(), width=80, height=24)
    text = "\n".join(lines)
    rows = [big(digits, WIDE)[0] for digits in ("12", "8")]
    assert any(line.count(rows[1]) and line.count(rows[0]) for line in lines)
    assert big("01:23", WIDE)[2].strip() in text
    for word in ("BLUE CRO M. ČAČIĆ", "SRB", "RED", "round 2/3", "▶ FIGHT", "match 101", "✓ heard now", "ALL IS WELL"):
        assert word in text
    assert "\x1b" not in text


def test_letters_that_take_two_cells() -> None:
    """A name in Korean keeps the frame straight."""
    scene = _scene(matches={"ring-1": _match("ring-1", chong=Athlete(short_name="김유진" * 12, noc="KOR"))})
    lines = [line for line in _shown(scene, width=80) if line.startswith("│")]
    assert {cell_len(line) for line in lines} == {80}


def test_what_is_wrong_stands_at_the_top() -> None:
    """With since when and what to do; a symbol beside the colour; the ill service by its name."""
    bad = _item(
        Subject.SERVICE, "db-writer", Condition.FAILED, reason="db-writer has not been heard for 4 s.", remedy="Wait."
    )
    lines = _shown(_scene(bad))
    assert "✗ FAILED" in lines[0]
    assert lines[1].startswith("✗ ")
    assert lines[1].endswith("db-writer has not been heard for 4 s.")
    assert lines[2] == "  → Wait."
    assert any(line.startswith("✗ services") and "✗ db-writer" in line for line in lines)


def test_more_than_there_is_room_for() -> None:
    """The rest is counted, and where to read it is said."""
    bad = [_item(Subject.DISK, f"/{n}", Condition.FAILED, reason="full", remedy="free") for n in range(9)]
    assert any("more: restrike health" in line for line in _shown(_scene(*bad), width=80, height=24))


def test_an_alert_that_no_item_tells() -> None:
    """An alert on something that is in the list already is not told twice."""
    alert = AlertChanged(
        alert_id="a", rule="ring.drops", subject="ring-9", severity=AlertSeverity.WARNING, state=AlertState.RAISED,
        message="Ring 9 drops.", raised_at_us=NOW_US, remedy="Look.",
    )  # fmt: skip
    text = "\n".join(_shown(_scene(alerts=[alert])))
    assert "Ring 9 drops." in text
    bad = _item(Subject.RING, "ring-9", Condition.FAILED, reason="It is silent.")
    lines = _shown(_scene(bad, alerts=[alert]))
    assert "Ring 9 drops." not in "\n".join(lines)
    assert "warning: ring ring-9: It is silent." in lines[1]


def _alert(rule: str, subject: str, severity: AlertSeverity, **fields: Any) -> AlertChanged:
    said = {"state": AlertState.RAISED, "message": f"{rule} is told.", "raised_at_us": NOW_US, "remedy": "Do this."}
    return AlertChanged(
        **{"alert_id": "3f12ab77", "rule": rule, "subject": subject, "severity": severity, **said, **fields}
    )


def test_one_fault_stands_once() -> None:
    """Whatever the rule calls what there is once: the item stays, with how grave the alert is."""
    items = [
        _item(Subject.MACHINE, "processor", Condition.DEGRADED, reason="Programs wait."),
        _item(Subject.DATABASE, "restrike.db", Condition.FAILED, reason="It cannot be written."),
        _item(Subject.SERVICE, "udp-ingest", Condition.DEGRADED, reason="udp-ingest was frozen."),
        _item(Subject.LICENCE, "licence", Condition.DEGRADED, reason="There is none."),
    ]
    alerts = [
        _alert("cpu.busy", "machine", AlertSeverity.CRITICAL, value=99.0),
        _alert("db.not_writable", "database", AlertSeverity.CRITICAL, value=1.0),
        _alert("service.killed", "udp-ingest", AlertSeverity.WARNING),
        _alert("license.attention", "licence", AlertSeverity.WARNING, value=2.0),
    ]
    found = troubles(_report(*items), alerts)
    assert [(one.about, one.severity) for one in found] == [
        ("machine processor", AlertSeverity.CRITICAL),
        ("database restrike.db", AlertSeverity.CRITICAL),
        ("service udp-ingest", AlertSeverity.WARNING),
        ("licence", AlertSeverity.WARNING),
    ]


def test_what_is_mended_has_a_line() -> None:
    """A service that was ended and runs again: last, and without what to do. Another alert keeps its remedy."""
    mended = _alert("service.killed", "db-writer", AlertSeverity.WARNING, message="db-writer was frozen. " * 9)
    hot = _alert("cpu.hot", "machine", AlertSeverity.WARNING, value=99.0, message="It is hot.")
    lines = _shown(_scene(alerts=[mended, hot]), width=80, height=24)
    assert lines[1].endswith("warning: machine: It is hot.")
    assert lines[2] == "  → Do this."
    assert "db-writer was frozen." in lines[3]
    assert lines[3].endswith("…")
    assert lines[4].startswith("╭")


def test_a_ring_of_the_name_of_an_obs() -> None:
    """An alert on the one says nothing of the other."""
    ring = _item(Subject.RING, "main", Condition.FAILED, reason="It is silent.")
    lost = _alert("obs.lost", "main", AlertSeverity.CRITICAL, value=1.0)
    assert len(troubles(_report(ring), [lost])) == 2


def test_an_alert_that_somebody_noted() -> None:
    """It is gone from the screen, and the item it stands for is marked."""
    noted = _alert("ring.drops", "ring-9", AlertSeverity.CRITICAL, state=AlertState.ACKNOWLEDGED, value=1.0)
    assert "ALL IS WELL" in _shown(_scene(alerts=[noted]))[0]
    assert _shown(_scene(alerts=[noted]))[1].startswith("╭")
    bad = _item(Subject.RING, "ring-9", Condition.FAILED, reason="It is silent.")
    assert "critical (noted): ring ring-9" in _shown(_scene(bad, alerts=[noted]))[1]


_LONG = "A match is on, and this OBS is not connected: Nothing listens on 127.0.0.1:14455: start it. " * 2


@pytest.mark.parametrize("obs", [0, 1, 2, 5])
@pytest.mark.parametrize("count", [0, 1, 2, 9])
def test_the_score_stays_big_whatever_goes_wrong(count: int, obs: int) -> None:
    """On the smallest usual window with two rings; faults are cut in number first, the worst stands whole."""
    bad = [_item(Subject.OBS, f"o{n}", Condition.FAILED, reason=_LONG, remedy="Start it.") for n in range(count)]
    links = [
        ObsStatus(
            connection=f"o{n}", state=LinkState.DISCONNECTED, reason="x", since_us=1, host="h", port=1, roles=(),
            rings=(),
        )
        for n in range(obs)
    ]  # fmt: skip
    lines = _shown(_scene(*bad, rings=2, obs=links), width=80, height=24)
    assert len(lines) <= 24
    assert sum(big("12", WIDE)[1] in line and big("8", WIDE)[1] in line for line in lines) >= 2
    if count > 1 and obs < 2:
        assert " ".join(line.strip() for line in lines[1:4]).endswith("start it.")
    if count > 1:
        assert f"+{count - 1} more: restrike health" in lines


@pytest.mark.parametrize("rings", [1, 2, 3, 4])
def test_a_larger_window_never_has_smaller_digits(rings: int) -> None:
    """In each direction, with as much wrong as there can be."""

    def size(width: int, height: int) -> int:
        chosen = laid_out(rings, width, height - 5, kept=height // 6, wanted=99).size
        return -1 if chosen is None else SIZES.index(chosen)

    found = [[size(width, height) for height in range(10, 90, 2)] for width in range(40, 240, 8)]
    for row, wider in itertools.pairwise(found):
        assert row == sorted(row)
        assert all(one <= other for one, other in zip(row, wider, strict=True))
    assert size(200, 60) > size(120, 40) > size(80, 24) >= SIZES.index(NARROW) or rings > 2


def test_a_tiny_window_shows_rings_first() -> None:
    """Score and clock of both, then what there is room for."""
    bad = [_item(Subject.DISK, f"/{n}", Condition.FAILED, reason="full", remedy="free") for n in range(3)]
    lines = _shown(_scene(*bad, rings=2), width=30, height=6)
    assert [line[:20] for line in lines[2:4]] == ["ring-1 12 : 8 01:23 ", "ring-2 12 : 8 01:23 "]
    assert len(lines) <= 6


def test_who_won_is_told() -> None:
    """A match that is over names its winner."""
    over = _scene(matches={"ring-1": _match("ring-1", stage=Stage.DECIDED, winner=2)})
    assert "● OVER  RED WINS" in "\n".join(_shown(over))


def _looked(*bad: HealthItem, rings: list[RingStatus], alerts: tuple[AlertChanged, ...] = ()) -> Look:
    ready = Readiness(services={}, silent={}, rings=rings, database=None)
    return Look(ready=ready, matches={}, health=_report(*bad), alerts=alerts, free_bytes=None)


@pytest.mark.parametrize("change", [{"listening": False}, {"address": None}])
def test_a_ring_that_cannot_listen(change: dict[str, Any]) -> None:
    """Neither the plain lines nor the screen name an address that nobody listens on."""
    deaf = msgspec.structs.replace(_ring("ring-1"), error="The port is taken by another program.", **change)
    plain = next(plain_lines(_looked(rings=[deaf])))
    assert "NOT LISTENING (8888)" in plain
    assert "127.0.0.1" not in plain
    assert "✗ NOT LISTENING" in "\n".join(_shown(msgspec.structs.replace(_scene(), rings=[deaf])))


def test_plain_faults_are_sorted_and_told_once() -> None:
    """Since when, how grave, and the id that `restrike alerts ack` takes."""
    silent = _item(Subject.RING, "ring-1", Condition.FAILED, reason="It is silent.", remedy="Look.")
    alerts = (
        _alert("udp.drops", "machine", AlertSeverity.WARNING, value=5.0),
        _alert("ring.silent", "ring-1", AlertSeverity.CRITICAL, value=3.0),
    )
    told = [line for line in plain_lines(_looked(silent, rings=[], alerts=alerts)) if "since" in line]
    assert told[0].startswith("✗ ring ring-1, since ")
    assert told[0].endswith(", critical (alert 3f12ab): It is silent. Look.")
    assert told[1].startswith("! machine, since ")
    assert len(told) == 2


def test_what_is_not_known_is_named() -> None:
    """In one line."""
    lines = _shown(_scene(_item(Subject.CLOCK, "clock", Condition.UNKNOWN, reason="?")))
    assert "NOT KNOWN" in lines[0]
    assert lines[1] == "? not known: clock"


def test_silence_obs_and_disk() -> None:
    """A silent ring, an OBS that records, one that is away, what is free."""
    silent = _item(Subject.RING, "ring-1", Condition.FAILED, reason="ring-1 has been silent for 9 s.")
    away = ObsStatus(
        connection="b",
        state=LinkState.DISCONNECTED,
        reason="Nobody answers.",
        since_us=1,
        host="h",
        port=1,
        roles=(),
        rings=(),
    )
    on = ObsStatus(
        connection="a", state=LinkState.CONNECTED, reason=None, since_us=1, host="h", port=1, roles=(), rings=(),
        program_scene="Mat", outputs=Outputs(is_recording=True),
    )  # fmt: skip
    ill = _item(Subject.OBS, "b", Condition.DEGRADED, reason="This OBS is disconnected.")
    text = "\n".join(_shown(_scene(silent, ill, obs=[on, away])))
    for word in ("✓ OBS a  scene Mat, records  ● REC", "! OBS b  disconnected", "5.0 GiB free"):
        assert word in text
    quiet = msgspec.structs.replace(_scene(silent), rings=[_ring("ring-1", silent_s=9)])
    assert "✗ SILENT for 9 s" in "\n".join(_shown(quiet))


def test_without_a_suite() -> None:
    """It says so, and how to start it."""
    lines = _shown(_scene(is_running=False))
    assert "NOT RUNNING" in lines[0]
    assert "restrike up" in lines[1]


def test_digits_are_of_one_width() -> None:
    """All lines, so that what stands beside them is straight."""
    for text in ("01:23", "--:--", "7", "99"):
        rows = big(text)
        assert len(rows) == HEIGHT
        assert len({len(row) for row in rows}) == 1


def _look(health: HealthReport | None = None, *states: MatchState) -> Look:
    ready = Readiness(services={}, silent={"cpu-monitor": "It is silent."}, rings=[], database=None)
    return Look(ready=ready, matches={s.ring: s for s in states}, health=health, alerts=(), free_bytes=None)


def test_the_newer_counts() -> None:
    """A state that was asked for before a newer one was heard does not come back; another journal's does."""
    heard = Heard(_look(), now_s=0)
    heard.take(_match("ring-1", entry=9), now_s=1)
    heard.take_look(_look(None, _match("ring-1", entry=7)), now_s=2)
    assert heard.scene(now_s=2).matches["ring-1"].entry == 9
    heard.take(_match("ring-1", entry=1, journal_id="new"), now_s=3)
    assert heard.scene(now_s=3).matches["ring-1"].entry == 1


def test_a_clock_that_was_set_back_ends_no_judgement() -> None:
    """A report that was asked for counts once the one before is old, whatever its time says."""
    heard = Heard(_look(_report()), now_s=0)
    back = msgspec.structs.replace(_report(), at_us=NOW_US - 3_600_000_000)
    heard.take_look(_look(back), now_s=FRESH_S / 2)
    assert heard.scene(now_s=FRESH_S / 2).report.at_us == NOW_US
    heard.take_look(_look(back), now_s=FRESH_S + 1)
    scene = heard.scene(now_s=FRESH_S + 1)
    assert (scene.report, scene.is_judged) == (back, True)


def test_a_report_that_is_old_is_not_believed() -> None:
    """cpu-monitor fell silent: then what the services answer is shown, and that nobody watches."""
    heard = Heard(_look(), now_s=0)
    heard.take(_report(), now_s=0)
    assert heard.scene(now_s=FRESH_S - 1).is_judged
    scene = heard.scene(now_s=FRESH_S + 1)
    assert not scene.is_judged
    assert scene.report.condition is Condition.FAILED
    assert "cpu-monitor is silent" in "\n".join(_shown(scene))


def test_plain_lines_without_a_judge() -> None:
    """A service that is gone comes back by itself; nobody is told to start a suite that runs."""
    ready = Readiness(services={}, silent={"cpu-monitor": "It is not running."}, rings=[], database=None)
    ready.gone.add("cpu-monitor")
    seen = Look(ready=ready, matches={}, health=None, alerts=(), free_bytes=None)
    (told,) = [line for line in plain_lines(seen) if "cpu-monitor" in line]
    assert told.startswith("✗ service cpu-monitor, since ")
    assert "Nobody watches the suite until it is back. It is started again by itself" in told
