"""`restrike doctor --bundle`: one file for whoever helps from afar, without secrets and of bounded size.

A part that fails is a note in the bundle, never its end.
"""

import io
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final, Protocol

from msgspec import Struct

from services.cli.doctor import masking
from services.cli.doctor.parts import Part, parts
from services.cli.doctor.rounds import EXPECTED, Errand, told
from services.cli.doctor.site import Site
from services.cli.new_files import refuse_taken, whole, zip_entry
from shared.clock import iso_utc, unix_ns
from shared.errors import ValidationError
from shared.paths import Paths

RESERVED_BYTES: Final = 128 * 1024
"""Kept for the notes and the archive's own list of contents."""
OVERHEAD_BYTES: Final = 2048
"""What an archive adds to each file, at most."""
NOTES: Final = "notes.txt"


class Packed(Struct, frozen=True, kw_only=True):
    """A file in the bundle, and how many bytes of its text had to be left out."""

    name: str
    bytes: int
    left_out_bytes: int = 0


class Bundle(Struct, kw_only=True):
    """What was made. `notes` say what is missing, and why."""

    file: Path
    bytes: int
    parts: list[Packed]
    notes: list[str]


class Archive(Protocol):
    """A file that takes files."""

    def add(self, name: str, body: bytes) -> None:
        """Put a file into it."""

    def size(self) -> int:
        """How many bytes it has by now."""

    def close(self) -> None:
        """Write its end."""


class Zip:
    """A .zip file."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._zip = zipfile.ZipFile(file, "w", compression=zipfile.ZIP_DEFLATED)

    def add(self, name: str, body: bytes) -> None:
        """Put a file into it."""
        self._zip.writestr(zip_entry(name), body)

    def size(self) -> int:
        """How many bytes it has by now."""
        return self._file.tell()

    def close(self) -> None:
        """Write its end."""
        self._zip.close()


class TarZst:
    """A .tar.zst file."""

    def __init__(self, file: IO[bytes]) -> None:
        import zstandard  # noqa: PLC0415  # only for this kind

        self._file = file
        self._flush = zstandard.FLUSH_BLOCK
        self._stream = zstandard.ZstdCompressor(level=6).stream_writer(file, closefd=False)
        self._tar = tarfile.open(fileobj=self._stream, mode="w|")  # noqa: SIM115  # closed by `close`

    def add(self, name: str, body: bytes) -> None:
        """Put a file into it."""
        info = tarfile.TarInfo(name)
        info.size, info.mode, info.mtime = len(body), 0o600, unix_ns() // 1_000_000_000
        self._tar.addfile(info, io.BytesIO(body))

    def size(self) -> int:
        """How many bytes it has by now; what tar still holds back is a block or two."""
        self._stream.flush(self._flush)
        return self._file.tell()

    def close(self) -> None:
        """Write its end."""
        self._tar.close()
        self._stream.close()  # type: ignore[no-untyped-call] # zstandard has no hints for it


KINDS: Final[dict[str, type[Zip] | type[TarZst]]] = {".zip": Zip, ".tar.zst": TarZst}


def make(paths: Paths, *, out: Path | None, hours: int, max_bytes: int, is_forced: bool = False) -> Bundle:
    """Write a bundle of at most `max_bytes`, with logs of the last `hours`.

    Raises:
        ValidationError: the file's name says no kind that is known.
        IoError: it cannot be written, or is there already and `is_forced` is not given.
    """
    stamp = iso_utc(unix_ns())[:19].replace("-", "").replace(":", "")
    target = out if out is not None else Path(f"restrike-bundle-{stamp}Z.zip")
    kind = next((kind for suffix, kind in KINDS.items() if target.name.endswith(suffix)), None)
    if kind is None:
        raise ValidationError("bundle.kind", "A bundle is a .zip or a .tar.zst file.", value=str(target))
    refuse_taken(target, is_forced=is_forced)
    site = Site(paths)
    unread = masking.hide_secrets(paths, site.config)
    packer = _Packer(max_bytes)
    packer.notes += [f"masking: {one} Secrets in it are masked only where a name tells them." for one in unread]
    with whole(target) as file, _closed(kind(file)) as archive:
        for part in parts(hours=hours):
            packer.pack(archive, part, site)
        archive.add(NOTES, masking.text(_notes(packer, hours=hours)).encode()[: RESERVED_BYTES // 2])
    size = target.stat().st_size
    return Bundle(file=target.absolute(), bytes=size, parts=packer.packed, notes=packer.notes)


class _Packer:
    """Puts parts into an archive until it is full. What does not fit loses its beginning: the end is the newest."""

    def __init__(self, max_bytes: int) -> None:
        self.packed: list[Packed] = []
        self.notes: list[str] = []
        self._most = max_bytes - RESERVED_BYTES

    def pack(self, archive: Archive, part: Part, site: Site) -> None:
        """Make a part and put it in."""
        made: list[tuple[str, str]] = []

        def collect() -> None:
            made.extend(part.make(site))  # what was made before an error is in it

        try:
            Errand(collect, within_s=part.within_s).answer()
        except TimeoutError:
            self.notes.append(f"{part.name}: it took longer than {part.within_s:g} s and was given up.")
        except EXPECTED as error:
            self.notes.append(f"{part.name}: {told(error)}.")
        for name, text in made.copy():  # one that was given up may still add
            self._put(archive, name, text.encode("utf-8", "replace"))

    def _put(self, archive: Archive, name: str, body: bytes) -> None:
        room = self._most - archive.size() - OVERHEAD_BYTES
        if len(body) > room:
            # Compressed it may fit, but that is known only afterwards, and what is in an archive stays there.
            kept = body[-room:] if room > OVERHEAD_BYTES else b""
            kept = kept[kept.find(b"\n") + 1 :]
            self.notes.append(f"{name}: {len(body) - len(kept)} of {len(body)} bytes are left out, to keep the size.")
            if not kept:
                return
            self.packed.append(Packed(name=name, bytes=len(kept), left_out_bytes=len(body) - len(kept)))
            archive.add(name, kept)
            return
        self.packed.append(Packed(name=name, bytes=len(body)))
        archive.add(name, body)


def _notes(packer: _Packer, *, hours: int) -> str:
    head = f"A support bundle of reStrike VTA, made {iso_utc(unix_ns())}; logs of the last {hours} hours.\n"
    said = "".join(f"- {note}\n" for note in packer.notes) or "- Nothing is missing.\n"
    listed = "".join(f"{one.bytes:>10}  {one.name}\n" for one in packer.packed)
    return f"{head}\nMissing:\n{said}\nFiles:\n{listed}"


@contextmanager
def _closed(archive: Archive) -> Iterator[Archive]:
    """The archive, closed at the end, before its file is: one that is left open tries it when it is collected, and
    Python prints what that raises.
    """
    try:
        yield archive
    finally:
        archive.close()
