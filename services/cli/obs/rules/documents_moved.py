"""`restrike obs rules import` and `export`: rules as JSON documents."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer
from msgspec.structs import replace

from services.cli import output
from services.cli.author import Author, author_of
from services.cli.obs.rules.checking import require_known
from services.cli.obs.rules.documents import DOCUMENTS
from services.cli.obs.rules.editing import Force, Names, OfPack, chosen
from services.cli.obs.rules.stored import read_named, read_rules
from services.cli.rule_documents import RULES, read_body
from services.cli.writer import ask
from shared.errors import IoError
from shared.messages.automation import Rule
from shared.messages.obs_commands import SaveRules
from shared.paths import Paths

Replace = Annotated[bool, typer.Option("--replace", help="Overwrite rules of the same names.")]
Disabled = Annotated[bool, typer.Option("--off", help="Store them switched off.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("import", epilog="Example: restrike obs rules import rules.json --replace")(import_)
    app.command(epilog="Example: restrike obs rules export --to rules.json")(export)


def import_(  # noqa: PLR0913  # a command has as many arguments as options
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Rules as JSON; - reads them from standard input.")],
    *,
    overwrite: Replace = False,
    off: Disabled = False,
    force: Force = False,
    author: Author = None,
    json: output.Json = False,
) -> None:
    """Store the rules of a document, all or none; every fault in it is told at once."""
    rules = DOCUMENTS.rules_in(read_body(file))
    saved = store([replace(rule, is_enabled=False) for rule in rules] if off else rules, overwrite, force, author)
    if json:
        output.document({"rules": saved})
    else:
        output.line(f"Stored {len(saved)} rules: {output.one_line(', '.join(rule.rule for rule in saved))}.")


def export(
    names: Names = None,
    *,
    pack: OfPack = None,
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FILE", help="A new file; standard output if left out.")
    ] = None,
    json: output.Json = False,
) -> None:
    """Write rules as a document that `import` takes; all of them if none is named."""
    paths = Paths.from_environment()
    rules = read_named(paths, chosen(names, pack)) if names or pack else read_rules(paths)
    if to is None:
        output.document({RULES: rules})
        return
    try:
        with to.open("xb") as written:
            written.write(msgspec.json.format(msgspec.json.encode({RULES: rules}), indent=2) + b"\n")
    except FileExistsError as error:
        raise IoError("rules.file_exists", "The file is there already; name another one.", value=to) from error
    if json:
        output.document({"file": to, "rules": len(rules)})
    else:
        output.line(f"{len(rules)} rules are in {output.plain(to)}.")


def store(rules: list[Rule], overwrite: bool, force: bool, author: str | None) -> list[Rule]:  # as said
    """Have sound rules stored once it is known that OBS has what they name."""
    require_known(rules, Paths.from_environment(), force=force)
    return ask(SaveRules(rules=rules, author=author_of(author), replace=overwrite)).rules
