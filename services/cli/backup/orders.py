"""What the commands of `restrike backup` share: their options, and how db-writer is given a job."""

from pathlib import Path
from typing import Annotated

import typer

from services.cli import writer
from services.cli.author import author_of
from shared.messages.jobs import Detail, Job, StartJob

Name = Annotated[str, typer.Argument(metavar="BACKUP", help="Its name as `restrike backup list` shows it, or a file.")]
Reason = Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="Why; it is kept.")]


def named(backup: str) -> str:
    """A file by its whole path: db-writer works in another folder."""
    path = Path(backup)
    return str(path.absolute()) if path.is_file() else backup


def order(kind: str, options: dict[str, Detail], *, author: str | None, reason: str | None = None) -> StartJob:
    """A job as it is asked of db-writer."""
    return StartJob(kind=kind, author=author_of(author), reason=reason, options=options)


def run(
    kind: str, options: dict[str, Detail], *, author: str | None, reason: str | None = None, json: bool = False
) -> Job:
    """Have a job done; see `writer.run_job`."""
    return writer.run_job(order(kind, options, author=author, reason=reason), json=json)
