"""Zstandard files with their checksums, written gently: backups; the migration process and db-writer's children.

One fsync of a large file holds up every other one on the same disk, the journal's too; so the data goes out in parts.
"""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import zstandard
from msgspec import Struct

from shared.errors import DatabaseError

LEVEL: Final = 3
"""Databases of ours shrink to about a fifth at 3, and hardly further at ten times the time."""
CHUNK_BYTES: Final = 1 << 20
SYNC_EVERY_BYTES: Final = 4 << 20
"""A disk of 100 MB/s is busy with that much for 40 ms."""

Tell = Callable[[str, int, int | None], None]
"""Called with what is done, how much of it, and of how much (None: not known)."""


def tell_nobody(_message: str, _done: int, _total: int | None) -> None:
    """Nothing: for who needs no progress."""


class Packed(Struct, frozen=True, kw_only=True):
    """A compressed file (`size_bytes`, `sha256`) and what is in it."""

    size_bytes: int
    sha256: str
    content_bytes: int
    content_sha256: str


class PackedWriter:
    """A new compressed file at `path`, for its owner only; on the disk when `finish` returns."""

    def __init__(self, path: Path, *, level: int = LEVEL, content_bytes: int | None = None) -> None:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        self._file = os.fdopen(handle, "wb", buffering=0)
        compressor = zstandard.ZstdCompressor(level=level, write_checksum=True)
        self._pack = compressor.compressobj() if content_bytes is None else compressor.compressobj(size=content_bytes)
        self._inside, self._outside = hashlib.sha256(), hashlib.sha256()
        self._content_bytes = self._size_bytes = self._unsynced_bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()

    def write(self, content: bytes) -> None:
        """Append `content`. Raises OSError."""
        self._inside.update(content)
        self._content_bytes += len(content)
        self._put(self._pack.compress(content))

    def finish(self) -> Packed:
        """Write the end and wait for the disk. Raises OSError."""
        self._put(self._pack.flush())
        os.fsync(self._file.fileno())
        return Packed(
            size_bytes=self._size_bytes,
            sha256=self._outside.hexdigest(),
            content_bytes=self._content_bytes,
            content_sha256=self._inside.hexdigest(),
        )

    def _put(self, packed: bytes) -> None:
        if not packed:
            return
        self._outside.update(packed)
        left = memoryview(packed)
        while left:
            left = left[self._file.write(left) or 0 :]
        self._size_bytes += len(packed)
        self._unsynced_bytes += len(packed)
        if self._unsynced_bytes >= SYNC_EVERY_BYTES:
            os.fdatasync(self._file.fileno())
            self._unsynced_bytes = 0


def pack(source: Path, target: Path, *, level: int = LEVEL, tell: Tell = tell_nobody) -> Packed:
    """Compress the file `source` into the new file `target`. Raises OSError."""
    total = source.stat().st_size
    done = 0
    with source.open("rb") as content, PackedWriter(target, level=level, content_bytes=total) as writer:
        while chunk := content.read(CHUNK_BYTES):
            writer.write(chunk)
            done += len(chunk)
            tell("compress", done, total)
        return writer.finish()


def unpack_file(source: Path, target: Path, *, most_bytes: int, tell: Tell = tell_nobody) -> str:
    """Write what the compressed `source` holds to the new file `target`; its SHA-256.

    Raises DatabaseError `backup.damaged`: it cannot be decompressed, is cut off, or holds more than `most_bytes`.
    """
    digest, done = hashlib.sha256(), 0
    try:
        with source.open("rb") as packed, target.open("xb") as content:
            reader = zstandard.ZstdDecompressor().stream_reader(packed, read_across_frames=False)
            while chunk := reader.read(CHUNK_BYTES):
                done += len(chunk)
                if done > most_bytes:
                    raise DatabaseError(
                        "backup.damaged", "This backup holds more than it should; use another one.", value=str(source)
                    )
                digest.update(chunk)
                content.write(chunk)
                tell("unpack", done, most_bytes)
    except zstandard.ZstdError as error:
        raise DatabaseError(
            "backup.damaged", f"This backup cannot be decompressed ({error}); use another one.", value=str(source)
        ) from error
    return digest.hexdigest()


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
