"""The live screen: what it shows, in every size of a window, and that it never is larger than that."""

import io
from typing import Any

import msgspec
import pytest
from rich.cells import cell_len
from rich.console import Console

from services.cli.readiness import Readiness
from services.cli.status.digits import HEIGHT, WIDE, big
from services.cli.status.look import Look
from services.cli.status.scene import FRESH_S, Heard, Scene
from services.cli.status.screen import drawn
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
    """In digits of five lines; who fights, the round, the match and the stage in words."""
    lines = _shown(_scene())
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
        alert_id="a", rule="r", subject="ring-9", severity=AlertSeverity.WARNING, state=AlertState.RAISED,
        message="Ring 9 drops.", raised_at_us=NOW_US, remedy="Look.",
    )  # fmt: skip
    text = "\n".join(_shown(_scene(alerts=[alert])))
    assert "Ring 9 drops." in text
    bad = _item(Subject.RING, "ring-9", Condition.FAILED, reason="It is silent.")
    assert "Ring 9 drops." not in "\n".join(_shown(_scene(bad, alerts=[alert])))


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


def test_a_report_that_is_old_is_not_believed() -> None:
    """cpu-monitor fell silent: then what the services answer is shown, and that nobody watches."""
    heard = Heard(_look(), now_s=0)
    heard.take(_report(), now_s=0)
    assert heard.scene(now_s=FRESH_S - 1).is_judged
    scene = heard.scene(now_s=FRESH_S + 1)
    assert not scene.is_judged
    assert scene.report.condition is Condition.FAILED
    assert "cpu-monitor is silent" in "\n".join(_shown(scene))
