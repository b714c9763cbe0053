"""What `restrike doctor` prints: a line for each result, what to do below it, and how many there were of each kind."""

import shutil
import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from services.cli import output
from services.cli.doctor.memory import Remembered, Weight
from services.cli.doctor.profile import Profiled
from services.cli.doctor.result import Outcome, Result
from shared.messages.memory import MemoryPlace

WIDEST: Final = 100
LONGEST_CELL: Final = 70
MARKS: Final = {Outcome.OK: "ok", Outcome.WARNING: "warning", Outcome.FAILED: "FAILED", Outcome.SKIPPED: "skipped"}


def lines(results: Sequence[Result]) -> Iterator[str]:
    """Every result, in at most 100 columns."""
    width = min(WIDEST, shutil.get_terminal_size((WIDEST, 24)).columns)
    marks = max(map(len, MARKS.values()))
    names = max((len(result.check) for result in results), default=0)
    indent = " " * (marks + names + 4)
    for result in results:
        head = f"{MARKS[result.outcome]:<{marks}}  {result.check:<{names}}  "
        subject = f"{result.subject}: " if result.subject else ""
        yield _wrapped(output.one_line(subject + result.found), head, indent, width)
        if result.fix:
            yield _wrapped(output.one_line(result.fix), f"{indent}-> ", f"{indent}   ", width)


def _wrapped(text: str, first: str, rest: str, width: int) -> str:
    return textwrap.fill(
        text, width, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )


def summary(results: Sequence[Result]) -> str:
    """How many results there are of each kind."""
    counts = counted(results)
    words = {"ok": "ok", "warning": "warnings", "failed": "failed", "skipped": "skipped"}
    if counts["warning"] == 1:
        words["warning"] = "warning"
    return ", ".join(f"{counts[kind]} {word}" for kind, word in words.items()) + "."


def counted(results: Sequence[Result]) -> dict[str, int]:
    """The number of results by kind."""
    found = Counter(result.outcome for result in results)
    return {kind.value: found[kind] for kind in Outcome}


def profile_lines(found: Profiled) -> Iterator[str]:
    """What a service spent its time with."""
    yield f"{found.service} (process {found.pid}): busy {found.busy_percent} % of {found.seconds:g} s."
    if found.functions:
        rows = [(f"{one.self_percent:.1f}", f"{one.total_percent:.1f}", _cut(one.function)) for one in found.functions]
        yield output.table(("self %", "total %", "function"), rows)
    if found.file is not None:
        yield f"Written: {found.file}"


def memory_lines(found: Remembered) -> Iterator[str]:
    """What a service holds, and what of it grew."""
    yield f"{found.service} (process {found.pid}), traced for {found.seconds:g} s."
    yield f"{_weight(found.before)} before, {_weight(found.after)} after."
    traced, peak = output.size(found.traced_bytes), output.size(found.peak_bytes)
    yield f"Allocated since and still held: {traced} (at most {peak})."
    yield from _places("largest", found.largest)
    yield from _places(f"grown within the last {found.grown_within_s:g} s", found.most_grown)


def _weight(weight: Weight) -> str:
    pss = "" if weight.pss_bytes is None else f" (PSS {output.size(weight.pss_bytes)})"
    return f"RSS {output.size(weight.rss_bytes)}{pss}"


def _places(what: str, places: list[MemoryPlace]) -> Iterator[str]:
    if not places:
        return
    yield ""
    rows = [(output.size(one.bytes), output.size(one.grown_bytes), one.blocks, _cut(one.place)) for one in places]
    yield output.table(("held", "grown", "blocks", what), rows)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_CELL else f"{text[: LONGEST_CELL - 1]}…"
