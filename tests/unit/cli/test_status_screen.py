"""The live screen: what it shows, in every size of a window, and that it never is larger than that."""

import itertools
from typing import Any

import msgspec
import pytest
from rich.cells import cell_len

from services.cli.readiness import Readiness
from services.cli.status.digits import HEIGHT, NARROW, SIZES, WIDE, big
from services.cli.status.layout import laid_out
from services.cli.status.look import Look
from services.cli.status.plain import lines as plain_lines
from services.cli.status.scene import FRESH_S, Heard
from shared.messages.alerts import AlertChanged, AlertSeverity
from shared.messages.health import Condition, HealthItem, HealthReport, Subject
from shared.messages.match import Athlete, MatchState, Stage
from shared.messages.obs import LinkState, ObsStatus, Outputs
from shared.messages.udp import RingStatus
from tests.support.scenes import NOW_US, a_match, a_report, a_ring, a_scene, an_alert, an_item, drawn_in


@pytest.mark.parametrize("rings", [1, 2, 4, 8])
@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40), (200, 60), (60, 18), (40, 10)])
def test_it_fits_every_window(width: int, height: int, rings: int) -> None:
    """However many rings and faults: no line is wider, there are no more lines, and all rings are named if they can."""
    bad = [an_item(Subject.DISK, f"/mnt/{n}", Condition.FAILED, reason="x" * 300, remedy="y" * 300) for n in range(9)]
    for scene in (a_scene(rings=rings), a_scene(*bad, rings=rings)):
        lines = drawn_in(scene, width=width, height=height)
        assert len(lines) <= height
        assert max(map(len, lines)) <= width
        if height >= 18:
            text = "\n".join(lines)
            assert [name for name in (f"ring-{n}" for n in range(1, rings + 1)) if name not in text] == []


def test_clock_and_score_are_big() -> None:
    """In digits; who fights, the round, the match and the stage in words."""
    lines = drawn_in(a_scene(), width=80, height=24)
    text = "\n".join(lines)
    rows = [big(digits, WIDE)[0] for digits in ("12", "8")]
    assert any(line.count(rows[1]) and line.count(rows[0]) for line in lines)
    assert big("01:23", WIDE)[2].strip() in text
    for word in ("BLUE CRO M. ČAČIĆ", "SRB", "RED", "round 2/3", "▶ FIGHT", "match 101", "✓ heard now", "ALL IS WELL"):
        assert word in text
    assert "\x1b" not in text


def test_letters_that_take_two_cells() -> None:
    """A name in Korean keeps the frame straight."""
    scene = a_scene(matches={"ring-1": a_match("ring-1", chong=Athlete(short_name="김유진" * 12, noc="KOR"))})
    lines = [line for line in drawn_in(scene, width=80) if line.startswith("│")]
    assert {cell_len(line) for line in lines} == {80}


def test_what_is_wrong_stands_at_the_top() -> None:
    """With since when and what to do; a symbol beside the colour; the ill service by its name."""
    bad = an_item(
        Subject.SERVICE, "db-writer", Condition.FAILED, reason="db-writer has not been heard for 4 s.", remedy="Wait."
    )
    lines = drawn_in(a_scene(bad))
    assert "✗ FAILED" in lines[0]
    assert lines[1].startswith("✗ ")
    assert lines[1].endswith("db-writer has not been heard for 4 s.")
    assert lines[2] == "  → Wait."
    assert any(line.startswith("✗ services") and "✗ db-writer" in line for line in lines)


_LONG = "A match is on, and this OBS is not connected: Nothing listens on 127.0.0.1:14455: start it. " * 2


@pytest.mark.parametrize("obs", [0, 1, 2, 5])
@pytest.mark.parametrize("count", [0, 1, 2, 9])
def test_the_score_stays_big_whatever_goes_wrong(count: int, obs: int) -> None:
    """On the smallest usual window with two rings; faults are cut in number first, the worst stands whole."""
    whys = [f"{n:c}: {_LONG}" for n in range(65, 65 + count)]
    bad = [
        an_item(Subject.OBS, f"o{n}", Condition.FAILED, reason=why, remedy="Start it.") for n, why in enumerate(whys)
    ]
    links = [
        ObsStatus(
            connection=f"o{n}", state=LinkState.DISCONNECTED, reason="x", since_us=1, host="h", port=1, roles=(),
            rings=(),
        )
        for n in range(obs)
    ]  # fmt: skip
    lines = drawn_in(a_scene(*bad, rings=2, obs=links), width=80, height=24)
    assert len(lines) <= 24
    assert sum(big("12", WIDE)[1] in line and big("8", WIDE)[1] in line for line in lines) >= 2
    if count > 1 and obs < 2:
        assert " ".join(line.strip() for line in lines[1:4]).endswith("start it.")
    if count > 1:
        assert f"+{count - 1} more: restrike status --once" in lines


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


def test_who_won_is_told() -> None:
    """A match that is over names its winner."""
    over = a_scene(matches={"ring-1": a_match("ring-1", stage=Stage.DECIDED, winner=2)})
    assert "● OVER  RED WINS" in "\n".join(drawn_in(over))


def _looked(*bad: HealthItem, rings: list[RingStatus], alerts: tuple[AlertChanged, ...] = ()) -> Look:
    ready = Readiness(services={}, silent={}, rings=rings, database=None)
    return Look(ready=ready, matches={}, health=a_report(*bad), alerts=alerts, free_bytes=None)


@pytest.mark.parametrize("change", [{"listening": False}, {"address": None}])
def test_a_ring_that_cannot_listen(change: dict[str, Any]) -> None:
    """Neither the plain lines nor the screen name an address that nobody listens on."""
    deaf = msgspec.structs.replace(a_ring("ring-1"), error="The port is taken by another program.", **change)
    plain = next(plain_lines(_looked(rings=[deaf])))
    assert "NOT LISTENING (8888)" in plain
    assert "127.0.0.1" not in plain
    assert "✗ NOT LISTENING" in "\n".join(drawn_in(msgspec.structs.replace(a_scene(), rings=[deaf])))


def test_plain_faults_are_sorted_and_told_once() -> None:
    """Since when, how grave, and the id that `restrike alerts ack` takes."""
    silent = an_item(Subject.RING, "ring-1", Condition.FAILED, reason="It is silent.", remedy="Look.")
    alerts = (
        an_alert("udp.drops", "machine", AlertSeverity.WARNING, value=5.0),
        an_alert("ring.silent", "ring-1", AlertSeverity.CRITICAL, value=3.0),
    )
    told = [line for line in plain_lines(_looked(silent, rings=[], alerts=alerts)) if "since" in line]
    assert told[0].startswith("✗ ring ring-1, since ")
    assert told[0].endswith(", critical (alert 3f12ab): It is silent. Look.")
    assert told[1].startswith("! machine, since ")
    assert len(told) == 2


def test_what_is_not_known_is_named() -> None:
    """In one line."""
    lines = drawn_in(a_scene(an_item(Subject.CLOCK, "clock", Condition.UNKNOWN, reason="?")))
    assert "NOT KNOWN" in lines[0]
    assert lines[1] == "? not known: clock"


def test_silence_obs_and_disk() -> None:
    """A silent ring, an OBS that records, one that is away, what is free."""
    silent = an_item(Subject.RING, "ring-1", Condition.FAILED, reason="ring-1 has been silent for 9 s.")
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
    ill = an_item(Subject.OBS, "b", Condition.DEGRADED, reason="This OBS is disconnected.")
    text = "\n".join(drawn_in(a_scene(silent, ill, obs=[on, away])))
    for word in ("✓ OBS a  scene Mat, records  ● REC", "! OBS b  disconnected", "5.0 GiB free"):
        assert word in text
    quiet = msgspec.structs.replace(a_scene(silent), rings=[a_ring("ring-1", silent_s=9)])
    assert "✗ SILENT for 9 s" in "\n".join(drawn_in(quiet))


def test_without_a_suite() -> None:
    """It says so, and how to start it."""
    lines = drawn_in(a_scene(is_running=False))
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
    heard.take(a_match("ring-1", entry=9), now_s=1)
    heard.take_look(_look(None, a_match("ring-1", entry=7)), now_s=2)
    assert heard.scene(now_s=2).matches["ring-1"].entry == 9
    heard.take(a_match("ring-1", entry=1, journal_id="new"), now_s=3)
    assert heard.scene(now_s=3).matches["ring-1"].entry == 1


def test_a_clock_that_was_set_back_ends_no_judgement() -> None:
    """A report that was asked for counts once the one before is old, whatever its time says."""
    heard = Heard(_look(a_report()), now_s=0)
    back = msgspec.structs.replace(a_report(), at_us=NOW_US - 3_600_000_000)
    heard.take_look(_look(back), now_s=FRESH_S / 2)
    assert heard.scene(now_s=FRESH_S / 2).report.at_us == NOW_US
    heard.take_look(_look(back), now_s=FRESH_S + 1)
    scene = heard.scene(now_s=FRESH_S + 1)
    assert (scene.report, scene.is_judged) == (back, True)


def test_a_report_that_is_old_is_not_believed() -> None:
    """cpu-monitor fell silent: then what the services answer is shown, and that nobody watches."""
    heard = Heard(_look(), now_s=0)
    heard.take(a_report(), now_s=0)
    assert heard.scene(now_s=FRESH_S - 1).is_judged
    scene = heard.scene(now_s=FRESH_S + 1)
    assert not scene.is_judged
    assert scene.report.condition is Condition.FAILED
    assert "cpu-monitor is silent" in "\n".join(drawn_in(scene))


def test_a_frozen_judge_is_found_out_soon() -> None:
    """Two answers in a row that it owes, or none while it is gone. What it found wrong stays, with when; a ring that
    was heard since, and what was well, is unknown. Since when it is away does not move.
    """
    ill = [
        an_item(Subject.RING, name, Condition.FAILED, reason=f"{name} has been silent.")
        for name in ("ring-1", "ring-2")
    ]
    alert = an_alert("cpu.hot", "machine", AlertSeverity.WARNING, value=99.0)
    rings = [a_ring("ring-1", silent_s=9), msgspec.structs.replace(a_ring("ring-2"), last_packet_us=NOW_US + 1)]
    heard = Heard(_looked(*ill, rings=rings, alerts=(alert,)), now_s=0)
    silent = Readiness(services={}, silent={"cpu-monitor": "It is silent."}, rings=rings, database=None)
    frozen = Look(ready=silent, matches={}, health=None, alerts=None, free_bytes=1)
    heard.take_look(frozen, now_s=2)
    assert heard.scene(now_s=2).is_judged
    heard.take_look(frozen, now_s=3)
    scene = heard.scene(now_s=3)
    assert not scene.is_judged
    items = {item.name: item for item in scene.report.items}
    assert (items["ring-1"].condition, items["ring-2"].condition) == (Condition.FAILED, Condition.UNKNOWN)
    assert "ring-1 has been silent. (as of " in (items["ring-1"].reason or "")
    assert [one.rule for one in scene.alerts] == ["cpu.hot"]
    assert any(line.startswith("? disk") for line in drawn_in(scene))
    heard.take_look(frozen, now_s=5)
    again = heard.scene(now_s=5).report.items
    assert [item.since_us for item in again if item.name == "cpu-monitor"] == [items["cpu-monitor"].since_us]
    heard.take(a_report(), now_s=6)
    assert heard.scene(now_s=6).is_judged
    silent.gone.add("cpu-monitor")
    heard.take_look(frozen, now_s=7)
    assert not heard.scene(now_s=7).is_judged


def test_plain_lines_without_a_judge() -> None:
    """A service that is gone comes back by itself; nobody is told to start a suite that runs."""
    ready = Readiness(services={}, silent={"cpu-monitor": "It is not running."}, rings=[], database=None)
    ready.gone.add("cpu-monitor")
    seen = Look(ready=ready, matches={}, health=None, alerts=(), free_bytes=None)
    (told,) = [line for line in plain_lines(seen) if "cpu-monitor" in line]
    assert told.startswith("✗ service cpu-monitor, since ")
    assert "Nobody watches the suite until it is back. It is started again by itself" in told
