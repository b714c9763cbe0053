"""When logs are set aside, what is archived, and what is forgotten."""

import errno
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import zstandard

from services.cpu_monitor.log_keeping import archive
from services.cpu_monitor.log_keeping.archive import compress, forget
from services.cpu_monitor.log_keeping.keeper import Keeper, Limits
from services.cpu_monitor.log_keeping.setting_aside import Rotation
from shared.log.files import ARCHIVE, LogFile, archives, line_time_us, log_files, set_aside, stamp, unstamped

HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US
MIB = 1 << 20
LIMITS = Limits(file_bytes=MIB, keep_days=90, archive_bytes=100 * MIB)


def _at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1_000_000)


def _line(at: str, text: str = "x") -> str:
    return f'{{"timestamp":"{at}.000000Z","level":"info","event":"{text}"}}\n'


@pytest.mark.parametrize(
    ("zone_h", "now", "is_due"),
    [
        (0, "2026-03-01T23:59:59", False),
        (0, "2026-03-02T00:00:00", True),
        (2, "2026-03-01T22:00:00", True),
        (-5, "2026-03-02T04:59:59", False),
        (-5, "2026-03-02T05:00:00", True),
    ],
)
def test_at_local_midnight(tmp_path: Path, zone_h: int, now: str, is_due: int) -> None:
    """A file whose first line is of the day before is set aside, by the day of this machine's clock."""
    (tmp_path / "broker.log").write_text(_line("2026-03-01T21:30:00"))
    rotation = Rotation(tmp_path, zone=timezone(timedelta(hours=zone_h)))
    assert bool(rotation.set_aside(now_us=_at(now), most_bytes=MIB)) == is_due


def test_at_a_size_and_never_when_empty(tmp_path: Path) -> None:
    """What is long enough is renamed, an empty one has its name, for its owner only; the others are left alone."""
    (tmp_path / "broker.log").write_text(_line("2026-03-01T12:00:00") * 100)
    (tmp_path / "db-writer.log").write_text(_line("2026-03-01T12:00:00"))
    (tmp_path / "pss-parser.log").touch()
    now_us = _at("2026-03-01T12:30:00")
    (name,) = Rotation(tmp_path, zone=UTC).set_aside(now_us=now_us, most_bytes=1_000)
    assert name.name == "broker.log.20260301T123000000Z"
    assert (tmp_path / "broker.log").stat().st_size == 0
    assert (tmp_path / "broker.log").stat().st_mode & 0o777 == 0o600
    assert {path.name for path in tmp_path.iterdir()} == {name.name, "broker.log", "db-writer.log", "pss-parser.log"}


def test_names_are_never_used_twice(tmp_path: Path) -> None:
    """Twice in one millisecond, and after the clock was set back: each file and archive has its own name."""
    names = []
    for _ in range(3):
        (tmp_path / "broker.log").write_text(_line("2026-03-01T12:00:00"))
        names += Rotation(tmp_path, zone=UTC).set_aside(now_us=_at("2026-03-01T12:30:00"), most_bytes=1)
        compress(set_aside(tmp_path)[-1], tmp_path)
    assert len({path.name for path in names}) == 3
    assert len(archives(tmp_path)) == 3


def test_what_supervisord_set_aside_by_itself_is_taken_too(tmp_path: Path) -> None:
    """Nobody kept the logs for a while: its numbered files are archived like others."""
    (tmp_path / "broker.log").touch()
    for number in (1, 2):
        (tmp_path / f"broker.log.{number}").write_text(_line("2026-03-01T12:00:00", str(number)))
    keeper = Keeper(tmp_path, rotation=Rotation(tmp_path), supervisor=lambda: None)
    for _ in range(2):
        keeper.turn(LIMITS, now_us=_at("2026-03-01T12:30:00"), now_s=0)
    assert len(archives(tmp_path)) == 2
    assert set_aside(tmp_path) == []


def test_an_archive_is_the_file_and_made_again_it_is_the_same(tmp_path: Path) -> None:
    """Killed after the archive was made and before the file was deleted: both are there, and count once."""
    content = _line("2026-03-01T08:00:00", "first") + _line("2026-03-01T12:00:00", "last")
    path = tmp_path / "broker.log.20260301T123000000Z"
    for _ in range(2):
        path.write_text(content)
        (file,) = set_aside(tmp_path)
        made = compress(file, tmp_path)
        assert made is not None
        assert made.name == "broker-20260301T080000000Z-20260301T123000000Z.jsonl.zst"
    assert made is not None
    assert zstandard.ZstdDecompressor().stream_reader(made.read_bytes()).read().decode() == content
    path.write_text(content)
    assert [file.path for file in log_files(tmp_path)["broker"]] == [made]


def test_a_line_that_comes_late_is_in_the_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody wrote into the file while it was compressed: it is compressed again."""
    path = tmp_path / "broker.log.20260301T123000000Z"
    path.write_text(_line("2026-03-01T08:00:00", "first"))
    compressed, calls = archive._compressed, []

    def late(source: Path, target: Path) -> int:
        read = compressed(source, target)
        calls.append(read)
        if len(calls) == 1:
            with path.open("a") as file:
                file.write(_line("2026-03-01T12:31:00", "late"))
        return read

    monkeypatch.setattr(archive, "_compressed", late)
    made = compress(set_aside(tmp_path)[0], tmp_path)
    assert made is not None
    assert b"late" in zstandard.ZstdDecompressor().stream_reader(made.read_bytes()).read()


def test_half_made_files_are_removed_at_the_start(tmp_path: Path) -> None:
    """What a killed one left: the new empty file, the archive that was not whole."""
    (tmp_path / ARCHIVE).mkdir()
    (tmp_path / "broker.log.fresh").touch()
    (tmp_path / ARCHIVE / "broker-20260301T080000000Z-20260301T123000000Z.jsonl.zst.partial").touch()
    Keeper(tmp_path, rotation=Rotation(tmp_path), supervisor=lambda: None).turn(LIMITS, now_us=DAY_US, now_s=0)
    assert [path.name for path in tmp_path.iterdir()] == [ARCHIVE]
    assert list((tmp_path / ARCHIVE).iterdir()) == []


def test_what_is_forgotten(tmp_path: Path) -> None:
    """The oldest beyond the days, then the oldest beyond the space, of all services together."""
    (tmp_path / ARCHIVE).mkdir()
    for day, source in ((1, "broker"), (2, "broker"), (3, "db-writer"), (4, "broker")):
        name = f"{source}-{stamp(day * DAY_US)}-{stamp(day * DAY_US + HOUR_US)}.jsonl.zst"
        (tmp_path / ARCHIVE / name).write_bytes(b"x" * 100)
    gone = forget(tmp_path, now_us=6 * DAY_US, keep_days=5, most_bytes=1_000)
    assert gone == []
    gone = forget(tmp_path, now_us=7 * DAY_US, keep_days=5, most_bytes=200)
    assert [unstamped(path.name[-29:-10]) for path in gone] == [2 * DAY_US + HOUR_US, DAY_US + HOUR_US]
    assert len(archives(tmp_path)) == 2


def test_a_folder_that_cannot_be_written_is_reported_and_tried_again(tmp_path: Path) -> None:
    """No folder of logs but a file: told with the reason; a folder again: over."""
    logs = tmp_path / "log"
    logs.write_text("in the way")
    keeper = Keeper(logs, rotation=Rotation(logs), supervisor=lambda: None)
    assert keeper.turn(LIMITS, now_us=DAY_US, now_s=0).error is not None
    logs.unlink()
    assert keeper.turn(LIMITS, now_us=DAY_US, now_s=10).error is None
    assert list(logs.iterdir()) == []


def test_an_archive_that_cannot_be_written_loses_nothing(tmp_path: Path) -> None:
    """The file stays where it is until there is room."""
    (tmp_path / ARCHIVE).write_text("in the way")
    (tmp_path / "broker.log").write_text(_line("2026-03-01T12:00:00"))
    keeper = Keeper(tmp_path, rotation=Rotation(tmp_path, zone=UTC), supervisor=lambda: None)
    now_us = _at("2026-03-02T12:00:00")
    reports = [keeper.turn(LIMITS, now_us=now_us, now_s=second) for second in (0, 2)]
    assert reports[1].error is not None
    assert len(set_aside(tmp_path)) == 1
    (tmp_path / ARCHIVE).unlink()
    assert keeper.turn(LIMITS, now_us=now_us, now_s=4).error is None
    assert len(archives(tmp_path)) == 1


def test_a_full_disk_is_left_in_peace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first file that does not fit is the last that is tried, for half a minute; told all that time."""
    tried: list[str] = []

    def full(file: LogFile, _logs: Path) -> None:
        tried.append(file.path.name)
        raise OSError(errno.ENOSPC, "No space left on device", str(file.path))

    for minute in range(6):
        (tmp_path / f"broker.log.20260301T12{minute:02}00000Z").write_text(_line("2026-03-01T12:00:00"))
    keeper = Keeper(tmp_path, rotation=Rotation(tmp_path, zone=UTC), supervisor=lambda: None)
    now_us = _at("2026-03-02T12:00:00")
    with monkeypatch.context() as patch:
        patch.setattr("services.cpu_monitor.log_keeping.keeper.compress", full)
        reports = [keeper.turn(LIMITS, now_us=now_us, now_s=second) for second in range(0, 32, 2)]
    assert len(tried) == 2
    assert len({report.error for report in reports}) == 1
    assert "No space left" in (reports[0].error or "")
    assert keeper.turn(LIMITS, now_us=now_us, now_s=40).error is not None
    assert keeper.turn(LIMITS, now_us=now_us, now_s=60).error is None
    assert len(archives(tmp_path)) == 6


def test_room_is_made_before_it_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is too old goes first: the archive that comes may need its place."""
    (tmp_path / ARCHIVE).mkdir()
    old = tmp_path / ARCHIVE / "broker-20250301T080000000Z-20250301T123000000Z.jsonl.zst"
    old.touch()
    (tmp_path / "broker.log.20260301T123000000Z").write_text(_line("2026-03-01T08:00:00"))
    seen: list[bool] = []

    def looked(file: LogFile, logs: Path) -> Path | None:
        seen.append(old.exists())
        return compress(file, logs)

    monkeypatch.setattr("services.cpu_monitor.log_keeping.keeper.compress", looked)
    keeper = Keeper(tmp_path, rotation=Rotation(tmp_path, zone=UTC), supervisor=lambda: None)
    keeper.turn(LIMITS, now_us=_at("2026-03-02T12:00:00"), now_s=0)
    assert seen == [False]


@pytest.mark.parametrize(
    ("line", "at"),
    [
        (b'{"timestamp":"2026-03-01T12:00:00.123456Z","event":"x"}', "2026-03-01T12:00:00.123456"),
        (b'{"event": "x", "timestamp": "2026-03-01T12:00:00.123456Z"}', "2026-03-01T12:00:00.123456"),
        (b'{"event": "x"}', None),
        (b"Traceback (most recent call last):", None),
        (b"2026-99-99 12:00:00,123 INFO", None),
    ],
)
def test_times_of_lines(line: bytes, at: str | None) -> None:
    """A JSON line tells its own, whatever stands before it; other lines have none."""
    assert line_time_us(line) == (None if at is None else _at(at))


def test_times_of_supervisords_lines() -> None:
    """They are local."""
    local = datetime(2026, 3, 1, 12, 0, 0, 123_000).astimezone()
    assert line_time_us(b"2026-03-01 12:00:00,123 INFO spawned: 'x'") == int(local.timestamp() * 1_000_000)


def test_files_of_a_folder(tmp_path: Path) -> None:
    """By source, the oldest first, the one that is written now last; what is none of ours is left out."""
    (tmp_path / ARCHIVE).mkdir()
    for name in (
        "archive/db-writer-20260301T080000000Z-20260301T123000000Z.jsonl.zst",
        "db-writer.log.20260302T123000000Z",
        "db-writer.log",
        "supervisord.log",
        "notes.txt",
        "archive/x.zst",
    ):
        (tmp_path / name).touch()
    found = log_files(tmp_path)
    assert {source: [file.path.name for file in files] for source, files in found.items()} == {
        "db-writer": [
            "db-writer-20260301T080000000Z-20260301T123000000Z.jsonl.zst",
            "db-writer.log.20260302T123000000Z",
            "db-writer.log",
        ],
        "supervisord": ["supervisord.log"],
    }
    assert found["db-writer"][0] == LogFile(
        path=tmp_path / ARCHIVE / "db-writer-20260301T080000000Z-20260301T123000000Z.jsonl.zst",
        source="db-writer",
        begin_us=_at("2026-03-01T08:00:00"),
        end_us=_at("2026-03-01T12:30:00"),
        is_archive=True,
    )
