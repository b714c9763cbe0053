"""Starts a player for a video in the operator's session, and leaves it to itself; `restrike obs reviews open`."""

import os
import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from shared.clock import monotonic_s, wait_s
from shared.errors import IoError
from shared.paths import Paths
from shared.settings.catalogue import OBS_PLAYER
from shared.settings.reader import Settings

KNOWN: Final = (
    "mpv --force-window=yes --keep-open=yes --start={seconds} -- {file}",
    "ffplay -loglevel error -ss {seconds} -i {file}",
    "vlc --start-time={seconds} {file}",
)
"""Tried in this order; the first one that is installed is taken."""
ENDS_AT_ONCE_S: Final = 0.7
"""A player that cannot show anything says so within this time."""
LOOK_S: Final = 0.02


def configured(paths: Paths) -> str:
    """The player that is set, empty if none is."""
    return Settings.of_file(paths).get(OBS_PLAYER)


def command(file: Path, *, seconds: float, player: str = "") -> list[str]:
    """The words of the command that shows `file` from `seconds` on; `player` is the one that is set.

    Raises:
        IoError: none is set and none is installed, or the one that is set is not installed or not well written.
    """
    if player:
        words = _words(player)
        if shutil.which(words[0]) is None:
            sentence = "The player that is set is not installed: restrike settings set obs.player 'COMMAND {file}'"
            raise IoError("video.no_player", sentence, value=words[0])
    else:
        found = next((one for one in KNOWN if shutil.which(one.split()[0])), None)
        if found is None:
            sentence = (
                "No player is installed (mpv, ffplay, vlc). Install mpv, or set another one:"
                f" restrike settings set obs.player 'COMMAND {{file}}'. The video is {file}"
            )
            raise IoError("video.no_player", sentence)
        words = found.split()
    given = {"{file}": str(file.absolute()), "{seconds}": f"{seconds:.3f}"}
    return [_filled(word, given) for word in words]


def show(words: list[str], *, file: Path, environment: Mapping[str, str] = os.environ) -> int:
    """Start the player in a session of its own; its process.

    Raises:
        IoError: there is no screen here, or the player ended at once.
    """
    if not environment.get("DISPLAY") and not environment.get("WAYLAND_DISPLAY"):
        sentence = "There is no screen in this session (ssh?). Open the file where you sit"
        raise IoError("video.no_screen", f"{sentence}: {file}")
    nothing = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in (0, 1, 2)]
    try:
        # Not a Popen, which wants to see its child's end: this one is to outlive us.
        player = os.posix_spawnp(words[0], words, environment, file_actions=nothing, setsid=True)
    except OSError as error:
        raise IoError("video.player_failed", f"{words[0]} cannot be started: {error.strerror}.") from error
    until_s = monotonic_s() + ENDS_AT_ONCE_S
    ended, status = os.waitpid(player, os.WNOHANG)
    while not ended:
        if monotonic_s() > until_s:
            return player
        wait_s(LOOK_S)
        ended, status = os.waitpid(player, os.WNOHANG)
    code = os.waitstatus_to_exitcode(status)
    if code != 0:
        tried = shlex.join(words)
        raise IoError("video.player_failed", f"{words[0]} ended at once ({code}). See what it says: {tried}")
    return player


def _words(player: str) -> list[str]:
    try:
        words = shlex.split(player)
    except ValueError as error:
        sentence = (
            f"The setting obs.player cannot be read ({error}): restrike settings set obs.player 'COMMAND {{file}}'"
        )
        raise IoError("video.no_player", sentence, value=player) from error
    if not words:
        raise IoError("video.no_player", "The setting obs.player is empty.", value=player)
    return words


def _filled(word: str, given: Mapping[str, str]) -> str:
    """`word` with what its placeholders stand for; what a file is called fills nothing in."""
    before, found, after = min((word.partition(name) for name in given), key=lambda one: len(one[0]))
    return before + given[found] + _filled(after, given) if found else word
