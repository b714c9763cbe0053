"""`restrike obs rules list`, `show`, `events`, `placeholders`: rules as stored; the suite need not run."""

from typing import Annotated

import typer

from services.cli import output
from services.cli.obs.rules import words
from services.cli.obs.rules.stored import read_named, read_rules
from services.cli.query.tables import sheet
from shared.automation.placeholders import TEXTS
from shared.messages.automation import Happening
from shared.paths import Paths

NONE = "There are no rules yet. See the ready-made ones: restrike obs rules packs"
Name = Annotated[str, typer.Argument(metavar="RULE", help="Name of the rule.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("list", epilog="Example: restrike obs rules list")(list_)
    app.command(epilog="Example: restrike obs rules show 'scenes: match'")(show)
    app.command(epilog="Example: restrike obs rules events")(events)
    app.command(epilog="Example: restrike obs rules placeholders")(placeholders)


def list_(*, json: output.Json = False) -> None:
    """List the rules, those that come first at the top."""
    found = read_rules(Paths.from_environment())
    if json:
        output.document({"rules": found})
    elif not found:
        output.line(NONE)
    else:
        output.line(sheet(words.LIST, [words.row(rule) for rule in found], whole={0, 4, 5}))


def show(name: Name, *, json: output.Json = False) -> None:
    """Show a rule in full."""
    (found,) = read_named(Paths.from_environment(), [name])
    if json:
        output.document({"rule": found})
    else:
        output.line(words.described(found))


def events(*, json: output.Json = False) -> None:
    """List what a rule can wait for."""
    if json:
        output.document({"events": {what.value: words.MEANINGS[what] for what in Happening}})
    else:
        output.line(output.table(("event", "meaning"), [(what.value, words.MEANINGS[what]) for what in Happening]))


def placeholders(*, json: output.Json = False) -> None:
    """List the placeholders that texts of rules may hold."""
    if json:
        output.document({"placeholders": TEXTS})
    else:
        rows = [(f"{{{name}}}", meaning) for name, meaning in TEXTS.items()]
        output.line(output.table(("placeholder", "meaning"), rows))
