"""How far a job is, as a bar on a terminal's standard error; into a pipe nothing is shown."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from shared.messages.jobs import Job


@contextmanager
def shown(kind: str, *, is_shown: bool) -> Iterator[Callable[[Job], None]]:
    """A function that shows the job as it stands, until the block ends."""
    if not is_shown or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console  # noqa: PLC0415  # loads much, only for a terminal
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415  # as above

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(kind, total=None)

        def show(job: Job) -> None:
            bar.update(task, description=f"{kind}: {job.message or job.status}", completed=job.done, total=job.total)

        yield show
