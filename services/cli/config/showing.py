"""`restrike config show` and `schema`: what is in force, where each value comes from, and what there is."""

import contextlib
import json as json_text
import os
from collections.abc import Mapping
from typing import Annotated, Any, Final

import typer

from services.cli import output
from services.registry import SERVICES
from shared.config.following import Following, Source, in_force
from shared.config.history import History
from shared.config.reading import examine, read
from shared.config.schema import schema as schema_of
from shared.config.values import DEFAULT, Value, values_of
from shared.errors import ConfigError, RestrikeError
from shared.messages.configuration import GetConfigurationState
from shared.paths import Paths
from shared.rpc import Client, is_locked

ASK_WITHIN_S: Final = 1.0


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog="Example: restrike config show")(show)
    app.command(epilog="Example: restrike config schema > restrike.schema.json")(schema)


def show(
    *,
    changed: Annotated[bool, typer.Option("--changed", help="Only what is not the default.")] = False,
    json: output.Json = False,
) -> None:
    """Show what is in force, and where each value comes from.

    That is the file, a variable RESTRIKE__… that the running suite (else this command) was started with, or the
    default. If the file cannot be used, it is the version that was accepted last.
    """
    paths = Paths.from_environment()
    following = in_force(paths, _environment(paths))
    values = [one for one in _values(paths, following) if not changed or one.origin != DEFAULT]
    if json:
        output.document(
            {
                "file": paths.config,
                "exists": paths.config.exists(),
                "version": following.version,
                "source": following.source,
                "faults": following.faults,
                "config": following.config,
                "values": values,
            }
        )
        return
    for fault in following.faults:
        output.note(f"{paths.config}: {fault}")
    output.line(f"{paths.config}: {_standing(following)}")
    rows = [(value.path, _text(value.value), value.origin) for value in values]
    output.line(output.table(("setting", "value", "from"), rows))


def schema(*, json: output.Json = False) -> None:  # noqa: ARG001  # it is a JSON document in any case
    """Print the JSON Schema of restrike.json, for editors that check while you type."""
    output.document(schema_of())


def _environment(paths: Paths) -> Mapping[str, str]:
    """What the running suite was started with; of this command where it does not run."""
    client = Client(paths)
    for service in SERVICES:
        if is_locked(paths.lock(service)):
            with contextlib.suppress(RestrikeError):  # it is ending, or frozen: another one knows as well
                return client.call(GetConfigurationState(), service=service, deadline_s=ASK_WITHIN_S).overrides
    return os.environ


def _values(paths: Paths, following: Following) -> list[Value]:
    if following.source is Source.ACCEPTED:
        newest = History(paths.config_history).last()
        text = newest.text() if newest is not None else None
    else:
        try:
            text = read(paths.config)
        except ConfigError:
            text = None
    document: Any = json_text.loads(text.decode("utf-8-sig")) if text else {}
    return values_of(following.config, document, examine(text, following.environment).origins)


def _standing(following: Following) -> str:
    match following.source:
        case Source.DEFAULTS:
            return "no such file, so all is default."
        case Source.ACCEPTED:
            return f"not in force; version {following.version}, which was accepted last, is."
        case _:
            return f"version {following.version} is in force."


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json_text.dumps(value, ensure_ascii=False)
