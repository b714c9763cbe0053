"""Rotates the key of secrets without end, a line after each time, as db-writer would; to be killed by a test."""

import sys

from services.db_writer.database import open_database
from services.db_writer.office.desk import Desk
from services.db_writer.office.settings import rotate_key
from shared.messages.settings import RotateKey
from shared.paths import Paths


def main() -> None:
    """Until it is killed."""
    paths = Paths.from_environment()
    desk = Desk(open_database(paths), paths=paths)
    while True:
        print(rotate_key(desk, RotateKey(author="test")).values)
        sys.stdout.flush()


if __name__ == "__main__":
    main()
