"""Whether a recording must be ended because its disk gets full; obs-bridge."""

from services.obs_bridge.recording import says
from services.obs_bridge.recording.take import Take


class Room:
    """`free_mib` is what was heard last. A recording begins only with twice as much as it is ended with, so that it
    does not begin and end again and again; and one reading ends nothing. 0 says that the folder cannot be seen, or that
    the disk is full, which OBS sees by itself.
    """

    def __init__(self) -> None:
        self.free_mib: int | None = None
        self._low = 0

    def is_low(self, free_mib: int, take: Take | None) -> bool:
        """Hear how much is left; whether what is recorded must be ended while it can be closed in order."""
        self.free_mib = free_mib
        least = take.least_free_mib if take is not None else None
        is_low = least is not None and 0 < free_mib <= max(least // 2, says.FULL_MIB)
        self._low = self._low + 1 if is_low else 0
        return self._low > 1

    def is_full(self) -> bool:
        """Whether OBS ended a recording by itself because of it."""
        return self.free_mib is not None and self.free_mib <= says.FULL_MIB
