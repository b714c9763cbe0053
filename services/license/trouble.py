"""Why something in `data/license` cannot be written or read, for an operator, and what to do; license."""

import errno
from typing import Final

from msgspec import Struct

_NO_ROOM: Final = "Free space on the disk of data/."
_NOT_OURS: Final = "See whose the folder data/license is: restrike doctor --only permissions."
_IN_THE_WAY: Final = "Something else lies where a file belongs: move it away."
_REMEDIES: Final = {
    errno.ENOSPC: _NO_ROOM,
    errno.EDQUOT: _NO_ROOM,
    errno.EACCES: _NOT_OURS,
    errno.EPERM: _NOT_OURS,
    errno.EROFS: "The disk of data/ is read-only: see why (dmesg), and mount it to be written.",
    errno.EISDIR: _IN_THE_WAY,
    errno.ENOTDIR: _IN_THE_WAY,
    errno.ELOOP: _IN_THE_WAY,
    errno.EIO: "The disk of data/ fails: see dmesg, and replace it.",
}
_ELSE: Final = "See the disk and the rights of data/license: restrike doctor."


class Trouble(Struct, frozen=True, kw_only=True):
    """What is wrong in `words`, and the `remedy`."""

    words: str
    remedy: str


def trouble_of(error: Exception) -> Trouble:
    """What an error means; those of the suite have words of their own."""
    if isinstance(error, OSError) and error.strerror:
        return Trouble(words=error.strerror, remedy=_REMEDIES.get(error.errno or 0, _ELSE))
    return Trouble(words=str(error).rstrip("."), remedy=_ELSE)
