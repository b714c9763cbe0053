"""What a recorder says of recordings that did not go by their plan, to operators; obs-bridge."""

from typing import Final

FULL_MIB: Final = 64
"""OBS itself begins no recording, and ends the one that runs, when less than 50 MB are left."""
NOT_CONNECTED: Final = "OBS is not connected: the match is recorded as soon as it is."
SWITCHED_OFF: Final = "The recording of matches was switched off."
ANOTHER_LOADED: Final = "Another match was loaded before this one began."
NOT_FOUGHT: Final = "The match was over before it began."
BY_HAND: Final = "It was started in OBS by hand, and is ended there."
BY_HAND_ALREADY: Final = "OBS records already; somebody started it by hand."
REMOVED: Final = "Its connection was removed or leads to another OBS now; this recording goes on there, unwatched."
GOES_ON: Final = "OBS records on."
ENDED_AT_ONCE: Final = "OBS began and ended at once: mostly its disk is full, or it cannot write to the folder."
ENDED_EARLY: Final = (
    "OBS ended it before the match was over: somebody did, or its encoder failed. It is begun again once."
)
ENDED_BY_HAND: Final = (
    "It was ended in OBS before the match was over, twice, and is not begun again: restrike obs record start goes on"
    " with it."
)
BY_COMMAND: Final = "It was ended by a command before the match was over: restrike obs record start goes on with it."
IN_ANOTHER: Final = "OBS records something that was started by hand: this match is in that recording."
LOST: Final = "OBS ended while it recorded, or while nobody listened; the file may lack its last seconds."


def occupied(ring: str) -> str:
    """OBS records one match at a time."""
    return f"OBS records the match of {ring} meanwhile, and this one as soon as that is over."


def nothing_written(seconds: int) -> str:
    """Its encoder gives no picture."""
    return (
        f"OBS records, and has written nothing for {seconds} s: its key frame interval is long, or its encoder stands"
        " still."
    )


def disk_low(free_mib: int) -> str:
    """We ended it."""
    return f"{_left(free_mib)}; it was ended to keep its file whole."


def disk_full(free_mib: int) -> str:
    """OBS ended it."""
    return f"{_left(free_mib)}; OBS ended it by itself. Make room."


def _left(free_mib: int) -> str:
    if free_mib == 0:
        return "Nothing was left where OBS records: its folder is not there any more, or its disk is full"
    return f"Only {free_mib} MiB were left where OBS records"
