"""THE list of settings that operators change at run time; a key that no service reads must not be here.

A new one: a constant below, or in a file of its own (alert_keys.py and so on), and where it is used
`runtime.settings.get(KEY)` (in db-writer `desk.settings.get(KEY)`) at each use, or `runtime.on_setting(KEY, callback)`.
It is stored, listed, checked and documented by that alone.
"""

from typing import Any, Final

from shared.messages.service import WRITER
from shared.settings import alert_keys, backup_keys, license_keys, monitor_keys
from shared.settings.key import Category, Key, Kind, Rules, listed

CLIENTS_KEPT: Final = Key(
    name="udp.clients_kept",
    category=Category.UDP,
    title="Senders told apart",
    description="Senders of one port, and of one session in the database, that are told apart; a venue has a handful."
    " More (a scan, forged sources) share one record, so that memory is bounded; their datagrams are stored like all"
    " others.",
    kind=Kind.INTEGER,
    default=1_000,
    rules=Rules(min=10, max=100_000),
)
HEARD_WITHIN_S: Final = Key(
    name="udp.heard_within_s",
    category=Category.UDP,
    title="A ring is in use",
    description="A ring that heard its scoring system within so many seconds is in use: a capture is replayed into it"
    " only with --force, and bind auto does not move it to another address. A scoring system's clock ticks each"
    " second.",
    kind=Kind.INTEGER,
    default=10,
    rules=Rules(min=0, max=3_600),
)
OFFSITE_OPTIONS: Final[Key[dict[str, str]]] = Key(
    name="backup.offsite_options",
    category=Category.APP,
    title="How the remote is reached",
    description='Options of the remote as rclone documents them, as JSON: {"type": "webdav", "url": "https://…",'
    ' "user": "…", "pass": "…"}. Empty: the remote is one of `rclone config`.',
    kind=Kind.JSON,
    default={},
    rules=Rules(names="[a-z0-9_]{1,60}"),
    is_sensitive=True,
)
COMMIT_REST_MS: Final = Key(
    name="advanced.commit_rest_ms",
    category=Category.ADVANCED,
    title="Rest between transactions",
    description="The least time in milliseconds between two transactions of db-writer: more shares a commit's cost"
    " under load, less stores sooner. The first datagram after silence is stored at once. At a venue's busiest"
    " rate 20 ms take two thirds of the work of 5 ms, and nobody waits for a row: scoreboards listen to the bus.",
    kind=Kind.INTEGER,
    default=20,
    rules=Rules(min=0, max=1_000),
)
COMMIT_ENTRIES: Final = Key(
    name="advanced.commit_entries",
    category=Category.ADVANCED,
    title="Entries of one transaction",
    description="The most journal entries that db-writer stores in one transaction: long enough to share a commit's"
    " cost, short enough for whoever waits.",
    kind=Kind.INTEGER,
    default=1_000,
    rules=Rules(min=1, max=20_000),
)
WRITER_NICE: Final = Key(
    name="advanced.writer_nice",
    category=Category.ADVANCED,
    title="Priority of db-writer",
    description="Nice value of db-writer: 0 is as urgent as receiving, 19 the least urgent. Storing may wait a moment,"
    " receiving and publishing may not.",
    kind=Kind.INTEGER,
    default=5,
    rules=Rules(min=0, max=19),
    needs_restart=(WRITER,),
)
RETENTION_DATAGRAMS_DAYS: Final = Key(
    name="retention.datagrams_days",
    category=Category.ADVANCED,
    title="Datagrams kept in the database",
    description="Days after which whole months of raw datagrams move into the archive; 0: never. Half a year outlives"
    " every protest, and what was understood of them (the events) stays.",
    kind=Kind.INTEGER,
    default=180,
    rules=Rules(min=0, max=36_500),
)
RETENTION_EVENTS_DAYS: Final = Key(
    name="retention.events_days",
    category=Category.ADVANCED,
    title="Events kept in the database",
    description="Days after which whole months of single events move into the archive; 0: never. Three years are the"
    " seasons that a statistician compares; matches, results, findings and summaries are never archived.",
    kind=Kind.INTEGER,
    default=1_095,
    rules=Rules(min=0, max=36_500),
)
RETENTION_AUDIT_DAYS: Final = Key(
    name="retention.audit_days",
    category=Category.ADVANCED,
    title="Audit, jobs and firings of rules kept",
    description="Days for which it is kept who did what to the database, which jobs ran, and what rules made OBS do; 0:"
    " for ever. Ten years are little: it is some rows a match. What was recorded stays as long as its match, for ever.",
    kind=Kind.INTEGER,
    default=3_650,
    rules=Rules(min=0, max=36_500),
)
CARE_FROM_HOUR: Final = Key(
    name="care.from_hour",
    category=Category.ADVANCED,
    title="Care begins",
    description="The hour of this machine's clock at which the night's care of the database may begin; the same hour as"
    " its end: at any time.",
    kind=Kind.INTEGER,
    default=2,
    rules=Rules(min=0, max=23),
)
CARE_TO_HOUR: Final = Key(
    name="care.to_hour",
    category=Category.ADVANCED,
    title="Care ends",
    description="The hour of this machine's clock from which no more of the night's care begins.",
    kind=Kind.INTEGER,
    default=5,
    rules=Rules(min=0, max=23),
)

OBS_PAUSED: Final = Key(
    name="obs.paused",
    category=Category.OBS,
    title="Automation is paused",
    description="Nothing is recorded, saved, shown or streamed by itself while this is on; what runs goes on, and"
    " operators' commands work. Switched by: restrike obs pause, restrike obs resume.",
    kind=Kind.BOOLEAN,
    default=False,
)
OBS_ACT_WITHIN_MS: Final = Key(
    name="obs.act_within_ms",
    category=Category.OBS,
    title="How old an event may be that moves OBS",
    description="An event of a match that is older than this many milliseconds when it reaches obs-bridge makes OBS do"
    " nothing: a scene that changes late is worse than one that does not. It is recorded as too old.",
    kind=Kind.INTEGER,
    default=5_000,
    rules=Rules(min=100, max=5_000),
)
OBS_CONFIRM_MS: Final = Key(
    name="obs.confirm_ms",
    category=Category.OBS,
    title="How long OBS may take to confirm",
    description="Milliseconds within which OBS must say that a recording, a stream or a replay buffer has started or"
    " ended, before it counts as failed. A recording ends in 0.6 to 2 s; a slow disk takes longer.",
    kind=Kind.INTEGER,
    default=8_000,
    rules=Rules(min=1_000, max=10_000),
)
OBS_CLIP_DAYS: Final = Key(
    name="obs.clip_days",
    category=Category.OBS,
    title="Days that review clips are kept",
    description="Days after which the clips of reviews are deleted, unless somebody keeps them (restrike obs reviews"
    " keep); 0: never. A protest comes within days.",
    kind=Kind.INTEGER,
    default=30,
    rules=Rules(min=0, max=36_500),
)
OBS_CHECKSUM_MIB: Final = Key(
    name="obs.checksum_mib",
    category=Category.OBS,
    title="Videos that get a checksum",
    description="Size in MiB up to which a recording gets a SHA-256, read at 50 MB/s while nothing else is to be done;"
    " 0: none gets one. A match of half an hour has 2,000 to 6,000.",
    kind=Kind.INTEGER,
    default=16_384,
    rules=Rules(min=0, max=16_777_216),
)
OBS_PLAYER: Final = Key(
    name="obs.player",
    category=Category.OBS,
    title="Player of review clips",
    description="The command that restrike obs reviews open starts, with {file} for the clip and {seconds} for where it"
    " begins, such as: mpv --fs --start={seconds} {file}. Empty: mpv, else ffplay or vlc, if one is installed.",
    kind=Kind.STRING,
    default="",
    rules=Rules(pattern=r"|.*\{file\}.*", form="a command with {file}", max_length=1_000),
)
OBS_DROPPED_PERCENT: Final = Key(
    name="obs.dropped_percent",
    category=Category.OBS,
    title="Frames dropped that are an alarm",
    description="Percent of the frames of the last ten seconds that OBS skipped or dropped, from which it is an alarm:"
    " one in a hundred is seen.",
    kind=Kind.FLOAT,
    default=1.0,
    rules=Rules(min=0.1, max=100),
)


CATALOGUE: Final[dict[str, Key[Any]]] = listed(
    [
        value
        for part in (vars(), *map(vars, (alert_keys, backup_keys, license_keys, monitor_keys)))
        for value in part.values()
    ]
)
"""Every key above by its name."""
