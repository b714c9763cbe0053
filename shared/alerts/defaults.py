"""The rules for alerts that there are from the start; every process.

Each can be changed or switched off (`restrike alerts rules`). There is one for each thing that somebody must know of
during a tournament, and no two say the same. Those on health say what health says: what is too much there is set once,
by the settings `monitor.*`, for health and alerts.
"""

from typing import Final

from shared.messages.alerts import AlertRule, AlertSeverity
from shared.messages.health import Subject

NOT_OK: Final = 1.5
"""Between unknown and degraded (shared/alerts/metrics.py)."""
NOT_DEGRADED: Final = 2.5
ONLY_OK: Final = 0.5
"""What health does not know any more (a service is away) clears nothing."""


def _of_health(  # noqa: PLR0913  # what differs between the rules on what health judges
    name: str,
    title: str,
    subject: Subject,
    *,
    severity: AlertSeverity,
    above: float = NOT_OK,
    for_s: float = 0.0,
    clear_s: float = 5.0,
    only: tuple[str, ...] = (),
) -> AlertRule:
    return AlertRule(
        name=name,
        title=title,
        severity=severity,
        metric=f"health.{subject}",
        threshold=above,
        hysteresis=above - ONLY_OK,
        for_s=for_s,
        clear_s=clear_s,
        message="{reason}",
        remedy="{remedy}",
        only=only,
    )


_RINGS: Final = (
    _of_health(
        "ring.silent", "A ring is silent or deaf", Subject.RING, severity=AlertSeverity.CRITICAL, above=NOT_DEGRADED
    ),
    AlertRule(
        name="ring.drops",
        title="Datagrams of a ring are dropped",
        severity=AlertSeverity.CRITICAL,
        metric="ring.kernel_drops",
        clear_s=10.0,
        message="{value} datagrams of {subject} were dropped within a minute: the receive buffer was full.",
        remedy="See what keeps the machine busy (restrike monitor show); raise net.core.rmem_max (restrike doctor).",
    ),
    AlertRule(
        name="udp.drops",
        title="The machine drops datagrams",
        severity=AlertSeverity.INFORMATION,
        metric="udp.dropped",
        for_s=5.0,
        clear_s=60.0,
        message="{value} datagrams were dropped by full sockets of this machine within a minute, of any program.",
        remedy="If no ring lost any, another program is too slow; otherwise see restrike udp status.",
    ),
)
_STORING: Final = (
    AlertRule(
        name="journal.not_writable",
        title="The journal cannot be written",
        severity=AlertSeverity.CRITICAL,
        metric="journal.not_writable",
        clear_s=5.0,
        message="Datagrams are only kept in memory: {reason}",
        remedy="Free space on the disk of data/ and see who may write there; do not end the suite before.",
    ),
    AlertRule(
        name="db.not_writable",
        title="The database cannot be written",
        severity=AlertSeverity.CRITICAL,
        metric="db.not_writable",
        clear_s=5.0,
        message="Nothing is lost, the journal keeps it, but nobody can look it up: {reason}",
        remedy="Free space on the disk of data/, and end programs that hold the file: restrike db status.",
    ),
    _of_health(
        "db.behind",
        "The database is behind, or refuses something",
        Subject.DATABASE,
        severity=AlertSeverity.WARNING,
        for_s=5.0,
    ),
    _of_health("backup.old", "There is no recent backup", Subject.BACKUP, severity=AlertSeverity.WARNING, for_s=60.0),
    _of_health(
        "disk.low",
        "A disk becomes full, or does not answer",
        Subject.DISK,
        severity=AlertSeverity.WARNING,
        for_s=30.0,
        clear_s=30.0,
    ),
    _of_health(
        "disk.full",
        "A disk is full, or that of the data does not answer",
        Subject.DISK,
        severity=AlertSeverity.CRITICAL,
        above=NOT_DEGRADED,
        for_s=3.0,
        clear_s=30.0,
    ),
)
_OBS: Final = (
    AlertRule(
        name="obs.lost",
        title="OBS is lost while a match runs",
        severity=AlertSeverity.CRITICAL,
        metric="obs.not_connected",
        clear_s=5.0,
        message="A match runs, and {subject} is away: {reason}",
        remedy="See whether OBS runs and its network works: restrike obs status. It is connected again by itself.",
    ),
    AlertRule(
        name="obs.not_recording",
        title="A match is not recorded",
        severity=AlertSeverity.CRITICAL,
        metric="obs.not_recording",
        clear_s=5.0,
        message="{subject} does not record the match that runs: {reason}",
        remedy="Look at OBS, and start by hand: restrike obs record start.",
    ),
    AlertRule(
        name="obs.replay_off",
        title="The replay buffer is off",
        severity=AlertSeverity.WARNING,
        metric="obs.replay_off",
        for_s=5.0,
        clear_s=5.0,
        message="A match runs, and the replay buffer of {subject} does not: a review would have no clip.",
        remedy="Start it in OBS; if OBS refuses, see its settings for outputs: restrike obs test.",
    ),
    AlertRule(
        name="obs.disk_low",
        title="OBS's disk is nearly full",
        severity=AlertSeverity.CRITICAL,
        metric="obs.disk_low",
        clear_s=30.0,
        message="The disk that {subject} records to is nearly full.",
        remedy="Free space on OBS's machine; recordings end in order before it is full.",
    ),
    AlertRule(
        name="obs.frames_dropped",
        title="OBS drops frames",
        severity=AlertSeverity.WARNING,
        metric="obs.frames_dropped",
        for_s=3.0,
        clear_s=15.0,
        message="{subject} skips or drops frames: it is seen in what is recorded or streamed.",
        remedy="See restrike obs status: too slow an encoder, disk or network. Lower its bitrate or its size.",
    ),
    AlertRule(
        name="obs.starved",
        title="The processor starves OBS",
        severity=AlertSeverity.CRITICAL,
        metric="obs.starved_percent",
        threshold=1.0,
        hysteresis=0.5,
        for_s=3.0,
        clear_s=15.0,
        message="{subject} skips {value} of its frames, because this machine is busy.",
        remedy="See who takes the processor (restrike monitor show) and end it, or encode with the graphics card.",
    ),
)
_SERVICES: Final = (
    AlertRule(
        name="service.silent",
        title="A service is not heard",
        severity=AlertSeverity.CRITICAL,
        metric="service.silent_s",
        threshold=10.0,
        clear_s=3.0,
        message="Nothing was heard of {subject} for {value}.",
        remedy="If it does not come back, or does not stay: restrike health, restrike logs tail, restrike up.",
    ),
    _of_health(
        "service.supervisor",
        "Services that end are not started again",
        Subject.SERVICE,
        severity=AlertSeverity.WARNING,
        above=NOT_DEGRADED,
        for_s=5.0,
        only=("supervisord",),
    ),
    AlertRule(
        name="service.killed",
        title="A service had to be ended",
        severity=AlertSeverity.WARNING,
        topic="system.incident",
        when={"kind": ("ended",)},
        clear_s=600.0,
        message="{subject} was frozen. {detail}",
        remedy="Once is no harm. If it comes again, keep what was written: restrike doctor --bundle.",
    ),
    AlertRule(
        name="service.storm",
        title="A service ends again and again",
        severity=AlertSeverity.CRITICAL,
        topic="system.incident",
        when={"kind": ("storm",)},
        cleared_when={"kind": ("calmed",)},
        clear_s=1_800.0,
        message="{subject} does not stay up. {detail}",
        remedy="See why: restrike logs tail. Keep what was written: restrike doctor --bundle.",
    ),
    AlertRule(
        name="service.stays_down",
        title="A service stays down",
        severity=AlertSeverity.CRITICAL,
        metric="service.stays_down",
        clear_s=2.0,
        message="{subject} stays down: {reason}",
        remedy="See why (restrike logs tail, restrike config check), mend it, then restrike up.",
    ),
    AlertRule(
        name="service.faults",
        title="Something failed inside a service",
        severity=AlertSeverity.WARNING,
        metric="service.faults",
        clear_s=5.0,
        message="{value} times something failed inside {subject} within five minutes; it goes on.",
        remedy="This is a fault of ours. Keep what was written: restrike doctor --bundle.",
    ),
    _of_health(
        "configuration.refused",
        "The configuration is refused",
        Subject.CONFIGURATION,
        severity=AlertSeverity.WARNING,
        only=("restrike.json",),
    ),
    _of_health(
        "watch.incomplete",
        "Metrics, deliveries of alerts or what was kept do not work",
        Subject.CONFIGURATION,
        severity=AlertSeverity.WARNING,
        for_s=30.0,
        only=("metrics", "alerts", "start"),
    ),
    _of_health(
        "license.attention",
        "The licence needs attention",
        Subject.LICENCE,
        severity=AlertSeverity.WARNING,
        for_s=60.0,
    ),
    _of_health("log.not_writable", "Logs cannot be written", Subject.LOG, severity=AlertSeverity.WARNING, for_s=5.0),
)
_MACHINE: Final = (
    AlertRule(
        name="cpu.busy",
        title="The processor is busy",
        severity=AlertSeverity.WARNING,
        metric="cpu.percent",
        threshold=95.0,
        hysteresis=10.0,
        for_s=30.0,
        clear_s=30.0,
        message="The processor is busy ({value}).",
        remedy="See who takes it: restrike monitor show.",
    ),
    AlertRule(
        name="cpu.hot",
        title="The processor is hot",
        severity=AlertSeverity.WARNING,
        metric="cpu.temperature_c",
        threshold=92.0,
        hysteresis=7.0,
        for_s=30.0,
        clear_s=60.0,
        message="The processor has {value} and may become slower.",
        remedy="See that the machine's fans turn and its openings are free.",
    ),
    _of_health(
        "memory.short",
        "Memory becomes short, or the machine swaps",
        Subject.MACHINE,
        severity=AlertSeverity.WARNING,
        for_s=15.0,
        clear_s=30.0,
        only=("memory",),
    ),
    _of_health(
        "memory.low",
        "Memory is short",
        Subject.MACHINE,
        severity=AlertSeverity.CRITICAL,
        above=NOT_DEGRADED,
        for_s=5.0,
        clear_s=30.0,
        only=("memory",),
    ),
    _of_health(
        "network.down",
        "A network interface is down",
        Subject.NETWORK,
        severity=AlertSeverity.CRITICAL,
        above=NOT_DEGRADED,
    ),
    _of_health(
        "clock.off",
        "The clock is off, or follows its time server no more",
        Subject.CLOCK,
        severity=AlertSeverity.WARNING,
        for_s=90.0,  # longer than health tells of a jump, which has its own rule
        clear_s=30.0,
    ),
    AlertRule(
        name="clock.stepped",
        title="The clock jumped",
        severity=AlertSeverity.WARNING,
        metric="clock.stepped_ms",
        threshold=1_000.0,
        clear_s=300.0,
        message="This machine's clock jumped by {value}.",
        remedy="Times around it may be out of order; the order of events is not. See who sets the clock.",
    ),
)


def listed(rules: tuple[AlertRule, ...]) -> dict[str, AlertRule]:
    """Rules by name.

    Raises:
        ValueError: two share a name.
    """
    by_name = {rule.name: rule for rule in rules}
    if len(by_name) != len(rules):
        raise ValueError("a rule is listed twice")
    return by_name


DEFAULTS: Final = listed((*_RINGS, *_OBS, *_STORING, *_SERVICES, *_MACHINE))
