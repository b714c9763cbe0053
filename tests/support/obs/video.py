"""What is in a recorded file, as ffmpeg sees it; and a picture whose colour tells the time."""

import json
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.support.obs.config import COLOUR
from tests.support.obs.probe import Probe

needs_ffmpeg = pytest.mark.skipif(
    shutil.which("ffmpeg") is None or shutil.which("ffprobe") is None, reason="ffmpeg or ffprobe is not installed"
)
Rgb = tuple[int, int, int]
RED: Rgb = (255, 0, 0)
GREEN: Rgb = (0, 255, 0)
BLUE: Rgb = (0, 0, 255)
NEAR = 60
"""How far each part of a colour may be from what was painted, after the encoder."""


class Frame(NamedTuple):
    """One picture: its place in the file (s) and the colour in its lower right corner, where no text is."""

    pts_s: float
    colour: Rgb


def ffprobe(path: Path) -> dict[str, Any]:
    """What ffprobe says: `format` and `streams`; AssertionError when it cannot read the file."""
    command = ["ffprobe", "-v", "error", "-of", "json", "-show_format", "-show_streams", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 0, f"ffprobe cannot read {path.name}: {done.stderr}"
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def playable_s(path: Path) -> float:
    """Decode all of a file with picture and sound; its length in s. AssertionError when a part cannot be decoded."""
    found = ffprobe(path)
    kinds = {stream["codec_type"] for stream in found["streams"]}
    assert kinds == {"video", "audio"}, f"{path.name} has {kinds or 'nothing'}"
    command = ["ffmpeg", "-v", "error", "-nostdin", "-i", str(path), "-f", "null", "-"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, f"ffmpeg cannot decode {path.name}: {done.stderr}"
    assert not done.stderr, f"ffmpeg does not like {path.name}: {done.stderr}"
    return max(frame.pts_s for frame in frames(path))


def last_picture_s(path: Path) -> float | None:
    """Where the last picture of a file is that nobody closed, in s; None when it has none."""
    listing = ["ffprobe", "-v", "quiet", "-select_streams", "v", "-show_entries", "packet=pts_time", "-of", "csv=p=0"]
    times = subprocess.run([*listing, str(path)], capture_output=True, text=True, check=False, timeout=60).stdout
    return max((float(line.strip(",")) for line in times.split()), default=None)


def frames(path: Path) -> list[Frame]:
    """All pictures of a file in order of time."""
    listing = ["ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "frame=pts_time", "-of", "csv=p=0"]
    times = subprocess.run([*listing, str(path)], capture_output=True, text=True, check=True, timeout=60).stdout
    corner = "crop=2:2:iw-16:ih-16,format=rgb24"
    decoding = ["ffmpeg", "-v", "error", "-nostdin", "-i", str(path), "-map", "0:v", "-vf", corner]
    decoding += ["-fps_mode", "passthrough", "-f", "rawvideo", "-"]
    colours = subprocess.run(decoding, capture_output=True, check=True, timeout=60).stdout
    pixels = [(colours[n], colours[n + 1], colours[n + 2]) for n in range(0, len(colours), 12)]
    seconds = [float(line.strip(",")) for line in times.split()]
    return [Frame(pts_s, colour) for pts_s, colour in zip(seconds, pixels, strict=True)]


def paint(probe: Probe, colour: Rgb) -> float:
    """Give the picture of a lab OBS a colour; when that was done, monotonic s (the middle of the request)."""
    red, green, blue = colour
    asked = time.monotonic()
    probe.ask("SetInputSettings", inputName=COLOUR, inputSettings={"color": 0xFF000000 | blue << 16 | green << 8 | red})
    return (asked + time.monotonic()) / 2


def first_frame_s(path: Path, colour: Rgb) -> float:
    """Where in the file the first picture of a colour is, in s; AssertionError when there is none."""
    for frame in frames(path):
        if all(abs(seen - painted) < NEAR for seen, painted in zip(frame.colour, colour, strict=True)):
            return frame.pts_s
    raise AssertionError(f"no frame of {path.name} has the colour {colour}")
