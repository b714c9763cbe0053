"""`restrike obs rules add`, `edit`, `enable`, `disable`, `remove`. db-writer stores them, running or not."""

from pathlib import Path
from typing import Annotated

import typer
from msgspec.structs import replace

from services.cli import output
from services.cli.author import Author, author_of
from services.cli.obs.rules import words
from services.cli.obs.rules.checking import require_known, require_sound
from services.cli.obs.rules.documents import DOCUMENTS
from services.cli.obs.rules.options import Given, cleared, rule_options
from services.cli.obs.rules.stored import read_named, read_rules
from services.cli.rule_documents import read_body
from services.cli.writer import ask
from shared.errors import ValidationError
from shared.messages.automation import Rule
from shared.messages.obs_commands import EnableRules, RemoveRules, SaveRules
from shared.paths import Paths

Name = Annotated[str, typer.Argument(metavar="RULE", help="Name of the rule.")]
Names = Annotated[list[str] | None, typer.Argument(metavar="RULE...", help="Names of rules.")]
OfPack = Annotated[str | None, typer.Option("--pack", metavar="PACK", help="All rules of this ready-made set.")]
File = Annotated[
    Path | None, typer.Option("--file", metavar="FILE", help="The rule as JSON; - reads it from standard input.")
]
Force = Annotated[bool, typer.Option("--force", help="Even if OBS does not have what it names.")]
Off = Annotated[bool, typer.Option("--off", help="Store it switched off.")]
Clear = Annotated[
    list[str] | None, typer.Option("--clear", metavar="OPTION", help="Take this away, such as round. May be repeated.")
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog="Example: restrike obs rules add start --on match_loaded --scene Match --ring ring-1")(add)
    app.command(epilog="Example: restrike obs rules edit start --round 1 --clear ring")(edit)
    app.command(epilog="Example: restrike obs rules enable start")(enable)
    app.command(epilog="Example: restrike obs rules disable --pack scenes")(disable)
    app.command(epilog="Example: restrike obs rules remove start")(remove)


@rule_options
def add(  # noqa: PLR0913  # a command has as many arguments as options
    name: Name,
    given: Given,
    *,
    file: File = None,
    off: Off = False,
    force: Force = False,
    author: Author = None,
    json: output.Json = False,
) -> None:
    """Make a rule: what it waits for, when, and what OBS does then.

    Actions are done in this order: transition, texts, scene, sources, filters, sound, message, outputs, program. Write
    another order, waits and further actions as JSON (--file); restrike obs rules show --json has the form.
    """
    rule = Rule(rule=name, on=(), actions=()) if file is None else replace(_only(file), rule=name)
    rule = replace(given.changed(rule), is_enabled=rule.is_enabled and not off)
    _save(rule, is_replaced=False, force=force, author=author, json=json)


@rule_options
def edit(  # noqa: PLR0913  # a command has as many arguments as options
    name: Name,
    given: Given,
    *,
    file: File = None,
    clear: Clear = None,
    force: Force = False,
    author: Author = None,
    json: output.Json = False,
) -> None:
    """Change a rule; what is not named stays. Actions that are named replace all that it had."""
    (before,) = read_named(Paths.from_environment(), [name])
    rule = before if file is None else replace(_only(file), rule=name)
    rule = given.changed(cleared(rule, clear or []))
    if rule == before:
        raise ValidationError("obs.nothing", "Nothing would change; name an option, such as --scene or --round.")
    _save(rule, is_replaced=True, force=force, author=author, json=json)


def enable(names: Names = None, *, pack: OfPack = None, author: Author = None, json: output.Json = False) -> None:
    """Switch rules on."""
    _switch(names, pack, is_enabled=True, author=author, json=json)


def disable(names: Names = None, *, pack: OfPack = None, author: Author = None, json: output.Json = False) -> None:
    """Switch rules off; they stay as they are."""
    _switch(names, pack, is_enabled=False, author=author, json=json)


def remove(names: Names = None, *, pack: OfPack = None, author: Author = None, json: output.Json = False) -> None:
    """Remove rules; what they did stays in the log."""
    done = ask(RemoveRules(rules=chosen(names, pack), author=author_of(author)))
    if json:
        output.document({"removed": done.rules})
    else:
        output.line(f"Removed {output.one_line(', '.join(rule.rule for rule in done.rules))}.")


def chosen(names: list[str] | None, pack: str | None) -> list[str]:
    """The names that were given and those of a pack.

    Raises:
        ValidationError: there is none.
    """
    stored = read_rules(Paths.from_environment()) if pack is not None else []
    found = list(dict.fromkeys([*(names or []), *(rule.rule for rule in stored if rule.pack == pack)]))
    if not found:
        raise ValidationError("obs.rules_none", "No rule is named: give a name, or --pack PACK of an installed one.")
    return found


def _only(file: Path) -> Rule:
    found = DOCUMENTS.rules_in(read_body(file))
    if len(found) != 1:
        sentence = "There are several rules in it; import them with: restrike obs rules import FILE"
        raise ValidationError("rules.several", sentence, value=len(found))
    return found[0]


def _save(rule: Rule, *, is_replaced: bool, force: bool, author: str | None, json: bool) -> None:
    require_sound([rule])
    require_known([rule], Paths.from_environment(), force=force)
    (saved,) = ask(SaveRules(rules=[rule], author=author_of(author), replace=is_replaced)).rules
    done = "Changed" if is_replaced else "Made"
    if json:
        output.document({"rule": saved})
        return
    output.line(f"{done} {output.one_line(saved.rule)}.")
    output.line(words.described(saved))


def _switch(names: list[str] | None, pack: str | None, *, is_enabled: bool, author: str | None, json: bool) -> None:
    command = EnableRules(rules=chosen(names, pack), is_enabled=is_enabled, author=author_of(author))
    done = ask(command)
    if json:
        output.document({"rules": done.rules})
    else:
        state = "on" if is_enabled else "off"
        output.line(f"Switched {state}: {output.one_line(', '.join(rule.rule for rule in done.rules))}.")
