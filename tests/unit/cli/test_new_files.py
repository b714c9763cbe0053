"""Files that commands make for somebody: whole or not there, and a disk that refuses is one sentence."""

import errno
import gc
import io
import os
import re
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

from services.cli import new_files
from services.cli.doctor import bundle
from services.cli.doctor.parts import Part
from services.cli.doctor.site import Site
from services.cli.new_files import refuse_taken, refused, whole, zip_entry
from shared.errors import IoError
from shared.paths import Paths
from tests.unit.cli.conftest import Run

REFUSALS = {
    errno.ENOSPC: "The disk of {} is full: make room, or",
    errno.EDQUOT: "The disk of {} is full: make room, or",
    errno.ENOENT: "There is no folder {}: make it, or",
    errno.EROFS: "{} is on a disk that is mounted read-only:",
    errno.EACCES: "This user may not write {}/b.zip:",
    errno.EIO: "{}/b.zip cannot be written (Input/output error):",
}


class _SmallDisk(io.RawIOBase):
    """Takes so many bytes, and is full."""

    def __init__(self, path: Path, room: int) -> None:
        self._file = path.open("wb", buffering=0)
        self._room = room

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def write(self, body: object, /) -> int:
        taken = bytes(body)[: self._room]  # type: ignore[call-overload]  # anything with a buffer
        if not taken:
            raise OSError(errno.ENOSPC, "No space left on device")
        self._room -= len(taken)
        return self._file.write(taken)

    def close(self) -> None:
        self._file.close()
        super().close()


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """20 KiB are free."""

    def small(path: Path, *, is_new: bool = False) -> IO[bytes]:
        assert is_new
        return io.BufferedWriter(_SmallDisk(path, 20 * 1024))

    monkeypatch.setattr(new_files, "private", small)


@pytest.mark.parametrize(("number", "sentence"), REFUSALS.items())
def test_each_refusal_says_what_to_do(tmp_path: Path, number: int, sentence: str) -> None:
    """By its words, without a number of the system's; another place always helps."""
    told = refused(tmp_path / "b.zip", OSError(number, os.strerror(number), "/of/somebody")).message
    assert told == f"{sentence.format(tmp_path)} name another place with --out."


def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    """What was there stays until then; nobody else may read it; nothing is left of one that was broken off."""
    out = tmp_path / "x.zip"
    out.write_text("before")

    def break_off() -> None:
        with whole(out) as file:
            file.write(b"half")
            raise ValueError("broken off")

    with pytest.raises(ValueError, match="broken off"):
        break_off()
    assert [path.read_text() for path in tmp_path.iterdir()] == ["before"]
    with whole(out) as file:
        file.write(b"whole")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["whole"]
    assert stat.S_IMODE(out.stat().st_mode) == 0o600


def test_what_could_not_be_read_is_no_fault_of_the_new_file(tmp_path: Path) -> None:
    """A log that cannot be opened is told as what it is."""
    gone = tmp_path / "gone.log"
    with pytest.raises(FileNotFoundError), whole(tmp_path / "x"):
        gone.read_bytes()


def test_names_that_are_taken(tmp_path: Path) -> None:
    """A folder always, a file unless it may be replaced."""
    with pytest.raises(IoError, match="is a folder: name a file in it"):
        refuse_taken(tmp_path, is_forced=True)
    file = tmp_path / "b.zip"
    refuse_taken(file, is_forced=False)
    file.touch()
    refuse_taken(file, is_forced=True)
    with pytest.raises(IoError, match="or replace it with --force"):
        refuse_taken(file, is_forced=False)


def test_entries_are_of_now() -> None:
    """Not of 1980; and their owner's alone."""
    entry = zip_entry("a.jsonl")
    assert entry.date_time[0] > 2020
    assert entry.external_attr >> 16 == 0o600
    assert entry.compress_type == zipfile.ZIP_DEFLATED


@pytest.mark.usefixtures("full_disk")
@pytest.mark.parametrize("suffix", [".zip", ".tar.zst"])
@pytest.mark.slow
def test_a_bundle_onto_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str) -> None:
    """One sentence, nothing left, and nothing printed when the archive is collected (which would be a warning here)."""

    def noise(_site: Site) -> Iterator[tuple[str, str]]:
        for number in range(4):
            yield f"{number}.log", os.urandom(12 * 1024).hex()

    monkeypatch.setattr(bundle, "parts", lambda **_: [Part(name="logs", make=noise)])
    out = tmp_path / f"b{suffix}"
    with pytest.raises(IoError, match=re.escape(f"The disk of {tmp_path} is full")):
        bundle.make(Paths(tmp_path), out=out, hours=6, max_bytes=1024**2)
    gc.collect()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("full_disk")
@pytest.mark.parametrize("name", ["l.zip", "l.jsonl"])
@pytest.mark.slow
def test_logs_onto_a_full_disk(tmp_path: Path, home: Path, run: Run, name: str) -> None:
    """As above; the hidden name that it is written under is told nowhere."""
    folder = tmp_path / "stick"
    for made in (home / "log", folder):
        made.mkdir(parents=True)
    line = '{"timestamp":"2026-03-01T12:00:00.000000Z","event":"EVENT"}\n'
    text = "".join(line.replace("EVENT", os.urandom(512).hex()) for _ in range(100))
    (home / "log" / "broker.log").write_text(text)
    done = run("logs", "export", "--out", str(folder / name))
    gc.collect()
    assert (done.code, done.out) == (1, "")
    assert done.err == f"The disk of {folder} is full: make room, or name another place with --out.\n"
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    "command", [("doctor", "--bundle"), ("logs", "export"), ("udp", "capture", "ring-1", "--last", "1s")]
)
def test_a_folder_that_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run, command: tuple[str, ...]
) -> None:
    """The folder is named, and nothing that nobody asked for."""
    monkeypatch.setattr(bundle, "parts", lambda **_: [])
    ending = ".pcap" if "capture" in command else ".zip"
    done = run(*command, "--out", str(tmp_path / "nix" / f"b{ending}"))
    assert done.code == 1
    assert done.err.splitlines()[-1].endswith(
        f"There is no folder {tmp_path / 'nix'}: make it, or name another place with --out."
    )
    assert ".partial" not in done.err


def test_a_bundle_that_is_there_wants_force(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    """As an export does."""
    monkeypatch.setattr(bundle, "parts", lambda **_: [])
    file = tmp_path / "b.zip"
    file.write_text("mine")
    assert "or replace it with --force" in run("doctor", "--bundle", "--out", str(file)).err
    assert file.read_text() == "mine"
    assert run("doctor", "--bundle", "--out", str(file), "--force").code == 0
    assert zipfile.is_zipfile(file)
    assert run("doctor", "--force").code == 2
