"""`restrike backup push`, `fetch` and `remote`: off-site copies of backups, through rclone."""

from typing import Annotated

import typer

from services.cli import output
from services.cli.author import Author
from services.cli.backup.orders import Name, Reason, named, run


def push(backup: Name, *, reason: Reason = None, author: Author = None, json: output.Json = False) -> None:
    """Copy a backup to the remote and read the copy back.

    An interrupted copy goes on where it was. Where to: `restrike settings set backup.offsite_target …`.
    """
    job = run("push", {"backup": named(backup)}, author=author, reason=reason, json=json)
    if json:
        output.document(job.result)
        return
    said = job.result
    output.line(f"{said['backup']} is on {said['remote']}: {said['parts']} parts, read back and equal.")
    if said["already_there"]:
        output.line(f"{said['already_there']} of them were there already.")


def fetch(
    backup: Annotated[str, typer.Argument(metavar="BACKUP", help="Its name as `restrike backup remote` shows it.")],
    *,
    author: Author = None,
    json: output.Json = False,
) -> None:
    """Bring a backup back from the remote."""
    job = run("fetch", {"backup": backup}, author=author, json=json)
    if json:
        output.document(job.result)
        return
    output.line(f"{job.result['backup']} is here again. To use it: restrike backup restore {job.result['backup']}")


def remote(*, author: Author = None, json: output.Json = False) -> None:
    """Show the backups that the remote has."""
    job = run("remote", {}, author=author, json=json)
    if json:
        output.document(job.result)
        return
    complete, partial = job.result["complete"], job.result["partial"]
    for name in complete if isinstance(complete, list) else []:
        output.line(name)
    for name in partial if isinstance(partial, list) else []:
        output.line(f"{name} (not complete; go on with: restrike backup push {name})")
    if not complete and not partial:
        output.line(f"There are no backups on {job.result['remote']}.")
