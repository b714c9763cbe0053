"""`restrike alerts rules`: those in force, and an operator's own. db-writer stores them, running or not."""

from pathlib import Path
from typing import Annotated, Any, Final

import typer
from msgspec.structs import replace

from services.cli import output
from services.cli.alerts.documents import DOCUMENTS
from services.cli.alerts.wording import condition_of, described
from services.cli.author import Author, author_of
from services.cli.group import group
from services.cli.query.tables import sheet
from services.cli.rule_documents import read_body
from services.cli.stored_rows import read
from services.cli.writer import ask
from shared.alerts.faults import faults_of
from shared.alerts.in_force import Row, RuleInForce, rules_in_force, stored_rows
from shared.errors import ValidationError
from shared.messages.alerts import AlertRule, AlertSeverity, Channel, Comparison, RemoveAlertRules, SaveAlertRules
from shared.paths import Paths

app = group("rules", "Rules for alerts: list, change, switch on and off, add.")
MOST_SHOWN: Final = 80
Name = Annotated[str, typer.Argument(metavar="RULE", help="Name of the rule.")]
Names = Annotated[list[str], typer.Argument(metavar="RULE...", help="Names of rules.")]
File = Annotated[Path, typer.Argument(metavar="FILE", help="Rules as JSON; - reads them from standard input.")]
Reason = Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="Why; it is kept.")]
Seconds = float | None


@app.command("list", epilog="Example: restrike alerts rules list")
def list_(*, json: output.Json = False) -> None:
    """List all rules: those that there are from the start, changed ones, and your own."""
    found = _in_force()
    if json:
        output.document({"rules": found})
        return
    rows = [(one.rule.name, one.rule.severity, _origin(one), condition_of(one.rule)) for one in found]
    output.line(sheet(("rule", "severity", "is", "raised by"), rows, whole={0, 1, 2}))


@app.command(epilog="Example: restrike alerts rules show disk.low --json > rule.json")
def show(name: Name, *, json: output.Json = False) -> None:
    """Show a rule in full; with --json in the form that add takes."""
    found = _named(name)
    if json:
        output.document({"rule": found.rule, "is_default": found.is_default, "fault": found.fault})
    else:
        output.line(described(found.rule, _origin(found)))


@app.command(epilog="Example: restrike alerts rules enable cpu.hot")
def enable(names: Names, *, author: Author = None, reason: Reason = None, json: output.Json = False) -> None:
    """Switch rules on."""
    rules = [replace(_named(name).rule, is_enabled=True) for name in names]
    _save(rules, "Switched on", author=author, reason=reason, json=json)


@app.command(epilog="Example: restrike alerts rules disable cpu.hot --reason 'no sensor'")
def disable(names: Names, *, author: Author = None, reason: Reason = None, json: output.Json = False) -> None:
    """Switch rules off; an open alert of theirs ends."""
    rules = [replace(_named(name).rule, is_enabled=False) for name in names]
    _save(rules, "Switched off", author=author, reason=reason, json=json)


@app.command("set", epilog="Example: restrike alerts rules set cpu.busy --threshold 90 --for 60")
def set_(  # noqa: PLR0913  # they are the options of the command
    name: Name,
    *,
    threshold: Annotated[float | None, typer.Option("--threshold", help="The limit, in the unit of the value.")] = None,
    hysteresis: Annotated[
        float | None, typer.Option("--hysteresis", min=0, help="By how much it must be well again.")
    ] = None,
    for_s: Annotated[Seconds, typer.Option("--for", min=0, metavar="S", help="How long it must be wrong.")] = None,
    clear_s: Annotated[Seconds, typer.Option("--clear", min=0, metavar="S", help="How long it must be well.")] = None,
    comparison: Annotated[Comparison | None, typer.Option("--comparison", help="Which side is wrong.")] = None,
    severity: Annotated[AlertSeverity | None, typer.Option("--severity", help="How bad it is.")] = None,
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="NAME", help="Only this ring, disk, OBS …; '' for all.")
    ] = None,
    channel: Annotated[
        list[str] | None, typer.Option("--channel", metavar="mail|webhook|none", help="Who is told; may be repeated.")
    ] = None,
    author: Author = None,
    reason: Reason = None,
    json: output.Json = False,
) -> None:
    """Change a rule; what is not named stays. A default rule that was changed comes back with remove."""
    given: dict[str, Any] = {
        "threshold": threshold,
        "hysteresis": hysteresis,
        "for_s": for_s,
        "clear_s": clear_s,
        "comparison": comparison,
        "severity": severity,
        "only": None if only is None else tuple(one for one in only if one),
        "channels": None if channel is None else _channels(channel),
    }
    before = _named(name).rule
    rule = replace(before, **{key: value for key, value in given.items() if value is not None})
    if rule == before:
        raise ValidationError("alerts.nothing", "Nothing would change; name an option, such as --threshold.")
    faults = faults_of(rule)
    if faults:
        raise DOCUMENTS.invalid([f"{name}: {fault}" for fault in faults])
    _save([rule], "Changed", author=author, reason=reason, json=json)


@app.command(epilog="Example: restrike alerts rules add rules.json")
def add(file: File, *, author: Author = None, reason: Reason = None, json: output.Json = False) -> None:
    """Store rules of a file, all or none; one of the name of another stands for that."""
    _save(DOCUMENTS.rules_in(read_body(file)), "Stored", author=author, reason=reason, json=json)


@app.command(epilog="Example: restrike alerts rules check rules.json")
def check(file: File, *, json: output.Json = False) -> None:
    """Check rules of a file and store nothing; every fault is told at once."""
    rules = DOCUMENTS.rules_in(read_body(file))
    if json:
        output.document({"rules": rules})
    else:
        output.line("\n\n".join(described(rule, "not stored") for rule in rules))


@app.command(epilog="Example: restrike alerts rules remove disk.low")
def remove(names: Names, *, author: Author = None, reason: Reason = None, json: output.Json = False) -> None:
    """Forget rules of your own and changes to defaults: those are in force again as they were."""
    done = ask(RemoveAlertRules(rules=tuple(names), author=author_of(author), reason=reason))
    if json:
        output.document({"removed": done.names})
    else:
        output.line(f"Removed {output.one_line(', '.join(done.names))}.")


def _in_force() -> list[RuleInForce]:
    nothing: list[Row] = []
    return rules_in_force(read(Paths.from_environment().database, stored_rows, empty=nothing), tell=output.note)


def _named(name: str) -> RuleInForce:
    found = next((one for one in _in_force() if one.rule.name == name), None)
    if found is None:
        sentence = "There is no rule of that name: restrike alerts rules list."
        raise ValidationError("alerts.unknown", sentence, value=name[:MOST_SHOWN])
    return found


def _channels(given: list[str]) -> tuple[Channel, ...]:
    for word in given:
        if word not in (*Channel, "none"):
            raise typer.BadParameter(f"{word!r} is none of mail, webhook, none.", param_hint="--channel")
    return tuple(channel for channel in Channel if channel in given)


def _origin(one: RuleInForce) -> str:
    origin = "broken" if one.fault else "default" if one.is_default else "changed"
    return origin if one.rule.is_enabled else "off"


def _save(rules: list[AlertRule], done: str, *, author: str | None, reason: str | None, json: bool) -> None:
    saved = ask(SaveAlertRules(rules=tuple(rules), author=author_of(author), reason=reason))
    if json:
        output.document({"rules": rules})
    else:
        output.line(f"{done}: {output.one_line(', '.join(saved.names))}.")
