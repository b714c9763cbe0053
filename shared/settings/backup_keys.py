"""The settings of backups; part of the catalogue (catalogue.py)."""

from typing import Final

from shared.settings.key import Category, Key, Kind, Rules

BACKUP_FOLDER: Final = Key(
    name="backup.folder",
    category=Category.APP,
    title="Folder of backups",
    description="Where backups are made, for example on a USB disk, as a whole path such as /media/usb/backups; empty:"
    " backups/ beside the database. A folder that is not there is not made: the disk is not in.",
    kind=Kind.STRING,
    default="",
    rules=Rules(pattern=r"|/.*", form="a whole path such as /media/usb/backups", max_length=1_000),
)
BACKUP_EVERY_HOURS: Final = Key(
    name="backup.every_hours",
    category=Category.APP,
    title="Hours between backups",
    description="Hours after which a backup is made by itself; 0: never. The journal has all datagrams of two days, so"
    " an hour is what people entered by hand.",
    kind=Kind.INTEGER,
    default=1,
    rules=Rules(min=0, max=720),
)
BACKUP_VERIFY_EVERY_HOURS: Final = Key(
    name="backup.verify_every_hours",
    category=Category.APP,
    title="Hours between checks of backups",
    description="Hours after which the newest backup is unpacked and checked by itself; 0: never.",
    kind=Kind.INTEGER,
    default=24,
    rules=Rules(min=0, max=720),
)
BACKUP_KEEP_HOURLY: Final = Key(
    name="backup.keep_hourly",
    category=Category.APP,
    title="Hourly backups kept",
    description="For how many hours (UTC) the last backup of the hour is kept.",
    kind=Kind.INTEGER,
    default=24,
    rules=Rules(min=0, max=1_000),
)
BACKUP_KEEP_DAILY: Final = Key(
    name="backup.keep_daily",
    category=Category.APP,
    title="Daily backups kept",
    description="For how many days (UTC) the last backup of the day is kept.",
    kind=Kind.INTEGER,
    default=14,
    rules=Rules(min=0, max=1_000),
)
BACKUP_KEEP_WEEKLY: Final = Key(
    name="backup.keep_weekly",
    category=Category.APP,
    title="Weekly backups kept",
    description="For how many weeks (UTC, from Monday) the last backup of the week is kept.",
    kind=Kind.INTEGER,
    default=8,
    rules=Rules(min=0, max=1_000),
)
BACKUP_KEEP_MONTHLY: Final = Key(
    name="backup.keep_monthly",
    category=Category.APP,
    title="Monthly backups kept",
    description="For how many months (UTC) the last backup of the month is kept.",
    kind=Kind.INTEGER,
    default=12,
    rules=Rules(min=0, max=1_000),
)
BACKUP_KEEP_BEFORE_DAYS: Final = Key(
    name="backup.keep_before_days",
    category=Category.APP,
    title="Days of backups before changes",
    description="Days for which backups made before a migration, a rollback or a restore (before-…) are kept, and those"
    " that were found damaged.",
    kind=Kind.INTEGER,
    default=30,
    rules=Rules(min=0, max=36_500),
)
BACKUP_COMPRESSION_LEVEL: Final = Key(
    name="backup.compression_level",
    category=Category.APP,
    title="Compression of backups",
    description="Level of Zstandard: 1 is quick, 19 is small and takes fifty times as long.",
    kind=Kind.INTEGER,
    default=3,
    rules=Rules(min=1, max=19),
)
OFFSITE_TARGET: Final = Key(
    name="backup.offsite_target",
    category=Category.APP,
    title="Where off-site copies go",
    description="As rclone names it, remote:folder, for example gdrive:restrike; empty: there are no off-site copies."
    " The remote is one of `rclone config`, or what backup.offsite_options says: a folder on a USB disk is"
    ' usb:/media/usb/copies with the options {"type": "local"}.',
    kind=Kind.STRING,
    default="",
    rules=Rules(
        pattern=r"|[A-Za-z0-9_][A-Za-z0-9_-]*:.*",
        form="remote:folder, such as gdrive:restrike, or usb:/media/usb/copies with backup.offsite_options"
        ' {"type": "local"}',
        max_length=500,
    ),
)
OFFSITE_EVERY_HOURS: Final = Key(
    name="backup.offsite_every_hours",
    category=Category.APP,
    title="How often a backup is copied off-site",
    description="Hours between two off-site copies of the newest backup; 0: only by hand. The uplink is the venue's, so"
    " it is off until somebody asks for it.",
    kind=Kind.INTEGER,
    default=0,
    rules=Rules(min=0, max=8_760),
)
OFFSITE_PART_MIB: Final = Key(
    name="backup.offsite_part_mib",
    category=Category.APP,
    title="Parts of off-site copies",
    description="Size in MiB of the parts that a backup is copied in: after an interruption at most one part is sent"
    " again; smaller parts cost more requests.",
    kind=Kind.INTEGER,
    default=64,
    rules=Rules(min=1, max=4_096),
)
OFFSITE_KIB_PER_S: Final = Key(
    name="backup.offsite_kib_per_s",
    category=Category.APP,
    title="Rate of off-site copies",
    description="The most KiB per second that an off-site copy sends or reads, so that a stream of the match has its"
    " share of the uplink; 0: no limit.",
    kind=Kind.INTEGER,
    default=0,
    rules=Rules(min=0, max=10_000_000),
)
