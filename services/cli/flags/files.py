"""Reads pictures of an operator from disk, and looks at each; `restrike flags`."""

import hashlib
import os
import re
import stat
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from msgspec import Struct

from shared.errors import IoError, ValidationError
from shared.flags.pictures import MOST_BYTES, media_type
from shared.flags.recognition import Recognized, recognize
from shared.messages.flags import TakeOutcome

ENDINGS: Final = frozenset({".svg", ".png"})
OTHER_PICTURES: Final = frozenset(
    re.findall(r"\w+", "jpg jpeg jpe jfif webp gif bmp tif tiff avif heic ico apng svgz pdf eps ai psd")
)
ARCHIVES: Final = frozenset({"zip", "rar", "7z", "tar", "gz", "tgz"})
SKIPPED: Final = "skipped"
REFUSED: Final = TakeOutcome.REFUSED.value
MOST_FILES: Final = 5_000
"""In a folder with its subfolders: ten sets of flags. More was not meant."""


class Entry(Struct, frozen=True, kw_only=True):
    """A file of a folder. What is not to be read has an outcome, and a sentence why and what to do."""

    path: Path
    outcome: str | None = None
    message: str | None = None


class Picture(Struct, frozen=True, kw_only=True):
    """A picture that is whole and harmless, and what it seems to be."""

    path: Path
    content: bytes
    media_type: str
    modified_at: str
    recognized: Recognized


def entries_in(folder: Path) -> list[Entry]:
    """Its files with those of its subfolders, in order; hidden ones left out, links not followed.

    Raises:
        IoError: it is no folder, or there are too many.
    """
    if not folder.is_dir():
        raise IoError("flag.folder", "This is no folder; one file is: restrike flags recognize FILE", value=folder)
    found: list[Entry] = []
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        links = [name for name in folders if Path(place, name).is_symlink()]
        found += [_entry(Path(place, name)) for name in sorted([*names, *links]) if not name.startswith(".")]
        if len(found) > MOST_FILES:
            raise IoError(
                "flag.too_many", f"There are more than {MOST_FILES} files; scan a smaller folder.", value=folder
            )
    return found


def _entry(path: Path) -> Entry:
    ending = path.suffix.lower()
    if path.is_symlink():
        return Entry(path=path, outcome=REFUSED, message="A link is not followed; put the file itself there.")
    if ending in ENDINGS:
        return Entry(path=path)
    said = ending[1:].upper()
    if ending[1:] in OTHER_PICTURES:
        return Entry(path=path, outcome=REFUSED, message=f"{said} is not taken; save it as SVG or PNG.")
    if ending[1:] in ARCHIVES:
        return Entry(path=path, outcome=REFUSED, message=f"{said} is an archive; unpack it, and scan that.")
    sentence = "It does not end in .svg or .png; if it is such a picture, rename it."
    return Entry(path=path, outcome=SKIPPED, message=sentence)


def by_code(paths: list[Path], own: Mapping[str, str]) -> list[list[Path]]:
    """Files by the code that their names tell, the surest first, and SVG before PNG: of several only one is shown."""
    found: dict[str, list[tuple[float, Path]]] = {}
    for path in paths:
        named = recognize(path.name, own=own)
        found.setdefault(named.code or str(path), []).append((named.confidence, path))
    return [[path for _, path in sorted(group, key=_order)] for group in found.values()]


def _order(one: tuple[float, Path]) -> tuple[float, bool]:
    confidence, path = one
    return -confidence, path.suffix.lower() != ".svg"


def read_picture(path: Path, own: Mapping[str, str]) -> Picture:
    """A file's picture; `own` has the codes of an operator's own.

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
        recognized=recognize(path.name, hashlib.sha256(content).hexdigest(), own),
    )


def sound_picture(path: Path, own: Mapping[str, str]) -> Picture | str:
    """A file's picture, or a sentence why it is refused."""
    try:
        path.name.encode()
        return read_picture(path, own)
    except UnicodeEncodeError:
        return "Its name has bytes that are no UTF-8; rename it."
    except ValidationError as error:
        return str(error)
    except OSError as error:
        return f"It cannot be read: {error.strerror or error}."
