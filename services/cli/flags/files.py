"""Reads pictures of an operator from disk, and looks at each; `restrike flags`."""

import hashlib
import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from msgspec import Struct

from shared.errors import IoError, ValidationError
from shared.flags.pictures import MOST_BYTES, media_type
from shared.flags.recognition import Recognized, recognize

ENDINGS: Final = frozenset({".svg", ".png"})
MOST_FILES: Final = 5_000
"""In a folder with its subfolders: ten sets of flags. More was not meant."""


class Picture(Struct, frozen=True, kw_only=True):
    """A picture that is whole and harmless, and what it seems to be."""

    path: Path
    content: bytes
    media_type: str
    modified_at: str
    recognized: Recognized


def pictures_in(folder: Path) -> list[Path]:
    """Its SVG and PNG files, in order; hidden ones and links to elsewhere left out.

    Raises:
        IoError: it is no folder, or there are too many.
    """
    if not folder.is_dir():
        raise IoError("flag.folder", "This is no folder; one file is: restrike flags recognize FILE", value=folder)
    found: list[Path] = []
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [path for name in sorted(names) if _is_picture(path := Path(place, name))]
        if len(found) > MOST_FILES:
            raise IoError(
                "flag.too_many", f"There are more than {MOST_FILES} pictures; scan a smaller folder.", value=folder
            )
    return found


def read_picture(path: Path) -> Picture:
    """A file's picture.

    Raises:
        ValidationError: it is too large, of the wrong type, or not harmless.
        OSError: it cannot be read.
    """
    # Opened without waiting, as a pipe of that name would never answer.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    about = os.fstat(descriptor)
    if not stat.S_ISREG(about.st_mode):
        os.close(descriptor)
        raise ValidationError("flag.type", "This is no file with a picture.", value=str(path))
    with os.fdopen(descriptor, "rb") as file:
        content = file.read(MOST_BYTES + 1)
    if about.st_size > MOST_BYTES:
        sentence = f"A picture of a flag has at most {MOST_BYTES // 1024} KiB; make it smaller."
        raise ValidationError("flag.size", sentence, value=f"{about.st_size} bytes")
    return Picture(
        path=path,
        content=content,
        media_type=media_type(content),
        modified_at=datetime.fromtimestamp(about.st_mtime, tz=UTC).isoformat(timespec="milliseconds"),
        recognized=recognize(path.name, hashlib.sha256(content).hexdigest()),
    )


def read_pictures(paths: list[Path]) -> Iterator[tuple[Path, Picture | str]]:
    """Each file with its picture, or with a sentence why it is refused."""
    for path in paths:
        try:
            yield path, read_picture(path)
        except ValidationError as error:
            yield path, str(error)
        except OSError as error:
            yield path, f"It cannot be read: {error.strerror or error}."


def _is_picture(path: Path) -> bool:
    return not path.name.startswith(".") and path.suffix.lower() in ENDINGS and not path.is_symlink()
