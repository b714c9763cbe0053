"""Where a vendor's books and keys lie: one folder that nobody else may read. `restrike-licensor`."""

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from services.licensor.books import Books
from shared.errors import ConfigError

EMPTY: Final = (
    "The books are empty, though keys are here: no licence would be known. Put a backup back (licensor.db; see"
    " restrike-licensor backup). If there is none, begin new ones: restrike-licensor keys create ID --new"
)
DEFAULT: Final = Path("~/.local/state/restrike-licensor")


class Home:
    """The files of one vendor."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.books_file = folder / "licensor.db"
        self.keys = folder / "keys"

    @property
    def exists(self) -> bool:
        """Whether somebody began to work here."""
        return self.books_file.exists()

    def make(self) -> None:
        """Make the folders where there are none, readable by their owner only.

        Raises:
            OSError: they cannot be made.
        """
        for folder in (self.folder, self.keys):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    @contextmanager
    def books(self, *, is_new: bool = False) -> Iterator[Books]:
        """The books, open; `is_new`: they may begin now, though keys are here.

        Raises:
            ConfigError: there are none here, they are empty, or others may read the folder.
            DatabaseError: they cannot be opened.
        """
        self.require()
        self.require_books(is_new=is_new)
        books = Books.open(self.books_file)
        try:
            if not is_new and not books.public_keys() and self._has_keys:
                raise ConfigError("books.empty", EMPTY, value=str(self.books_file))
            yield books
        finally:
            books.close()

    def require(self) -> None:
        """Raises ConfigError: there is no such home, or others may read it."""
        if not self.keys.is_dir():
            sentence = "No keys and no books are here. Begin with: restrike-licensor keys create ID"
            raise ConfigError("home.none", sentence, value=str(self.folder))
        if stat.S_IMODE(self.folder.stat().st_mode) & 0o077:
            sentence = f"Others may read this folder of private keys: chmod 700 {self.folder}"
            raise ConfigError("home.open", sentence, value=str(self.folder))

    def require_books(self, *, is_new: bool = False) -> None:
        """Raises ConfigError: there are keys, and no books or empty ones, which are not meant to be new."""
        is_empty = not self.books_file.exists() or not self.books_file.stat().st_size
        if is_empty and not is_new and self._has_keys:
            raise ConfigError("books.empty", EMPTY, value=str(self.books_file))

    @property
    def _has_keys(self) -> bool:
        return any(self.keys.glob("*.pem"))
