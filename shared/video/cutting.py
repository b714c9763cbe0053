"""Cuts and remuxes videos with ffmpeg, without encoding anything again; `restrike obs`."""

import tempfile
from pathlib import Path
from typing import Final

from msgspec import Struct

from shared.errors import IoError, ValidationError
from shared.video.probing import FFMPEG, NO_LENGTH, begins_ms, clock_ms, duration_ms, key_picture_ms, run, tool

WITHIN_S: Final = 600.0
"""How long a copy may take; a match of 4 GB is copied in a minute or two."""
_QUIET: Final = ("-v", "error", "-nostdin", "-y")
_HAIRS_MS: Final = (1, 140, -20)
"""How much later than a key picture one asks ffmpeg for it. It begins with the one at or before that place; but where
pictures look ahead (B-frames) it first steps back by 3/23 s, and of a transport stream it takes the next key picture.
"""


class Cut(Struct, frozen=True, kw_only=True):
    """A clip, and what of the video it really holds."""

    path: Path
    start_ms: int
    end_ms: int
    duration_ms: int


def cut(source: Path, target: Path, *, start_ms: int, end_ms: int) -> Cut:
    """Write what is between two places of `source` to the new file `target`. It begins with the key picture at or
    before `start_ms`.

    Raises:
        IoError: ffmpeg or ffprobe is missing, or cannot read or write.
        ValidationError: there is such a file, or nothing to cut.
    """
    ffmpeg = tool(FFMPEG)
    check_new(target)
    length = _length_ms(source)
    if length is not None and start_ms >= length:
        raise ValidationError("video.too_short", f"The video is only {length / 1000:.1f} s long.", value=start_ms)
    asked, start = _place(source, key_picture_ms(source, max(0, start_ms)))
    end = end_ms if length is None else min(end_ms, length)
    place = ["-ss", f"{asked / 1000:.3f}", "-i", f"file:{source.absolute()}"]
    taken = ["-t", f"{(end - asked) / 1000:.3f}", "-map", "0:v", "-map", "0:a?", "-c", "copy", "-map_chapters", "-1"]
    _write(target, [ffmpeg, *_QUIET, *place, *taken, "-avoid_negative_ts", "make_zero"], about=source)
    made = duration_ms(target)
    return Cut(path=target, start_ms=start, end_ms=start + made, duration_ms=made)


def _place(source: Path, wanted_ms: int) -> tuple[int, int]:
    """What to ask ffmpeg for so that it begins with the key picture at `wanted_ms`, and where it then does begin."""
    zero = clock_ms(source)
    found: list[tuple[int, int]] = []
    for hair in _HAIRS_MS:
        asked = max(0, wanted_ms + hair)
        begins = begins_ms(source, asked)
        if begins is not None:
            found.append((asked, begins - zero))
            if abs(begins - zero - wanted_ms) <= 1:
                return found[-1]
    if not found:
        raise IoError("video.no_picture", "The file has no picture at which it can be cut.", value=source)
    early = [one for one in found if one[1] <= wanted_ms]
    return max(early, key=lambda one: one[1]) if early else min(found, key=lambda one: one[1])


def _length_ms(source: Path) -> int | None:
    """None of a recording that broke off, which can be cut all the same."""
    try:
        return duration_ms(source)
    except IoError as error:
        if error.code != NO_LENGTH:
            raise
        return None


def with_chapters(source: Path, target: Path, *, ffmetadata: str, is_forced: bool = False) -> Path:
    """Copy `source` to the new file `target` with chapters in it; `is_forced`: in the place of one that is there.

    Raises:
        IoError, ValidationError: as for `cut`; or they are the same file.
    """
    ffmpeg = tool(FFMPEG)
    if is_forced and target.exists() and target.samefile(source):
        raise ValidationError("video.same", "This is the recording itself; name another file with -o.", value=target)
    check_new(target, is_forced=is_forced)
    with tempfile.TemporaryDirectory() as folder:
        said = Path(folder, "chapters.txt")
        said.write_text(ffmetadata, encoding="utf-8")
        inputs = ["-i", f"file:{source.absolute()}", "-f", "ffmetadata", "-i", f"file:{said}"]
        taken = ["-map", "0:v", "-map", "0:a?", "-c", "copy", "-map_metadata", "0", "-map_chapters", "1"]
        _write(target, [ffmpeg, *_QUIET, *inputs, *taken], about=source, is_forced=is_forced)
    return target


def check_new(target: Path, *, is_forced: bool = False) -> None:
    """Raises ValidationError: there is such a file that may not be replaced, or no folder for it."""
    if not target.parent.is_dir():
        raise ValidationError("video.no_folder", "There is no such folder; make it first.", value=target.parent)
    if target.exists() and not (is_forced and target.is_file()):
        raise ValidationError("video.exists", "There is such a file already; name another one with -o.", value=target)


def _write(target: Path, command: list[str], *, about: Path, is_forced: bool = False) -> None:
    """Under its name only when it is whole."""
    part = target.with_name(f".part-{target.name[-200:]}")  # the ending says the format
    try:
        run([*command, f"file:{part.absolute()}"], within_s=WITHIN_S, about=about)
        check_new(target, is_forced=is_forced)
        part.rename(target)
    finally:
        part.unlink(missing_ok=True)
