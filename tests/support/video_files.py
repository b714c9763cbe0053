"""Small videos for tests, made by ffmpeg: a counter in the picture, a tone, a key picture each second."""

import subprocess
from pathlib import Path


def make_video(
    path: Path,
    *,
    seconds: int = 20,
    is_whole: bool = True,
    key_every: int = 10,
    looks_ahead: bool = False,
    fps: int = 10,
) -> Path:
    """A video of that length with picture and sound; one that is not whole breaks off in its last third. A picture in
    `key_every` is a key picture. `looks_ahead`: with B-frames, as OBS records.
    """
    picture = ["-f", "lavfi", "-i", f"testsrc=size=160x90:rate={fps}:duration={seconds}"]
    sound = ["-f", "lavfi", "-i", f"sine=duration={seconds}"]
    keys = [
        "-g",
        f"{key_every}",
        "-keyint_min",
        f"{key_every}",
        "-sc_threshold",
        "0",
        "-bf",
        "2" if looks_ahead else "0",
    ]
    codecs = [*keys, "-c:v", "libx264", "-preset", "veryfast", "-c:a", "aac"]
    subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-y", *picture, *sound, *codecs, path], check=True, timeout=60)
    if not is_whole:
        # A file that is still written has no length in its head.
        live = path.with_suffix(".live.mkv")
        subprocess.run(
            ["ffmpeg", "-v", "error", "-nostdin", "-y", "-i", path, "-c", "copy", "-live", "1", live],
            check=True,
            timeout=60,
        )
        content = live.read_bytes()
        live.unlink()
        path.write_bytes(content[: len(content) * 2 // 3])
    return path
