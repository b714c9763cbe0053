"""`restrike db check`: what is wrong with the database, what it means, and what is to be done."""

from typing import Annotated

import typer
from msgspec import Struct

from services.cli import output
from services.cli.author import Author
from services.cli.care_jobs import Force, Reason, care, ordered


class Checked(Struct, frozen=True, kw_only=True):
    """What the job `check` found: faults by check, what was repaired of them, examples that begin with their check."""

    checked: list[str]
    faults: dict[str, int]
    informations: dict[str, int]
    repaired: dict[str, int]
    refused: list[str]
    examples: list[str]


def register(app: typer.Typer) -> None:
    """Add the command to `restrike db`."""
    app.command(epilog="Example: restrike db check --repair")(check)


def check(  # noqa: PLR0913  # a command has as many arguments as options
    *,
    repair: Annotated[bool, typer.Option("--repair", help="Repair what can be repaired without loss.")] = False,
    quick: Annotated[bool, typer.Option("--quick", help="Leave out what takes minutes on a large database.")] = False,
    force: Force = False,
    reason: Reason = None,
    author: Author = None,
    json: output.Json = False,
) -> None:
    """Look for everything that can be wrong with the database.

    Ends with 1 when something is wrong and was not repaired. docs/care.md says what each check means.
    """
    # Who only looks need not wait for the end of a match.
    may_begin = force or not repair
    order = ordered("check", {"repair": repair, "quick": quick}, author=author, reason=reason, force=may_begin)
    found = care(order, Checked, json=json)
    left = {name: count - found.repaired.get(name, 0) for name, count in found.faults.items()}
    is_well = not any(left.values())
    if json:
        output.document({"is_well": is_well, "found": found})
    else:
        _show(found)
    if not is_well:
        raise typer.Exit(1)


def _show(found: Checked) -> None:
    from shared.db.check_list import CHECKS  # noqa: PLC0415  # only where something is told

    counts = found.faults | found.informations
    output.line(f"{len(found.checked)} checks: {sum(found.faults.values()) or 'no'} faults")
    for one in CHECKS:
        if one.name in counts:
            repaired = found.repaired.get(one.name, 0)
            told = f", {repaired} repaired" if repaired else ""
            output.line(f"\n{one.name}: {counts[one.name]}{told}. {one.meaning}")
            for example in found.examples:
                name, _, text = example.partition(": ")
                if name == one.name:
                    output.line(f"  {output.one_line(text)}")
            if repaired < counts[one.name]:
                output.line(f"  -> {one.advice}")
    for refused in found.refused:
        output.note(refused)
