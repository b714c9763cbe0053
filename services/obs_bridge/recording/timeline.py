"""From wall time to the place in a recording: OBS leaves out what it paused; obs-bridge."""

from msgspec import Struct


class Pause(Struct):
    """A pause of a recording (Unix microseconds); `to_us` None: it goes on."""

    from_us: int
    to_us: int | None = None


def offset_ms(at_us: int, *, started_at_us: int, pauses: list[Pause], delay_ms: int = 0) -> int:
    """Where in the file that is which happened at `at_us`, `delay_ms` later in the picture; never before its first
    picture. What happened in a pause is where the recording goes on.
    """
    seen_us = at_us + delay_ms * 1000
    left_out_us = sum(max(0, min(p.to_us or seen_us, seen_us) - p.from_us) for p in pauses)
    return max(0, (seen_us - started_at_us - left_out_us) // 1000)


def shift(held: Struct, names: tuple[str, ...], by_us: int) -> None:
    """Tell those times of `held` that are known in another clock's time."""
    for name in names:
        at_us = getattr(held, name)
        if at_us:
            setattr(held, name, at_us + by_us)


def length_ms(ended_at_us: int, *, started_at_us: int, pauses: list[Pause]) -> int:
    """How long a recording is by its times."""
    return offset_ms(ended_at_us, started_at_us=started_at_us, pauses=pauses)
