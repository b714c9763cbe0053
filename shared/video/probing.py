"""What ffprobe knows of a video file: its length, its pictures that can be cut at; a child with a time limit.

Used by obs-bridge (in its thread for files) and by `restrike obs`.
"""

import contextlib
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from shared.clock import monotonic_s
from shared.errors import IoError

WITHIN_S: Final = 20.0
"""How long ffprobe may look at a file; it reads the head and the end, which takes a tenth of a second."""
LOOK_S: Final = 0.1
NO_LENGTH: Final = "video.no_length"
"""The code of the error of a file that was not closed."""
NOT_PLAYABLE: Final = frozenset({"video.unreadable", "video.no_picture"})
"""Those of a file in which no picture can be read."""
BEHIND: Final = "999999%"
"""A place behind the end of every video: read from the key picture before it on."""
_KEY_APART_MS: Final = 21_000
"""Key pictures are closer to each other than this: OBS's own choice is 250 pictures."""
_LATE_S: Final = 2.0
"""How much more is read, as ffprobe counts from the clock of the file, which may begin later than at 0."""
_FIRST: Final = "%+#200"
"""The first pictures of a file."""
_TIME_BASE: Final = re.compile(r"^#tb 0: (\d+)/(\d+)$", re.MULTILINE)
FFPROBE: Final = "ffprobe"
FFMPEG: Final = "ffmpeg"


def tool(name: str) -> str:
    """The program `name` of ffmpeg. Raises IoError: it is not installed."""
    found = shutil.which(name)
    if found is None:
        raise IoError("video.no_ffmpeg", f"{name} is not installed: apt-get install ffmpeg", value=name)
    return found


def duration_ms(path: Path, *, within_s: float = WITHIN_S, is_over: Callable[[], bool] = bool) -> int:
    """How long the video is.

    Raises:
        IoError: ffprobe is missing, did not end in time, or cannot read the file; or the file has no length.
    """
    entries = ["-show_entries", "format=duration", "-of", "csv=p=0"]
    said = _asked(path, entries, within_s=within_s, is_over=is_over).strip()
    try:
        return round(float(said) * 1000)
    except ValueError as error:
        sentence = "The file has no length: it was not closed when it was written."
        raise IoError(NO_LENGTH, sentence, value=path) from error


def key_picture_ms(path: Path, before_ms: int, *, within_s: float = WITHIN_S) -> int:
    """Where the last picture at or before `before_ms` is that a file can begin with, in milliseconds from the
    beginning of the file. Where it has none before, the first one.

    Raises:
        IoError: as for `duration_ms`, or there is none.
    """
    # ffprobe reads from a key picture on, but for transport streams: those begin anywhere.
    first, last = max(0, before_ms - _KEY_APART_MS) / 1000, before_ms / 1000 + _LATE_S
    keys: list[int] = []
    for window in (f"{first:.3f}%{last:.3f}", _FIRST):
        packets = _packets(path, "pts_time,flags", window, within_s=within_s)
        keys = [round(at_s * 1000) for at_s, flags in packets if "K" in flags]
        before = [key for key in keys if key <= before_ms]
        if before:
            return max(before)
    if not keys:
        raise IoError("video.no_picture", "The file has no picture at which it can be cut.", value=path)
    return min(keys)


def clock_ms(path: Path, *, within_s: float = WITHIN_S) -> int:
    """What the file's own clock says at its beginning; of a transport stream that is anything.

    Raises:
        IoError: as for `duration_ms`.
    """
    said = _asked(path, ["-show_entries", "format=start_time", "-of", "csv=p=0"], within_s=within_s)
    return round((_seconds(said) or 0.0) * 1000)


def begins_ms(path: Path, at_ms: int, *, within_s: float = WITHIN_S) -> int | None:
    """With which picture a copy by ffmpeg begins that is asked for from `at_ms` on, by the file's own clock; None:
    there is none from there on.

    Raises:
        IoError: ffmpeg is missing, did not end in time, or cannot read the file.
    """
    place = ["-copyts", "-ss", f"{at_ms / 1000:.3f}", "-i", f"file:{path.absolute()}"]
    first = ["-map", "0:v:0", "-c", "copy", "-frames:v", "1", "-f", "framecrc", "-"]
    said = run([tool(FFMPEG), "-v", "error", "-nostdin", *place, *first], within_s=within_s, about=path)
    base = _TIME_BASE.search(said)
    rows = [line.split(",") for line in said.splitlines() if not line.startswith("#")]
    if base is None or not rows:
        return None
    return round(int(rows[0][2]) * 1000 * int(base[1]) / int(base[2]))


def last_picture_ms(path: Path, *, within_s: float = WITHIN_S, is_over: Callable[[], bool] = bool) -> int:
    """Where the last picture of a file ends that was not closed; all of it is looked through for that.

    Raises:
        IoError: as for `duration_ms`, or there is none.
    """
    packets = _packets(path, "pts_time,duration_time", BEHIND, within_s=within_s, is_over=is_over)
    ends = [at_s + (_seconds(lasts) or 0.0) for at_s, lasts in packets]
    if not ends:
        raise IoError("video.no_picture", "There is no picture in the file.", value=path)
    return round(max(ends) * 1000)


def _packets(
    path: Path, entries: str, window: str, *, within_s: float, is_over: Callable[[], bool] = bool
) -> list[tuple[float, str]]:
    """The pictures within a part of a file: when each is shown, in seconds from the beginning of the file, and its
    other entry.
    """
    shown = ["-show_entries", f"packet={entries}:format=start_time", "-of", "csv", "-read_intervals", window]
    said = _asked(path, ["-select_streams", "v:0", *shown], within_s=within_s, is_over=is_over)
    rows = [line.split(",") for line in said.split()]
    begin_s = next((_seconds(row[1]) for row in rows if row[0] == "format"), None) or 0.0
    timed = [(_seconds(row[1]), row[2]) for row in rows if row[0] == "packet" and len(row) > 2]
    return [(at_s - begin_s, other) for at_s, other in timed if at_s is not None]


def _seconds(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:  # N/A
        return None


def _asked(path: Path, options: Sequence[str], *, within_s: float, is_over: Callable[[], bool] = bool) -> str:
    # The name is absolute, so that none begins with a dash or reads as a protocol.
    command = [tool(FFPROBE), "-v", "error", *options, "-i", f"file:{path.absolute()}"]
    return run(command, within_s=within_s, is_over=is_over, about=path)


def run(command: Sequence[str], *, within_s: float, about: Path, is_over: Callable[[], bool] = bool) -> str:
    """Run a program of ffmpeg to its end; what it printed.

    Raises:
        IoError: it failed (with what it said last), took longer than `within_s`, or `is_over` became true.
    """
    name, pipe = Path(command[0]).name, subprocess.PIPE
    deadline = monotonic_s() + within_s
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe) as child:
        while True:
            try:
                out, err = child.communicate(timeout=LOOK_S)
                break
            except subprocess.TimeoutExpired as error:
                if is_over() or monotonic_s() > deadline:
                    with contextlib.suppress(ProcessLookupError):
                        child.kill()
                    why = "was ended" if is_over() else f"did not end within {within_s:g} s and was ended"
                    raise IoError("video.too_long", f"{name} {why}.", value=about) from error
    if child.returncode != 0:
        said = err.decode("utf-8", "replace").strip().splitlines()
        raise IoError("video.unreadable", f"{name} failed: {said[-1] if said else child.returncode}.", value=about)
    return out.decode("utf-8", "replace")
