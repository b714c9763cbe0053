"""Pictures for the live screen of `restrike status`, and what it draws of them."""

import io
from typing import Any

from rich.console import Console

from services.cli.status.scene import Scene
from services.cli.status.screen import drawn
from services.registry import SERVICES
from shared.messages.alerts import AlertChanged, AlertSeverity, AlertState
from shared.messages.health import Condition, HealthItem, HealthReport, Subject
from shared.messages.match import Athlete, MatchState, Stage
from shared.messages.udp import RingStatus

NOW_US = 1_700_000_000_000_000


def an_item(subject: Subject, name: str, condition: Condition = Condition.OK, **words: Any) -> HealthItem:
    """One thing of health."""
    return HealthItem(subject=subject, name=name, condition=condition, since_us=NOW_US, **words)


def a_ring(name: str, *, silent_s: int = 0) -> RingStatus:
    """A ring that listens, and heard something so many seconds ago."""
    return RingStatus(
        ring=name, listening=True, session="s", journal_id="j", entry=1, bind="a", address="127.0.0.1", port=8888,
        source=None, error=None, receive_buffer_bytes=1, receive_buffer_asked_bytes=1, max_packet_bytes=1, packets=1,
        bytes=1, kernel_drops=0, refused=0, cut=0, lost=0, unjournaled_bytes=0,
        last_packet_us=NOW_US - silent_s * 1_000_000, senders=[],
    )  # fmt: skip


def a_match(ring: str, **fields: Any) -> MatchState:
    """A match in its second round."""
    said = {"match_id": "m", "match_number": "101", "stage": Stage.RUNNING, "round": 2, "total_rounds": 3}
    clocks = {"clock_ms": 83_000, "clock_running": True}
    sides = {
        "chong": Athlete(short_name="M. ČAČIĆ", noc="CRO", score=12),
        "hong": Athlete(short_name="\x1b[31mX", noc="SRB", score=8),
    }
    return MatchState(
        **{"ring": ring, "journal_id": "j", "entry": 5, "changed_at_us": NOW_US, **said, **clocks, **sides, **fields}
    )


def a_report(*bad: HealthItem) -> HealthReport:
    """All services are well but for `bad`."""
    named = {(item.subject, item.name) for item in bad}
    services = [an_item(Subject.SERVICE, name) for name in SERVICES if (Subject.SERVICE, name) not in named]
    worst = bad[0].condition if bad else Condition.OK
    return HealthReport(at_us=NOW_US, condition=worst, items=(*bad, *services))


def a_scene(*bad: HealthItem, rings: int = 1, **changes: Any) -> Scene:
    """Rings whose matches run, with `bad` in health."""
    names = [f"ring-{number}" for number in range(1, rings + 1)]
    fields: dict[str, Any] = {
        "report": a_report(*bad),
        "is_judged": True,
        "is_running": True,
        "rings": [a_ring(name) for name in names],
        "matches": {name: a_match(name) for name in names},
        "obs": [],
        "has_obs": True,
        "is_paused": False,
        "alerts": [],
        "free_bytes": 5 << 30,
    }
    return Scene(**{**fields, **changes})


def drawn_in(scene: Scene, *, width: int = 120, height: int | None = 40) -> list[str]:
    """The lines of a window."""
    console = Console(file=io.StringIO(), width=width, height=height, force_terminal=False, color_system=None)
    console.print(drawn(scene, width=width, height=height, now_us=NOW_US, hint="q ends this."))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def an_alert(rule: str, subject: str, severity: AlertSeverity, **fields: Any) -> AlertChanged:
    """An alert that is open."""
    said = {"state": AlertState.RAISED, "message": f"{rule} is told.", "raised_at_us": NOW_US, "remedy": "Do this."}
    return AlertChanged(
        **{"alert_id": "3f12ab77", "rule": rule, "subject": subject, "severity": severity, **said, **fields}
    )


def silent_rings(*names: str, silent_s: int = 9) -> list[HealthItem]:
    """Rings of these names that fell silent, each a second longer than the one before."""
    words = "has been silent for {} s while its match runs."
    return [
        an_item(
            Subject.RING,
            name,
            Condition.FAILED,
            reason=f"{name} {words.format(silent_s + at)}",
            remedy=f"Look at {at}.",
        )
        for at, name in enumerate(names)
    ]
