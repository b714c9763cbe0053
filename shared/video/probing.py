"""What ffprobe knows of a video file: its length, its pictures that can be cut at; a child with a time limit.

Used by obs-bridge (in its thread for files) and by `restrike obs`.
"""

import contextlib
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
BEHIND: Final = "999999%"
"""A place behind the end of every video: read from the key picture before it on."""
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
    """Where the last picture at or before `before_ms` is that a file can begin with, in milliseconds.

    Raises:
        IoError: as for `duration_ms`, or there is none.
    """
    options = ["-select_streams", "v:0", "-skip_frame", "nokey", "-show_entries", "packet=pts_time,flags"]
    # ffprobe seeks to the key picture before the moment and reads on from there.
    window = ["-read_intervals", f"{before_ms / 1000:.3f}%+#1", "-of", "csv=p=0"]
    lines = _asked(path, [*options, *window], within_s=within_s).split()
    times = [float(line.split(",")[0]) for line in lines if "K" in line.partition(",")[2]]
    if not times:
        raise IoError("video.no_picture", "The file has no picture at which it can be cut.", value=path)
    return round(times[0] * 1000)


def last_picture_ms(path: Path, *, within_s: float = WITHIN_S, is_over: Callable[[], bool] = bool) -> int:
    """Where the last picture of a file ends that was not closed; all of it is looked through for that.

    Raises:
        IoError: as for `duration_ms`, or there is none.
    """
    options = ["-select_streams", "v:0", "-show_entries", "packet=pts_time,duration_time", "-of", "csv=p=0"]
    lines = _asked(path, [*options, "-read_intervals", BEHIND], within_s=within_s, is_over=is_over).split()
    ends = [sum(float(part) for part in line.split(",") if part not in ("", "N/A")) for line in lines]
    if not ends:
        raise IoError("video.no_picture", "There is no picture in the file.", value=path)
    return round(max(ends) * 1000)


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
