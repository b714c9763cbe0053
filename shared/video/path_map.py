r"""Where a file that OBS names is on this machine: per connection a map of folders, `{"D:\\Rec": "/mnt/rec"}`.

OBS often runs on Windows, whose names know no case, both slashes, drives and shares (`\\server\share`); OBS itself
reports them with `/`. Used by obs-bridge.
"""

import ipaddress
import re
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import psutil
from msgspec import Struct

_DRIVE: Final = re.compile(r"[A-Za-z]:")
_SHARES: Final = ("\\\\", "//")
_LONG: Final = "\\\\?\\"
_LONG_SHARE: Final = "\\\\?\\UNC\\"


class _Place(Struct, frozen=True):
    """A path in its parts; the first is the drive, `//` of a share, or `/`."""

    is_windows: bool
    parts: tuple[str, ...]

    @property
    def key(self) -> tuple[str, ...]:
        """What is compared."""
        return tuple(part.casefold() for part in self.parts) if self.is_windows else self.parts

    def below(self, other: "_Place") -> bool:
        """Whether this is `other` or lies in it."""
        return self.is_windows == other.is_windows and self.key[: len(other.parts)] == other.key


def to_ours(obs_path: str, path_map: Mapping[str, str], *, is_local: bool = False) -> Path | None:
    """Where the file or folder that OBS names is here; None where that is not known, or the name holds `..`.

    The longest folder of `path_map` counts. `is_local`: OBS runs on this machine, so that a path which no folder of
    the map covers is ours. Asks no disk: whoever opens the file is told whether it is there.
    """
    place = _place(obs_path)
    if place is None:
        return None
    found: tuple[int, Path] | None = None
    for theirs, ours in path_map.items():
        root = _place(theirs)
        if root is None or not place.below(root) or not Path(ours).is_absolute():
            continue
        if found is None or len(root.parts) > found[0]:
            found = len(root.parts), Path(ours, *place.parts[len(root.parts) :])
    if found is not None:
        return found[1]
    return Path(obs_path) if is_local and not place.is_windows else None


def is_this_machine(host: str) -> bool:
    """Whether `host` of a connection (a name or an address) is this machine. Asks no name server."""
    if host.casefold().rstrip(".") in ("localhost", socket.gethostname().casefold()):
        return True
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    if address.is_loopback:
        return True
    own = {entry.address.split("%")[0] for entries in psutil.net_if_addrs().values() for entry in entries}
    return str(address) in own


def _place(text: str) -> _Place | None:
    """`text` in parts; None of what is not a whole path, or climbs."""
    if "\0" in text:
        return None
    if text.startswith(_LONG_SHARE):
        text = "\\\\" + text[len(_LONG_SHARE) :]
    text = text.removeprefix(_LONG)
    if _DRIVE.match(text):
        rest = text[2:]
        if rest and rest[0] not in "\\/":  # of the folder that the drive happens to stand in
            return None
        first, is_windows = [text[:2]], True
    elif text.startswith(_SHARES):
        first, rest, is_windows = ["//"], text[2:], True
    elif text.startswith("/"):
        first, rest, is_windows = ["/"], text, False
    else:
        return None
    parts = [part for part in re.split(r"[\\/]" if is_windows else "/", rest) if part not in ("", ".")]
    return None if ".." in parts else _Place(is_windows, (*first, *parts))
