"""Small videos for tests, made by ffmpeg: a counter in the picture, a tone, a key picture each second."""

import subprocess
from pathlib import Path


def make_video(path: Path, *, seconds: int = 20, is_whole: bool = True) -> Path:
    """A video of that length with picture and sound; one that is not whole breaks off in its last third."""
    picture = ["-f", "lavfi", "-i", f"testsrc=size=160x90:rate=10:duration={seconds}"]
    sound = ["-f", "lavfi", "-i", f"sine=duration={seconds}"]
    codecs = ["-g", "10", "-keyint_min", "10", "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac"]
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
