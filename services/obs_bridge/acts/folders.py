"""Folders of OBS that can be looked at from here, without ever waiting for a disk or a network share; obs-bridge."""

import os
import threading
from pathlib import Path
from typing import Final

from msgspec import Struct

from services.obs_bridge.acts.facts import ObsFacts
from services.obs_bridge.procedure import Pause, Procedure
from shared.clock import monotonic_s
from shared.errors import ObsError
from shared.video.path_map import to_ours

LOOK_S: Final = 1.0
"""A share that does not answer for so long is not waited for."""


class Folder(Struct, frozen=True, kw_only=True):
    """A folder as this machine sees it."""

    exists: bool
    is_readable: bool
    is_writable: bool


_looks: Final[dict[str, list[Folder]]] = {}
"""What the threads that look find, by the folder: there is never more than one for each."""


def ours(on: ObsFacts, path: str) -> str | None:
    """Where OBS's `path` is on this machine, whether or not it is there; None: out of reach."""
    found = to_ours(path, on.path_map, is_local=on.is_local)
    return None if found is None else str(found)


def look(path: str) -> Procedure[Folder | None]:
    """The folder `path` of this machine; None when its disk does not answer within 1 s. A thread of its own looks, one
    for each folder.
    """
    found = _looks.get(path)
    if found is None:
        found = _looks[path] = []
        threading.Thread(target=_look, args=(path, found), name="obs-folder", daemon=True).start()
    until = monotonic_s() + LOOK_S
    wait_s = 0.001
    while not found and monotonic_s() < until:
        yield Pause(wait_s)
        wait_s = min(wait_s * 2, 0.05)
    return found[0] if found else None


def _look(path: str, found: list[Folder]) -> None:
    try:
        found.append(_seen(path))
    finally:
        del _looks[path]


def _seen(path: str) -> Folder:
    exists = Path(path).is_dir()
    return Folder(
        exists=exists,
        is_readable=exists and os.access(path, os.R_OK | os.X_OK),
        is_writable=exists and os.access(path, os.W_OK | os.X_OK),
    )


def must_be_there(on: ObsFacts, path: str) -> Procedure[None]:
    """Raise `obs.folder_missing` when OBS's folder can be seen from here and is not there, or OBS may not write to it.
    Over the websocket that cannot be seen: OBS accepts a recording and opens a window at its own screen.
    """
    here = ours(on, path)
    folder = (yield from look(here)) if here is not None else None
    if folder is not None and not folder.exists:
        raise ObsError(
            "obs.folder_missing",
            "The folder that OBS is to record to is not there: make it, or choose another.",
            value=path,
        )
    if folder is not None and on.is_local and not folder.is_writable:
        raise ObsError(
            "obs.folder_not_writable",
            "The folder that OBS is to record to cannot be written to: correct its permissions, or choose another.",
            value=path,
        )
