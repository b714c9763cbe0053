"""Files of operators' own pictures, `flags/<checksum>.svg` in the home: for whoever shows them; db-writer.

The database holds the bytes, too, so that a backup is whole and a lost file can be written again.
"""

from pathlib import Path
from typing import Final

from shared.flags.pictures import ENDINGS

FOLDER: Final = "flags"


def file_path_of(checksum: str, media_type: str) -> str:
    """Where a picture lies, from the home."""
    return f"{FOLDER}/{checksum}{ENDINGS[media_type]}"


def write_picture(file: Path, content: bytes) -> None:
    """Write a picture whole or not at all. It need not outlive a power cut: see above.

    Raises:
        OSError: it could not be written.
    """
    file.parent.mkdir(mode=0o700, exist_ok=True)
    partial = file.with_suffix(".partial")
    try:
        partial.write_bytes(content)
        partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)
