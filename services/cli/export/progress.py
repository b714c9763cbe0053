"""A progress bar on the terminal while an export is written; none into a pipe or a file."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

SHOW_EVERY_ROWS: Final = 1000

T = TypeVar("T")
Passed = Callable[[Iterator[Any]], Iterator[Any]]


@contextmanager
def progress(total: int, *, is_wanted: bool) -> Iterator[Passed]:
    """A bar on standard error; what is yielded passes rows through and counts them."""
    if not is_wanted:
        yield lambda rows: rows
        return
    from rich.console import Console  # noqa: PLC0415  # loads much, only for a terminal
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn  # noqa: PLC0415  # as above

    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("export", total=total)

        def counted(rows: Iterator[T]) -> Iterator[T]:
            for number, row in enumerate(rows, 1):
                if number % SHOW_EVERY_ROWS == 0:
                    bar.update(task, completed=number)
                yield row

        yield counted
