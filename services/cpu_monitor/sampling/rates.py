"""What counters of the kernel came to since they were read before; cpu-monitor."""


def count(before: int | None, now: int | None) -> int:
    """By how much a counter went up; 0 where one of the two is not known, or it began anew."""
    return 0 if before is None or now is None else max(now - before, 0)


def rate(before: int | None, now: int | None, elapsed_s: float) -> float | None:
    """How much that was each second, to a tenth; None where it is not known."""
    if before is None or now is None or elapsed_s <= 0:
        return None
    return round(max(now - before, 0) / elapsed_s, 1)
