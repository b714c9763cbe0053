"""The passphrase of private keys: from a file, or typed by somebody. Never an argument. `restrike-licensor`."""

import os
import stat
import sys
from pathlib import Path
from typing import Final

import typer

from shared.errors import ConfigError

LEAST_CHARACTERS: Final = 16
"""A stolen key file can be tried against quickly: five random words withstand it, a usual password does not."""
MOST_BYTES: Final = 1024


class Passphrase:
    """Asked for once, and only when it is needed."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._known: bytes | None = None

    def get(self) -> bytes:
        """The passphrase of a key that exists.

        Raises:
            ConfigError: there is nobody to ask, or the file cannot be used.
        """
        if self._known is None:
            self._known = self._read() if self._file else _typed("Passphrase of the private key")
        return self._known

    def new(self) -> bytes:
        """The passphrase of a key that is to be made: typed twice.

        Raises:
            ConfigError: as above, or it is too short.
        """
        found = self._read() if self._file else _typed("Passphrase of the new private key", is_new=True)
        if len(found.decode()) < LEAST_CHARACTERS:
            sentence = f"Take a passphrase of at least {LEAST_CHARACTERS} characters: five random words, for instance."
            raise ConfigError("passphrase.short", sentence)
        self._known = found
        return found

    def _read(self) -> bytes:
        path = self._file or Path()
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            mode = os.fstat(fd).st_mode
            if not stat.S_ISREG(mode):
                sentence = "This is a folder, and no file" if stat.S_ISDIR(mode) else "This is no plain file"
                raise ConfigError("passphrase.no_file", f"{sentence}: name the file with it.", value=str(path))
            # What systemd hands to a service (LoadCredential) its group may read.
            if stat.S_IMODE(mode) & 0o007:
                raise ConfigError("passphrase.open", f"Everybody may read it: chmod 600 {path}", value=str(path))
            text = os.read(fd, MOST_BYTES).removesuffix(b"\n")
        finally:
            os.close(fd)
        try:
            text.decode()
        except UnicodeDecodeError as error:
            raise ConfigError("passphrase.unreadable", "This file is no text.", value=str(path)) from error
        if not text:
            raise ConfigError("passphrase.empty", "This file is empty.", value=str(path))
        return text


def _typed(what: str, *, is_new: bool = False) -> bytes:
    if not sys.stdin.isatty():
        sentence = "Nobody is there to type the passphrase: give --passphrase-file FILE"
        raise ConfigError("passphrase.nobody", sentence + (" (or --no-passphrase)." if is_new else "."))
    text: str = typer.prompt(what, hide_input=True, confirmation_prompt=is_new, err=True)
    return text.encode()
