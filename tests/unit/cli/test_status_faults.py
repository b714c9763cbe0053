"""What is wrong on the live screen: each fault once, the worst first, and counted where there is no room."""

import pytest

from services.cli.status.faults import Fault, fitted
from services.cli.status.joining import joined
from services.cli.status.troubles import troubles
from shared.messages.alerts import AlertChanged, AlertSeverity, AlertState
from shared.messages.health import Condition, HealthItem, Subject
from tests.support.scenes import NOW_US, a_report, a_scene, an_alert, an_item, drawn_in, silent_rings


def test_more_than_there_is_room_for() -> None:
    """The rest is counted, and where to read it is said."""
    bad = [
        an_item(Subject.DISK, f"/{n}", Condition.FAILED, reason=f"full of {n:c}", remedy="free") for n in range(65, 74)
    ]
    scene = a_scene(*bad)
    lines = drawn_in(scene, width=80, height=24)
    (more,) = [line for line in lines if line.startswith("+")]
    told = sum("full of" in line for line in lines)
    assert more == f"+{9 - told} more: restrike status --once"
    assert sum("full of" in line for line in drawn_in(scene, width=80, height=None)) == 9


def test_an_alert_that_no_item_tells() -> None:
    """An alert on something that is in the list already is not told twice."""
    alert = AlertChanged(
        alert_id="a", rule="ring.drops", subject="ring-9", severity=AlertSeverity.WARNING, state=AlertState.RAISED,
        message="Ring 9 drops.", raised_at_us=NOW_US, remedy="Look.",
    )  # fmt: skip
    text = "\n".join(drawn_in(a_scene(alerts=[alert])))
    assert "Ring 9 drops." in text
    bad = an_item(Subject.RING, "ring-9", Condition.FAILED, reason="It is silent.")
    lines = drawn_in(a_scene(bad, alerts=[alert]))
    assert "Ring 9 drops." not in "\n".join(lines)
    assert "warning: ring ring-9: It is silent." in lines[1]


def test_one_fault_stands_once() -> None:
    """Whatever the rule calls what there is once: the item stays, with how grave the alert is."""
    items = [
        an_item(Subject.MACHINE, "processor", Condition.DEGRADED, reason="Programs wait."),
        an_item(Subject.DATABASE, "restrike.db", Condition.FAILED, reason="It cannot be written."),
        an_item(Subject.SERVICE, "udp-ingest", Condition.DEGRADED, reason="udp-ingest was frozen."),
        an_item(Subject.LICENCE, "licence", Condition.DEGRADED, reason="There is none."),
    ]
    alerts = [
        an_alert("cpu.busy", "machine", AlertSeverity.CRITICAL, value=99.0),
        an_alert("db.not_writable", "database", AlertSeverity.CRITICAL, value=1.0),
        an_alert("service.killed", "udp-ingest", AlertSeverity.WARNING),
        an_alert("license.attention", "licence", AlertSeverity.WARNING, value=2.0),
    ]
    found = troubles(a_report(*items), alerts)
    assert [(one.about, one.severity) for one in found] == [
        ("machine processor", AlertSeverity.CRITICAL),
        ("database restrike.db", AlertSeverity.CRITICAL),
        ("service udp-ingest", AlertSeverity.WARNING),
        ("licence", AlertSeverity.WARNING),
    ]


def test_what_is_mended_has_a_line() -> None:
    """A service that was ended and runs again: last, and without what to do. Another alert keeps its remedy."""
    mended = an_alert("service.killed", "db-writer", AlertSeverity.WARNING, message="db-writer was frozen. " * 9)
    hot = an_alert("cpu.hot", "machine", AlertSeverity.WARNING, value=99.0, message="It is hot.")
    lines = drawn_in(a_scene(alerts=[mended, hot]), width=80, height=24)
    assert lines[1].endswith("warning: machine: It is hot.")
    assert lines[2] == "  → Do this."
    assert "db-writer was frozen." in lines[3]
    assert lines[3].endswith("…")
    assert lines[4].startswith("╭")


def test_a_ring_of_the_name_of_an_obs() -> None:
    """An alert on the one says nothing of the other."""
    ring = an_item(Subject.RING, "main", Condition.FAILED, reason="It is silent.")
    lost = an_alert("obs.lost", "main", AlertSeverity.CRITICAL, value=1.0)
    assert len(troubles(a_report(ring), [lost])) == 2


def test_an_alert_that_somebody_noted() -> None:
    """It is gone from the screen, and the item it stands for is marked."""
    noted = an_alert("ring.drops", "ring-9", AlertSeverity.CRITICAL, state=AlertState.ACKNOWLEDGED, value=1.0)
    assert "ALL IS WELL" in drawn_in(a_scene(alerts=[noted]))[0]
    assert drawn_in(a_scene(alerts=[noted]))[1].startswith("╭")
    bad = an_item(Subject.RING, "ring-9", Condition.FAILED, reason="It is silent.")
    assert "critical (noted): ring ring-9" in drawn_in(a_scene(bad, alerts=[noted]))[1]


def test_the_top_line_is_the_worst_of_all() -> None:
    """An alert that health does not tell makes it worse; one that is noted, mended or only good to know does not."""

    def top(*alerts: AlertChanged, bad: tuple[HealthItem, ...] = ()) -> str:
        return drawn_in(a_scene(*bad, alerts=list(alerts)))[0]

    noted = {"value": 1.0, "state": AlertState.ACKNOWLEDGED}
    assert "✗ FAILED" in top(an_alert("my.rule", "machine", AlertSeverity.CRITICAL, value=1.0))
    assert "! LOOK AT THIS" in top(an_alert("my.rule", "machine", AlertSeverity.WARNING, value=1.0))
    assert "ALL IS WELL" in top(an_alert("my.rule", "machine", AlertSeverity.INFORMATION, value=1.0))
    assert "ALL IS WELL" in top(an_alert("my.rule", "machine", AlertSeverity.CRITICAL, **noted))
    assert "ALL IS WELL" in top(an_alert("service.killed", "db-writer", AlertSeverity.WARNING))
    ill = an_item(Subject.RING, "ring-9", Condition.DEGRADED, reason="It drops.")
    assert "✗ FAILED" in top(an_alert("ring.drops", "ring-9", AlertSeverity.CRITICAL, value=1.0), bad=(ill,))
    assert "! LOOK" in top(an_alert("ring.drops", "ring-9", AlertSeverity.CRITICAL, **noted), bad=(ill,))
    clock = an_item(Subject.CLOCK, "clock", Condition.UNKNOWN)
    assert "✗ FAILED" in top(an_alert("my.rule", "machine", AlertSeverity.CRITICAL, value=1.0), bad=(clock,))


def test_the_same_fault_of_several_is_one() -> None:
    """Rings that are silent are told in a line, so that all else has room; with what to do for all. One whose alert has
    not come yet is one of them.
    """
    items = silent_rings("ring-10", "ring-1", "ring-4", "ring-2")
    alert = an_alert("ring.silent", "ring-4", AlertSeverity.CRITICAL, value=9.0)
    disk = an_item(Subject.DISK, "/mnt", Condition.FAILED, reason="It is full.", remedy="Free it.")
    scene = a_scene(*items, disk, rings=8, alerts=[alert])
    lines = drawn_in(scene, width=80, height=24)
    assert " ".join(lines[1].split()[2:]) == "critical: ring-1, ring-2 and 2 more are silent while their matches"
    assert lines[3].startswith("  → Look at their scoring systems, cables and switch")
    assert any(line.endswith("disk /mnt: It is full.") for line in lines)
    assert not any(line.startswith("+") for line in lines)
    every = drawn_in(scene, width=80, height=None)
    assert sum("has been silent for" in line for line in every) == 4
    three = joined(troubles(a_report(*items[:3]), []))
    assert [(one.text, one.count) for one in three] == [
        ("ring-1, ring-4 and ring-10 are silent while their matches run.", 3)
    ]


def test_other_faults_of_several() -> None:
    """Of words that nobody has put in the plural, those of the first stand for all; other words are another fault."""
    lost = [
        an_item(Subject.RING, f"ring-{n}", Condition.FAILED, reason=f"ring-{n} lost {n} entries.", remedy="Free space.")
        for n in (1, 2)
    ]
    away = [an_item(Subject.OBS, name, Condition.FAILED, reason="OBS is away: 10.0.0.7.") for name in ("a", "b")]
    full = an_item(Subject.OBS, "c", Condition.FAILED, reason="Its disk is full.")
    found = joined(troubles(a_report(*lost, *away, full), []))
    assert [(one.about, one.text, one.remedy, one.count) for one in found] == [
        ("ring ring-1 and ring-2", "ring-1 lost 1 entries. Likewise the others.", "Free space.", 2),
        ("obs a and b", "OBS is away: 10.0.0.7.", None, 2),
        ("obs c", "Its disk is full.", None, 1),
    ]


@pytest.mark.parametrize("most", range(1, 12))
def test_each_fault_has_its_remedy_or_is_counted(most: int) -> None:
    """However little room there is."""
    words = [("A fault " * 20, "Do this " * 20), ("Another one.", "Do that " * 20), ("The third.", "Do more.")]
    bad = [an_item(Subject.DISK, "/", Condition.FAILED, reason=one, remedy=other) for one, other in words]
    found = [Fault(one, 60) for one in troubles(a_report(*bad), [])]
    shown = [line.plain for line in fitted(found, [], most)]
    assert len(shown) <= most
    told, remedies = sum(line.startswith("✗") for line in shown), sum(line.startswith("  →") for line in shown)
    counted = [int(line.rpartition("+")[2].split()[0]) for line in shown if "+" in line]
    assert told + sum(counted) == 3
    assert remedies == told or (most <= 2 and told == 1)
    assert max(map(len, shown)) <= 60


def test_the_hint_gives_way() -> None:
    """A fault that is whole is worth more than how to leave the screen."""
    long = an_item(Subject.OBS, "main", Condition.FAILED, reason="It is away. " * 20, remedy="Start it.")
    lines = drawn_in(a_scene(long, rings=16), width=80, height=24)
    assert "  → Start it." in lines
    assert "q ends this." not in lines
    assert len(lines) == 24
    assert drawn_in(a_scene(rings=16), width=80, height=24)[-1] == "q ends this."
