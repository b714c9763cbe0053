"""`restrike obs rules packs` and `install`: the ready-made sets."""

from typing import Annotated

import typer
from msgspec.structs import replace

from services.cli import output
from services.cli.author import Author
from services.cli.obs.rules import words
from services.cli.obs.rules.documents_moved import Disabled, Replace, store
from services.cli.obs.rules.editing import Force
from shared.automation.packs import PACKS, Pack
from shared.errors import ValidationError

BUILD = "Their scenes are made in an empty OBS by: restrike obs collection build"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog="Example: restrike obs rules packs")(packs)
    app.command(epilog="Example: restrike obs rules install scenes")(install)


def packs(
    name: Annotated[str | None, typer.Argument(metavar="PACK", help="Show the rules of this one.")] = None,
    *,
    json: output.Json = False,
) -> None:
    """List the ready-made sets of rules, or show one."""
    chosen = list(PACKS.values()) if name is None else [_pack(name)]
    if json:
        output.document({"packs": chosen})
    elif name is None:
        output.line(output.table(("pack", "rules", "what for"), [(p.name, len(p.rules), p.purpose) for p in chosen]))
        output.line(BUILD)
    else:
        output.line("\n\n".join(words.described(rule) for rule in chosen[0].rules))


def install(  # noqa: PLR0913  # a command has as many arguments as options
    name: Annotated[str, typer.Argument(metavar="PACK", help="Name of the set.")],
    *,
    overwrite: Replace = False,
    off: Disabled = False,
    force: Force = False,
    author: Author = None,
    json: output.Json = False,
) -> None:
    """Store the rules of a ready-made set; change them afterwards as you like."""
    rules = [replace(rule, is_enabled=not off) for rule in _pack(name).rules]
    saved = store(rules, overwrite, force, author)
    if json:
        output.document({"pack": name, "rules": saved})
    else:
        output.line(f"Installed {name}: {', '.join(rule.rule for rule in saved)}.")
        output.line(BUILD)


def _pack(name: str) -> Pack:
    if name not in PACKS:
        raise ValidationError("rules.no_pack", f"There is no such set. There are: {', '.join(PACKS)}.", value=name)
    return PACKS[name]
