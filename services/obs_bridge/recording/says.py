"""What a recorder says of recordings that did not go by their plan, to operators; obs-bridge."""

from typing import Final

FULL_MIB: Final = 64
"""OBS itself ends a recording when less than 50 MB are left."""
NOT_CONNECTED: Final = "OBS is not connected: the match is recorded as soon as it is."
SWITCHED_OFF: Final = "The recording of matches was switched off."
ANOTHER_LOADED: Final = "Another match was loaded before this one began."
NOT_FOUGHT: Final = "The match was over before it began."
BY_HAND: Final = "It was started in OBS by hand, and is ended there."
BY_HAND_ALREADY: Final = "OBS records already; somebody started it by hand."
REMOVED: Final = "Its connection was removed or leads to another OBS now; this recording goes on there, unwatched."
GOES_ON: Final = "OBS records on."
ENDED_AT_ONCE: Final = "OBS began and ended at once: mostly its disk is full, or it cannot write to the folder."
ENDED_BY_HAND: Final = "It was ended in OBS before the match was over, and is not begun again."
LOST: Final = "OBS ended while it recorded, or while nobody listened; the file may lack its last seconds."


def disk_low(free_mib: int) -> str:
    """We ended it."""
    return f"Only {free_mib} MiB were left where OBS records; it was ended so that the file stays whole."


def disk_full(free_mib: int) -> str:
    """OBS ended it."""
    return f"OBS ended it by itself: only {free_mib} MiB were left where it records. Make room."
