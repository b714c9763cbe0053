"""What `restrike doctor` says of disks, databases, modes and what was left behind; and what --fix does about it."""

import os
import socket
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from services.cli.doctor import disk, modes, secret_texts, store
from services.cli.doctor.mending import Done, mend
from services.cli.doctor.modes import Found
from services.cli.doctor.result import Mend, Outcome, Result, failed, ok, warning
from services.cli.doctor.site import Site
from shared.clock import iso_utc
from shared.db.backup_files import BackupFile, BackupKind
from shared.db.schema_version import MigrationStatus
from shared.db.sqlite import connect_writer
from shared.paths import Paths
from shared.settings.secrets import Secrets

GIB = 1024**3
MOUNTS = r"""/dev/sda1 / ext4 rw 0 0
venue:/srv /mnt/share nfs4 rw 0 0
tmpfs /run tmpfs rw 0 0
/dev/sdb1 /mnt/a\040disk xfs rw 0 0
"""


def _outcomes(results: list[Result]) -> list[Outcome]:
    return [result.outcome for result in results]


def test_free_space() -> None:
    """A day must fit, and a little more."""
    found = disk.judge_space({"data": GIB - 1, "log": 5 * GIB - 1, "backups": 6 * GIB})
    assert _outcomes(found) == [Outcome.FAILED, Outcome.WARNING, Outcome.OK]
    assert all(one.fix for one in found[:2])


def test_folders_of_one_disk_are_told_once(tmp_path: Path) -> None:
    """Also those that are not there yet."""
    found = disk.free_of({"data": tmp_path / "not" / "there", "log": tmp_path})
    assert list(found) == ["data, log"]


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        ("/var/lib/restrike", ("/", "ext4")),
        ("/mnt/share/restrike", ("/mnt/share", "nfs4")),
        ("/mnt/a disk/x", ("/mnt/a disk", "xfs")),
        ("/mnt/shared", ("/", "ext4")),
    ],
)
def test_the_mount_of_a_folder(folder: str, expected: tuple[str, str]) -> None:
    """The deepest one, and not one whose name only begins alike."""
    assert disk.mounted(Path(folder), MOUNTS) == expected


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("ext4", Outcome.OK),
        ("nfs4", Outcome.FAILED),
        ("cifs", Outcome.FAILED),
        ("fuse.sshfs", Outcome.WARNING),
        ("tmpfs", Outcome.WARNING),
        ("overlay", Outcome.WARNING),
    ],
)
def test_file_systems(kind: str, expected: Outcome) -> None:
    """A WAL on a share is a fault."""
    assert _outcomes(disk.judge_file_system("/", kind)) == [expected]


def test_a_slow_disk() -> None:
    """The journal waits for each fsync."""
    quick = disk.judge_speed(disk.Speed(sync_ms=[0.2] * 50, bytes_per_s=200e6))
    slow = disk.judge_speed(disk.Speed(sync_ms=[9.0] * 20 + [31.0] * 30, bytes_per_s=5e6))
    full = disk.judge_speed(disk.Speed(sync_ms=[0.2], bytes_per_s=None))
    assert _outcomes(quick) == [Outcome.OK, Outcome.OK]
    assert _outcomes(slow) == [Outcome.WARNING, Outcome.WARNING]
    assert "31.00 ms (p50), 31.00 ms (p99) of 50" in slow[0].found
    assert _outcomes(full) == [Outcome.OK, Outcome.SKIPPED]


def test_measuring_leaves_nothing(tmp_path: Path) -> None:
    """Not when a sync fails, either."""
    speed = disk.measure(tmp_path, write_bytes=2 * 1024**2, syncs=3)
    assert len(speed.sync_ms) == 3
    assert speed.bytes_per_s is not None

    def broken(_fd: int) -> None:
        raise OSError(5, "Input/output error")

    with pytest.raises(OSError, match="Input/output"):
        disk.measure(tmp_path, write_bytes=0, sync=broken)
    assert list(tmp_path.iterdir()) == []


def test_sqlite_that_can_damage_a_database() -> None:
    """The bug of WAL before 3.51.3."""
    assert _outcomes(store.judge_sqlite((3, 51, 2), "sqlite3")) == [Outcome.FAILED]
    assert _outcomes(store.judge_sqlite((3, 51, 3), "sqlite3")) == [Outcome.OK]


@pytest.mark.parametrize(
    ("current", "latest", "expected"),
    [(10, 10, Outcome.OK), (9, 10, Outcome.WARNING), (11, 10, Outcome.FAILED)],
)
def test_versions_of_the_database(current: int, latest: int, expected: Outcome) -> None:
    """An older one is migrated, a newer one is not ours."""
    found = MigrationStatus(current=current, latest=latest, migrations=())
    assert store.judge_version(found, is_up=False).outcome is expected


def _backup(age_s: float, problem: str | None = None) -> BackupFile:
    taken_at = iso_utc(int((1_000_000_000 - age_s) * 1e9))
    path = Path("restrike-x-scheduled.db.zst")
    kind = BackupKind.DATABASE
    return BackupFile(
        path=path, name="x", kind=kind, reason="scheduled", taken_at=taken_at, size_bytes=1, problem=problem
    )


def test_backups() -> None:
    """Recent, for what was stored since."""
    now = 1_000_000_000
    assert _outcomes(store.judge_backups([], changed_s=now, now_s=now)) == [Outcome.WARNING]
    assert _outcomes(store.judge_backups([_backup(3600)], changed_s=now, now_s=now)) == [Outcome.OK]
    assert _outcomes(store.judge_backups([_backup(100_000)], changed_s=now, now_s=now)) == [Outcome.WARNING]
    assert _outcomes(store.judge_backups([_backup(100_000)], changed_s=now - 200_000, now_s=now)) == [Outcome.OK]
    damaged = store.judge_backups([_backup(10, "its manifest is damaged")], changed_s=now, now_s=now)
    assert _outcomes(damaged) == [Outcome.FAILED]


def test_databases_of_a_home(tmp_path: Path, migrated: bytes) -> None:
    """None yet, one of this version, and one that is no database."""
    paths = Paths(tmp_path)
    paths.prepare()
    assert _outcomes(store.look_at_databases(Site(paths))) == [Outcome.SKIPPED, Outcome.SKIPPED]
    paths.database.write_bytes(migrated)
    assert store.look_at_databases(Site(paths))[0].outcome is Outcome.OK
    assert _outcomes(store.look_at_backups(Site(paths))) == [Outcome.WARNING]


# Modes, and what --fix does


def test_a_home_in_order(tmp_path: Path) -> None:
    """Nothing to say, and nothing to mend."""
    paths = Paths(tmp_path / "home")
    paths.prepare()
    found = [*modes.look_at_modes(Site(paths)), *modes.look_at_sockets(Site(paths))]
    assert {result.outcome for result in found} == {Outcome.OK}
    assert mend(found, is_root=False, ask=_nobody_asked) == []


def test_a_disk_that_is_mounted_read_only() -> None:
    """Failed, with what to do, once for each disk; whatever this user may do."""
    folders = {"data": Path("/data/restrike/data"), "log": Path("/data/restrike/log"), "backups": Path("/srv")}
    locked = disk.read_only(folders, MOUNTS, lambda folder: os.ST_RDONLY if "restrike" in str(folder) else 0)
    assert _outcomes(locked) == [Outcome.FAILED]
    place, _ = disk.mounted(folders["data"], MOUNTS)
    assert locked[0].found.startswith(f"data/ and log/ cannot be written: {place} is mounted read-only")
    assert f"mount -o remount,rw {place}" in str(locked[0].fix)
    assert disk.read_only(folders, MOUNTS, lambda _: 0) == []


@pytest.fixture
def short_path() -> Iterator[Path]:
    """A folder whose path leaves room for sockets in it."""
    with TemporaryDirectory() as folder:
        yield Path(folder)


def test_a_broken_home_is_mended(short_path: Path) -> None:
    """Modes, folders, a stale socket, a file that was given up; each is said, and a second look finds nothing."""
    paths = Paths(short_path / "home")
    paths.prepare()
    key, config, given_up = paths.home / "secret.key", paths.config, paths.backups / "x.partial"
    installation = paths.license / "installation.key"
    for path in (key, config, given_up, paths.database, installation):
        path.write_text("{}")
        path.chmod(0o644)
    paths.license.chmod(0o755)
    os.utime(given_up, (1, 1))
    paths.home.chmod(0o755)
    paths.logs.rmdir()
    with closing(socket.socket(socket.AF_UNIX)) as stale:
        stale.bind(str(paths.run / "broker.cmd"))
    site = Site(paths)
    before = [*modes.look_at_modes(site), *modes.look_at_sockets(site)]
    bad = {result.subject: result.outcome for result in before if result.outcome is not Outcome.OK}
    assert bad == {
        "home": Outcome.FAILED,
        "secret.key": Outcome.FAILED,
        "restrike.json": Outcome.WARNING,
        "data/restrike.db": Outcome.WARNING,
        "data/license": Outcome.WARNING,
        "data/license/installation.key": Outcome.FAILED,
        "folders": Outcome.WARNING,
        "broker.cmd": Outcome.WARNING,
        "x.partial": Outcome.WARNING,
    }
    done = mend(before, is_root=False, ask=_nobody_asked)
    assert {one.done for one in done} == {Done.DONE}
    assert len(done) == len(bad)
    after = [*modes.look_at_modes(site), *modes.look_at_sockets(site)]
    assert {result.outcome for result in after} == {Outcome.OK}
    assert stat.S_IMODE(paths.database.stat().st_mode) == 0o600
    assert paths.database.read_text() == "{}"
    assert not given_up.exists()


def test_what_is_a_database_is_never_removed(short_path: Path) -> None:
    """However old, and whatever its name ends with."""
    paths = Paths(short_path)
    paths.prepare()
    for name in ("restrike.db.new", ".restore-1.db.partial", "journal.db-wal.partial"):
        (paths.data / name).write_text("x")
        os.utime(paths.data / name, (1, 1))
    assert modes.given_up(paths) == []


def test_a_socket_that_somebody_answers_is_left(short_path: Path) -> None:
    """It belongs to a service that runs."""
    with closing(socket.socket(socket.AF_UNIX)) as alive:
        alive.bind(str(short_path / "broker.cmd"))
        alive.listen()
        assert modes.stale_sockets(short_path) == []


def test_files_of_another_user() -> None:
    """Root once started the suite: its files are named, and not taken from it by --fix."""
    home = Path("/srv/restrike")
    mine = Found(path=home, mode=0o700, owner=1000, is_folder=True)
    roots = Found(path=home / "data", mode=0o700, owner=0, is_folder=True)
    (result,) = modes.judge_modes([mine, roots], home=home)
    assert result.outcome is Outcome.FAILED
    assert "data" in result.found
    assert result.mend is None


def test_paths_of_sockets() -> None:
    """What does not fit into the kernel's 107 bytes."""
    assert modes.judge_path(Path("/a/run"), Path("/a/run")).outcome is Outcome.OK
    assert modes.judge_path(Path("/a/run"), Path("/tmp/restrike-1")).outcome is Outcome.OK  # noqa: S108 - not used
    assert modes.judge_path(Path("/a/run"), Path("/" + "x" * 90)).outcome is Outcome.FAILED


def _nobody_asked(_what: str) -> bool:
    raise AssertionError("nothing outside of the home was to be changed")


def _mend(act: Callable[[], None], *, asks: bool = False, needs_root: bool = False) -> Mend:
    return Mend(what="do it", command="sudo do-it", act=act, asks=asks, needs_root=needs_root)


def test_what_fix_may_not_do_is_told_with_its_command() -> None:
    """Without root, without a yes, and where the system refuses; what no program should do is left to a person."""
    acts: list[str] = []

    def refuse() -> None:
        raise PermissionError(13, "Permission denied", "/etc/sysctl.d")

    root = _mend(lambda: acts.append("root"), asks=True, needs_root=True)
    (denied,) = mend([warning("x", "y", mend=root)], is_root=False, ask=lambda _: True)
    (unasked,) = mend([warning("x", "y", mend=root)], is_root=True, ask=lambda _: False)
    (broken,) = mend([failed("x", "y", mend=_mend(refuse))], is_root=True, ask=_nobody_asked)
    (left,) = mend([failed("x", "buy a disk")], is_root=True, ask=_nobody_asked)
    assert acts == []
    found = [(one.done, one.command) for one in (denied, unasked, broken, left)]
    assert found == [
        (Done.NOT_ALLOWED, "sudo do-it"),
        (Done.REFUSED, "sudo do-it"),
        (Done.FAILED, "sudo do-it"),
        (Done.NOT_MINE, "buy a disk"),
    ]
    assert "Permission denied" in broken.line
    assert "sudo do-it" in denied.line
    again = mend([warning("x", "y", mend=root), warning("z", "y", mend=root)], is_root=True, ask=lambda _: True)
    assert [one.done for one in again] == [Done.DONE]
    assert acts == ["root"]
    assert mend([ok("x")], is_root=True, ask=_nobody_asked) == []


def test_the_key_reads_what_is_stored(tmp_path: Path, migrated: bytes) -> None:
    """With the key, and without it."""
    paths = Paths(tmp_path)
    paths.prepare()
    assert modes.look_at_key(Site(paths))[0].outcome is Outcome.OK
    paths.database.write_bytes(migrated)
    secrets = Secrets(paths)
    with closing(connect_writer(paths.database)) as connection:
        connection.execute(
            "INSERT INTO obs_connections (name, host, port, password) VALUES ('main', '10.1.1.9', 4455, ?)",
            (secrets.encrypt("chong-hong"),),
        )
    assert secret_texts.clear_texts(paths) == {"password of OBS main": "chong-hong"}
    assert modes.look_at_key(Site(paths))[0].outcome is Outcome.OK
    secrets.path.unlink()
    (result,) = modes.look_at_key(Site(paths))
    assert result.outcome is Outcome.FAILED
    assert "password of OBS main" in result.found
    assert "chong-hong" not in result.found
