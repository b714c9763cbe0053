"""One command or one job without the suite: `python -P -m services.db_writer.once`, run by `restrike` only.

Standard input is the MessagePack of a `Request`. It takes db-writer's lock, so that the file has one writer. Standard
output is JSON lines: a `job` at each step, and at the end one `result` or one `error`.
"""

import os
import sys
from typing import Any, Final

import msgspec

from services.db_writer.database import bring_up_to_date, open_database
from services.db_writer.office.desk import Desk
from services.db_writer.office.office import Office
from services.db_writer.restoring import carry_out
from shared.clock import wait_s
from shared.errors import DatabaseError, RestrikeError
from shared.messages.commands import COMMANDS
from shared.messages.jobs import GetJob, Job, JobStatus, StartJob
from shared.messages.requests import Command, Request
from shared.messages.service import WRITER
from shared.messages.topics import Topic
from shared.paths import Paths
from shared.runtime import take_lock

OVER: Final = frozenset({JobStatus.DONE, JobStatus.FAILED, JobStatus.CANCELLED, JobStatus.BROKEN})


def main() -> int:
    """Carry one request out; 0 done, 1 refused or failed."""
    os.umask(0o077)
    try:
        result = _carry_out(_command(), Paths.from_environment())
    except RestrikeError as error:
        value = None if error.value is None else str(error.value)
        _say({"error": {"code": error.code, "message": error.message, "value": value}})
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
        raise DatabaseError("database.in_use", "db-writer has just started; give the command again.")
    bring_up_to_date(paths)
    connection = open_database(paths)
    try:
        office = Office(Desk(connection, paths=paths, publish=_publish))
        result = office.handlers()[type(command)](command)
        if isinstance(command, StartJob):
            result = _to_end(office, result)
    finally:
        connection.close()
    carry_out(paths)
    os.close(lock)
    return result


def _to_end(office: Office, job: Job) -> Job:
    while (rest_s := office.jobs.rest_s()) is not None:
        wait_s(rest_s)
        office.jobs.turn()
    return office.jobs.get(GetJob(id=job.id))


def _publish(_topic: Topic, event: Any) -> None:
    if isinstance(event, Job) and event.status not in OVER:
        _say({"job": event})


def _say(document: dict[str, Any]) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(document) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    sys.exit(main())
