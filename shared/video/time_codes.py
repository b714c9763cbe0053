"""Places in a video and lengths as people and other programs write them. Pure; the command line and shared/video."""


def hours(seconds: int) -> str:
    """`01:02:03`."""
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def minutes(seconds: int) -> str:
    """`62:03`: minutes are not counted to hours."""
    return f"{seconds // 60}:{seconds % 60:02d}"


def thousandths(milliseconds: int) -> str:
    """`01:02:03.250`."""
    return f"{hours(milliseconds // 1000)}.{milliseconds % 1000:03d}"


def frames(frame: int, fps: float) -> str:
    """`01:02:03:24`, of a frame's number; 29.97 frames a second count to 30, none is dropped."""
    seconds, rest = divmod(frame, round(fps))
    return f"{hours(seconds)}:{rest:02d}"
