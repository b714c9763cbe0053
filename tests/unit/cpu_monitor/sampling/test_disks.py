"""Disks: which mount a folder is on, what is read and written there, and shares that are away."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from services.cpu_monitor.sampling.disks import DiskMeter
from services.cpu_monitor.sampling.places import (
    Mount,
    Place,
    Seen,
    look_at,
    mount_of,
    mounts_of,
    own_places,
    recording_places,
)
from shared.db.sqlite import connect_writer, sqlite3
from shared.messages.obs import RecordingSettings
from shared.paths import Paths
from tests.support.video_rows import add_video

MOUNTINFO = """\
22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard
40 27 8:1 / /mnt rw,relatime - ext4 /dev/sda1 rw
41 27 8:17 / /mnt/usb\\040disk rw,relatime shared:5 - vfat /dev/sdb1 rw
42 27 0:50 / /mnt/share rw,relatime - nfs4 nas:/rec rw
43 27 0:51 / /mnt rw,relatime - tmpfs tmpfs rw
broken line
"""
DISKSTATS = """\
   7       0 loop0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
 254       0 vda 2331862 121195 {read} 2380073 22240519 2468595 {written} 9879649 0 {busy} 12968533 2000046 118 4 2 6 4
   8      17 sdb1 1 2 3
"""
DATA, LOG = Place("data", "/srv/data"), Place("log", "/srv/log")
VDA = Seen(mount="/", number="254:0", total_bytes=1000, free_bytes=400)


@pytest.mark.parametrize(
    ("folder", "point", "number"),
    [
        ("/srv/restrike/data", "/", "254:0"),
        ("/mnt/usb disk/backups", "/mnt/usb disk", "8:17"),
        ("/mnt/usb", "/mnt", "0:51"),
        ("/mnt", "/mnt", "0:51"),
        ("/mnt/share", "/mnt/share", "0:50"),
        ("/mntx", "/", "254:0"),
    ],
)
def test_the_mount_that_a_folder_is_on(folder: str, point: str, number: str) -> None:
    """The longest one above it, and of two at one point the one that hides the other."""
    found = mount_of(folder, mounts_of(MOUNTINFO))
    assert (found.point, found.number) == (point, number)
    assert mount_of(folder, []) == Mount("/", "0:0", "")


def test_two_places_on_one_disk_are_one_line(tmp_path: Path) -> None:
    """With what was read and written in the time that really went by, and the share of it that the disk worked."""
    stats = tmp_path / "diskstats"
    stats.write_text(DISKSTATS.format(read=100, written=200, busy=1000))
    meter = DiskMeter(str(tmp_path))
    meter.take(DATA, VDA, 1.0)
    meter.take(LOG, VDA, 1.0)
    meter.measure(1.0, 1.0)
    stats.write_text(DISKSTATS.format(read=120, written=240, busy=2000))
    (use,) = meter.measure(2.0, 3.0)
    assert (use.mount, use.purposes, use.device, use.free_bytes) == ("/", ("data", "log"), "vda", 400)
    assert (use.read_bytes_per_s, use.written_bytes_per_s, use.busy_percent) == (20 * 256, 40 * 256, 50.0)
    assert use.is_answering
    meter.close()


def test_a_share_that_is_away_keeps_what_was_known_of_it(tmp_path: Path) -> None:
    """It is told that it does not answer; it has no device, so nothing is claimed of its traffic."""
    meter = DiskMeter(str(tmp_path))
    meter.take(DATA, Seen(mount="/mnt/share", number=None, total_bytes=10, free_bytes=5), 1.0)
    (answers,), (silent,) = meter.measure(1.0, 10.0), meter.measure(60.0, 70.0)
    assert (answers.is_answering, silent.is_answering, silent.free_bytes) == (True, False, 5)
    assert (silent.device, silent.busy_percent, silent.read_bytes_per_s) == (None, None, None)


def test_a_disk_that_is_pulled_out_is_gone(tmp_path: Path) -> None:
    """And so is a place that is used no more; one that comes back begins anew."""
    meter = DiskMeter(str(tmp_path))
    meter.take(DATA, VDA, 1.0)
    meter.take(DATA, None, 6.0)
    assert meter.measure(1.0, 6.0) == ()
    meter.take(DATA, VDA, 7.0)
    meter.keep([LOG])
    assert meter.measure(1.0, 7.0) == ()


def test_real_folders(tmp_path: Path) -> None:
    """A folder that is there is on some mount; one that is not is not; OBS makes its own when it first records."""
    seen = look_at(Place("data", str(tmp_path)))
    assert seen is not None
    assert 0 < seen.free_bytes < seen.total_bytes
    assert look_at(Place("backups", str(tmp_path / "away"))) is None
    recordings = look_at(Place("recordings", str(tmp_path / "not/yet")))
    assert recordings is not None
    assert recordings.mount == seen.mount
    assert look_at(Place("recordings", "a\0b")) is None


def test_the_folder_of_backups_is_where_the_setting_says(tmp_path: Path) -> None:
    """Or in the home."""
    paths = Paths(tmp_path)
    assert own_places(paths, "/media/usb")[2] == Place("backups", "/media/usb")
    assert own_places(paths, "")[2] == Place("backups", str(tmp_path / "backups"))


@pytest.fixture
def recorded(tmp_path: Path, migrated: bytes) -> "Iterator[tuple[Paths, sqlite3.Connection]]":
    """A home with a database, and its writer."""
    paths = Paths(tmp_path / "home")
    paths.prepare()
    paths.database.write_bytes(migrated)
    with closing(connect_writer(paths.database)) as connection:
        yield paths, connection


def _connect(database: "sqlite3.Connection", name: str, *, host: str, path_map: str = "{}", is_active: int = 1) -> None:
    database.execute(
        "INSERT INTO obs_connections (name, host, port, is_active, path_map) VALUES (?, ?, 4455, ?, ?)",
        (name, host, is_active, path_map),
    )


def _root(database: "sqlite3.Connection", name: str, root: str) -> None:
    columns = {**msgspec.structs.asdict(RecordingSettings()), "root": root, "start_on": "ready"}
    names, marks = ", ".join(columns), ", ".join("?" * len(columns))
    database.execute(
        f"INSERT INTO obs_recording_config (connection_id, {names})"  # names of ours
        f" VALUES ((SELECT id FROM obs_connections WHERE name = ?), {marks})",
        (name, *columns.values()),
    )


def test_where_obs_records(recorded: "tuple[Paths, sqlite3.Connection]") -> None:
    """The folder that is set, as this machine reaches it, else that of the newest recording; each once."""
    paths, database = recorded
    assert recording_places(paths) == ()
    _connect(database, "far", host="203.0.113.9", path_map='{"D:\\\\Rec": "/mnt/rec"}')
    _root(database, "far", "D:\\Rec\\cup")
    _connect(database, "here", host="127.0.0.1")
    _connect(database, "here too", host="localhost")
    _connect(database, "off", host="127.0.0.1", is_active=0)
    _connect(database, "unknown", host="203.0.113.10")
    for name in ("here", "here too"):
        add_video(database, f"{name}-1", connection=name, path="/old/a.mkv")
        add_video(database, f"{name}-2", connection=name, path="/srv/rec/b.mkv")
    add_video(database, "off-1", connection="off", path="/off/a.mkv")
    found = recording_places(paths)
    assert found == (Place("recordings", "/mnt/rec/cup"), Place("recordings", "/srv/rec"))
    database.execute("DROP TABLE recorded_videos")
    assert recording_places(paths) == ()


def test_before_the_first_start_nothing_is_recorded(tmp_path: Path) -> None:
    """There is no database."""
    assert recording_places(Paths(tmp_path)) == ()
