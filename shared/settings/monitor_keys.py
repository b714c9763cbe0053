"""The settings of how the suite watches itself, and of its logs; part of the catalogue (catalogue.py)."""

from typing import Final

from shared.settings.key import Category, Key, Kind, Rules

MONITOR_ENABLED: Final = Key(
    name="monitor.enabled",
    category=Category.ADVANCED,
    title="The machine is measured",
    description="Whether cpu-monitor measures the machine and its processes. Switched by: restrike monitor on, restrike"
    " monitor off. Without it nobody is warned of a full disk or a starving OBS; health and the watchdog go on.",
    kind=Kind.BOOLEAN,
    default=True,
)
MONITOR_INTERVAL_MS: Final = Key(
    name="monitor.interval_ms",
    category=Category.ADVANCED,
    title="How often the machine is measured",
    description="Milliseconds between two samples. A second shows what an operator notices; a fifth of one costs five"
    " times as much. What is stored are averages of 10 s and 60 s. Set by: restrike monitor interval.",
    kind=Kind.INTEGER,
    default=1_000,
    rules=Rules(min=200, max=60_000),
)
RETENTION_SAMPLES_HOURS: Final = Key(
    name="retention.samples_hours",
    category=Category.ADVANCED,
    title="Samples of ten seconds kept",
    description="Hours for which averages of 10 s of the machine are kept; 0: for ever. A day shows what went before a"
    " fault of today.",
    kind=Kind.INTEGER,
    default=24,
    rules=Rules(min=0, max=8_760),
)
RETENTION_MINUTE_SAMPLES_DAYS: Final = Key(
    name="retention.minute_samples_days",
    category=Category.ADVANCED,
    title="Samples of a minute kept",
    description="Days for which averages of a minute of the machine are kept; 0: for ever. A month compares this"
    " tournament with the one before; Prometheus keeps more.",
    kind=Kind.INTEGER,
    default=30,
    rules=Rules(min=0, max=3_650),
)
KILL_AFTER_S: Final = Key(
    name="monitor.kill_after_s",
    category=Category.ADVANCED,
    title="Silence after which a service is ended",
    description="Seconds for which a service may leave its questions unanswered before it is ended and started anew; 0:"
    " for ever. A loop that is stuck ends itself after 10 s, so this is for processes that are frozen or swapped out.",
    kind=Kind.INTEGER,
    default=20,
    rules=Rules(min=0, max=3_600),
)
START_WITHIN_S: Final = Key(
    name="monitor.start_within_s",
    category=Category.ADVANCED,
    title="Time that a start may take",
    description="Seconds for which a service may be silent after its start before it is ended; 0: for ever. db-writer"
    " answers once it has migrated the database, which takes minutes where years are stored.",
    kind=Kind.INTEGER,
    default=1_800,
    rules=Rules(min=0, max=36_000),
)
STORM_RESTARTS: Final = Key(
    name="monitor.storm_restarts",
    category=Category.ADVANCED,
    title="Restarts that make a storm",
    description="Restarts of a service within a minute after which it is reported that it does not stay up. Who tries"
    " things by hand restarts it two or three times.",
    kind=Kind.INTEGER,
    default=5,
    rules=Rules(min=2, max=100),
)
SILENCE_MS: Final = Key(
    name="monitor.silence_ms",
    category=Category.ADVANCED,
    title="Silence of a ring in a running match",
    description="Milliseconds without a datagram after which a ring whose clock runs has failed. A clock ticks each"
    " second, so this forgives one lost tick, and with the half second between two looks it is told within 3 s.",
    kind=Kind.INTEGER,
    default=2_200,
    rules=Rules(min=1_200, max=60_000),
)
DISK_FREE_GIB: Final = Key(
    name="monitor.disk_free_gib",
    category=Category.ADVANCED,
    title="Disk that gets full",
    description="GiB free below which a disk of the suite is degraded; of a small disk a tenth of it, if that is less."
    " A day of a venue takes 1 to 2 GiB.",
    kind=Kind.INTEGER,
    default=10,
    rules=Rules(min=0, max=100_000),
)
DISK_LEAST_GIB: Final = Key(
    name="monitor.disk_least_gib",
    category=Category.ADVANCED,
    title="Disk that is full",
    description="GiB free below which a disk of the suite has failed; of a small disk a fiftieth of it, if that is"
    " less. It is what obs-bridge leaves free on a disk that is recorded to.",
    kind=Kind.INTEGER,
    default=2,
    rules=Rules(min=0, max=100_000),
)
RECORDINGS_FREE_GIB: Final = Key(
    name="monitor.recordings_free_gib",
    category=Category.ADVANCED,
    title="Disk of recordings that gets full",
    description="GiB free below which a disk that is recorded to is degraded; of a small disk a tenth of it, if that is"
    " less. A match of half an hour takes 2 to 6 GiB.",
    kind=Kind.INTEGER,
    default=30,
    rules=Rules(min=0, max=100_000),
)
CLOCK_OFFSET_MS: Final = Key(
    name="monitor.clock_offset_ms",
    category=Category.ADVANCED,
    title="Clock that is off",
    description="Milliseconds by which this machine's clock may differ from its time server. A fifth of a second is"
    " five pictures of a video: from there on a review on the video of another machine begins to look wrong. Only a"
    " server that monitor.time_server names and chrony tell more than 499: others correct at once what is more.",
    kind=Kind.INTEGER,
    default=200,
    rules=Rules(min=1, max=60_000),
)
TIME_SERVER: Final = Key(
    name="monitor.time_server",
    category=Category.ADVANCED,
    title="Time server that is asked how right the clock is",
    description="Name or address of a time server (NTP; with :PORT, if that is not 123) that cpu-monitor asks once a"
    " minute by how much this machine's clock is off; nothing is set by it. Empty: what the machine's own time service"
    " says. The venue's server, if there is one, is the one that all machines must agree with.",
    kind=Kind.STRING,
    default="",
    rules=Rules(
        pattern=r"(\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?|[A-Za-z0-9._-]+(:[0-9]{1,5})?|[0-9A-Fa-f:]*)",
        form="a name or an address, with :PORT after it if that is not 123",
        max_length=260,
    ),
)
BEHIND_S: Final = Key(
    name="monitor.behind_s",
    category=Category.ADVANCED,
    title="Database that is behind",
    description="Seconds by which the database may be behind what was received. Normally it is a tenth of a second; a"
    " backup or a slow disk takes some.",
    kind=Kind.INTEGER,
    default=10,
    rules=Rules(min=1, max=3_600),
)
LOOP_LAG_MS: Final = Key(
    name="monitor.loop_lag_ms",
    category=Category.ADVANCED,
    title="Service that is slow",
    description="Milliseconds by which a service's timers may be late; from here on its answers and the events that it"
    " publishes come late, too.",
    kind=Kind.INTEGER,
    default=1_000,
    rules=Rules(min=10, max=10_000),
)
WAITING_PERCENT: Final = Key(
    name="monitor.waiting_percent",
    category=Category.ADVANCED,
    title="Processor that is short",
    description="Percent of the last 10 s in which something had to wait for a core, above which the machine is"
    " degraded. OBS begins to drop frames at about half of the time.",
    kind=Kind.INTEGER,
    default=50,
    rules=Rules(min=1, max=100),
)
MEMORY_PERCENT: Final = Key(
    name="monitor.memory_percent",
    category=Category.ADVANCED,
    title="Memory that gets short",
    description="Percent of memory still available below which the machine is degraded; at a third of it, it has"
    " failed: then the kernel ends programs.",
    kind=Kind.INTEGER,
    default=10,
    rules=Rules(min=1, max=90),
)
LOG_FILE_MIB: Final = Key(
    name="logging.file_mib",
    category=Category.LOGGING,
    title="Size of a log file",
    description="MiB at which a log is set aside and compressed; at midnight each one is. 10 are some 50,000 lines, and"
    " a search opens few files.",
    kind=Kind.INTEGER,
    default=10,
    rules=Rules(min=1, max=30),
)
LOG_ARCHIVE_DAYS: Final = Key(
    name="logging.archive_days",
    category=Category.LOGGING,
    title="Days that logs are kept",
    description="Days after which compressed logs are deleted. A quarter of a year is longer than anybody looks for the"
    " cause of a fault; what happened in matches is in the database.",
    kind=Kind.INTEGER,
    default=90,
    rules=Rules(min=1, max=36_500),
)
LOG_ARCHIVE_MIB: Final = Key(
    name="logging.archive_mib",
    category=Category.LOGGING,
    title="Space for logs that are kept",
    description="MiB that all compressed logs may have; the oldest are deleted beyond that. 1,024 hold weeks of a line"
    " for each datagram in each service, and years of normal lines.",
    kind=Kind.INTEGER,
    default=1_024,
    rules=Rules(min=10, max=1_048_576),
)
