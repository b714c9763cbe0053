"""One command or one job without the suite: `python -P -m services.db_writer.once`, run by `restrike` only.

Standard input is the MessagePack of a `Request`. It takes db-writer's lock, so that the file has one writer. Standard
output is JSON lines: a `job` at each step, and at the end one `result` or one `error`.
"""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from typing import Any, Final

import msgspec

from services.db_writer.database import bring_up_to_date, open_database
from services.db_writer.office.desk import Desk
from services.db_writer.office.office import Office
from services.db_writer.restoring import carry_out, restore_folder
from shared.clock import wait_s
from shared.db.backup_files import PARTIAL, scratch_file
from shared.db.migrate import migrate
from shared.db.sqlite import connect_writer
from shared.errors import DatabaseError, RestrikeError
from shared.messages.commands import COMMANDS
from shared.messages.jobs import GetJob, Job, JobStatus, StartJob
from shared.messages.requests import Command, Request
from shared.messages.service import WRITER
from shared.messages.topic import Topic
from shared.paths import Paths
from shared.service_lock import take_lock
from shared.settings.reader import Settings
from shared.stand_in import sign, stand_in

OVER: Final = frozenset({JobStatus.DONE, JobStatus.FAILED, JobStatus.CANCELLED, JobStatus.BROKEN})
WITHOUT_DATABASE: Final = frozenset({"restore", "drill"})
"""Jobs that must work when the present database is damaged or of a newer version: it is not opened for them."""
INTERRUPTED: Final = 130
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Ending:
    """Whether nobody wants the job any more: it was interrupted, or whoever read what it says is gone."""

    def __init__(self) -> None:
        self.is_asked = False

    def ask(self, *_: object) -> None:
        """End the job after its present step."""
        self.is_asked = True


_ending: Final = Ending()


def main() -> int:
    """Carry one request out; 0 done, 1 refused or failed, 130 interrupted."""
    os.umask(0o077)
    for number in _SIGNALS:
        signal.signal(number, _ending.ask)
    try:
        result = _carry_out(_command(), Paths.from_environment())
    except RestrikeError as error:
        value = None if error.value is None else str(error.value)
        _say({"error": {"code": error.code, "message": error.message, "value": value}})
        return INTERRUPTED if error.code == "job.interrupted" else 1
    except OSError as error:  # a home that may not be written to, or a full disk
        place = str(error.filename or "The home").encode(errors="backslashreplace").decode()
        _say({"error": {"code": "io.failed", "message": f"{place}: {error.strerror or error}.", "value": None}})
        return 1
    _say({"result": result})
    return 0


def _command() -> Command[Any]:
    request = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Request)
    command: Command[Any] = msgspec.msgpack.decode(request.body, type=COMMANDS[request.command])
    return command


def _carry_out(command: Command[Any], paths: Paths) -> Any:
    paths.prepare()
    lock = take_lock(paths, WRITER)
    if lock is None:
        raise _in_use(paths)
    try:
        with suppress(OSError):  # a full disk: the lock is what counts
            sign(lock, command.kind if isinstance(command, StartJob) else command.name)
        with _desk(command, paths) as desk:
            office = Office(desk, is_alone=True)
            result = office.handlers()[type(command)](command)
            if isinstance(command, StartJob):
                result = _to_end(office, result)
        carry_out(paths)
    finally:
        os.close(lock)
    return result


def _in_use(paths: Paths) -> DatabaseError:
    other = stand_in(paths)
    if other is None:
        return DatabaseError("database.in_use", "db-writer has just started; give the command again.")
    return DatabaseError(
        "database.in_use",
        f"Another restrike command ({other.doing}, process {other.pid}) works on the database; wait for its end.",
    )


@contextmanager
def _desk(command: Command[Any], paths: Paths) -> Iterator[Desk]:
    """A desk on the database; for a restore, on one that is thrown away: what it writes would be replaced anyway."""
    with ExitStack() as stack:
        if isinstance(command, StartJob) and command.kind in WITHOUT_DATABASE:
            carry_out(paths)
            folder = restore_folder(paths)
            folder.mkdir(mode=0o700, exist_ok=True)
            scratch = stack.enter_context(scratch_file(folder, purpose="desk"))
            migrate(scratch, backups=None)
            connection = stack.enter_context(closing(connect_writer(scratch)))
            desk = Desk(connection, paths=paths, publish=_publish, restart=_do_not_interrupt)
            desk.settings = Settings.of_file(paths)
        else:
            bring_up_to_date(paths)
            connection = stack.enter_context(closing(open_database(paths)))
            desk = Desk(connection, paths=paths, publish=_publish)
        yield desk


def _do_not_interrupt() -> None:
    """From here on the restored database is to take its place."""
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _to_end(office: Office, job: Job) -> Job:
    while (rest_s := office.jobs.rest_s()) is not None:
        wait_s(rest_s)
        if _ending.is_asked:
            office.jobs.stop()
            _remove_partial(office.desk.paths)
            raise DatabaseError("job.interrupted", "Broken off. Nothing was left behind; give the command again.")
        office.jobs.turn()
    return office.jobs.get(GetJob(id=job.id))


def _remove_partial(paths: Paths) -> None:
    """What the child of an interrupted job was writing in this home; nobody else writes there under this lock."""
    own = f".desk-{os.getpid()}"
    for folder in (restore_folder(paths), paths.backups, paths.archive):
        for left in folder.glob(f".*{PARTIAL}*"):
            if not left.name.startswith(own):
                left.unlink(missing_ok=True)


def _publish(_topic: Topic, event: Any) -> None:
    if isinstance(event, Job) and event.status not in OVER:
        _say({"job": event})


def _say(document: dict[str, Any]) -> None:
    """A line, written at once: nothing is left in a buffer for a reader who is gone."""
    line = msgspec.json.encode(document) + b"\n"
    try:
        while line:
            line = line[os.write(sys.stdout.fileno(), line) :]
    except BrokenPipeError:
        _ending.ask()


if __name__ == "__main__":
    sys.exit(main())
