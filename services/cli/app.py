"""`restrike`: the one command line. Collects the command groups, and turns every error into a sentence and a code."""

import os
import sys
import traceback
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Annotated, Final, NoReturn

import typer
from typer.main import get_command

from services.cli import (
    alerts,
    backup,
    config,
    db,
    events,
    export,
    flags,
    imports,
    logs,
    match,
    monitor,
    obs,
    output,
    pss,
    query,
    replay,
    settings,
    simulate,
    suite,
    tournament,
    udp,
)
from services.cli.doctor import app as doctor
from services.cli.group import group
from services.cli.lazy_group import lazy_group
from services.cli.license import PURPOSE as LICENSE_PURPOSE
from services.cli.usage import Outermost
from shared.errors import RestrikeError, ValidationError

# 0 is done; 2 is wrong usage, which typer finds by itself.
EXIT_FAILED: Final = 1
EXIT_USAGE: Final = 2
EXIT_NO_ANSWER: Final = 3
NO_ANSWER: Final = frozenset({"service.no_answer", "service.not_running"})
USAGE: Final = frozenset(
    {
        "log.event_unknown",
        "log.level_unknown",
        "log.subsystem_unknown",
        "monitor.name",
        "monitor.no_time",
        "query.no_clock",
        "query.no_day",
        "query.no_time",
        "service.unknown",
    }
)
"""What no installation would take: arguments that a command reads itself, as they belong to several."""
DISTRIBUTION: Final = "restrike-vta"
DEBUG: Final = "--debug"

app = group("restrike", "Keeps, understands and publishes what the scoring systems of a taekwondo venue send.")
app.info.cls = Outermost


suite.register(app)
replay.register(app)
simulate.register(app)
for part in (
    events.app,
    match.app,
    pss.app,
    udp.app,
    db.app,
    lazy_group("backup", backup.PURPOSE, "services.cli.backup.app"),
    lazy_group("query", query.PURPOSE, "services.cli.query.app"),
    lazy_group("export", export.PURPOSE, "services.cli.export.commands"),
    lazy_group("settings", settings.PURPOSE, "services.cli.settings.app"),
    lazy_group("tournament", tournament.PURPOSE, "services.cli.tournament.commands"),
    lazy_group("obs", obs.PURPOSE, "services.cli.obs.app"),
    lazy_group("alerts", alerts.PURPOSE, "services.cli.alerts.app"),
    lazy_group("monitor", monitor.PURPOSE, "services.cli.monitor.app"),
    lazy_group("logs", logs.PURPOSE, "services.cli.logs.app"),
    lazy_group("flags", flags.PURPOSE, "services.cli.flags.app"),
    lazy_group("license", LICENSE_PURPOSE, "services.cli.license.app"),
    lazy_group("import", imports.PURPOSE, "services.cli.imports.commands"),
    lazy_group("config", config.PURPOSE, "services.cli.config.app"),
    doctor.app,
):
    app.add_typer(part)


def _version() -> str:
    from importlib.metadata import version as version_of  # noqa: PLC0415  # costs a tenth of the start

    return version_of(DISTRIBUTION)


def _print_version(wanted: bool) -> None:
    if wanted:
        output.line(f"restrike {_version()}")
        raise typer.Exit


@app.callback(epilog="Example: restrike up -d, then restrike events tail")
def restrike(
    *,
    _version: Annotated[
        bool, typer.Option("--version", help="Print the version and end.", callback=_print_version, is_eager=True)
    ] = False,
    _debug: Annotated[bool, typer.Option(DEBUG, help="Show a traceback when something fails.")] = False,
) -> None:
    """Keeps, understands and publishes what the scoring systems of a taekwondo venue send."""


@app.command(epilog="Example: restrike version --json")
def version(*, json: output.Json = False) -> None:
    """Print the version of this installation."""
    if json:
        output.document({"name": DISTRIBUTION, "version": _version()})
    else:
        output.line(f"restrike {_version()}")


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run one command line and leave the process: 0 done, 1 refused or failed, 2 wrong usage, 3 no answer."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    is_debug = DEBUG in given
    if not is_debug:
        sys.excepthook = partial(_tell_fault, is_json="--json" in given)
    try:
        # The option is taken wherever it stands; the parser would want it before the command.
        get_command(app)([word for word in given if word != DEBUG], prog_name="restrike")
    except BrokenPipeError:
        # Whoever read has enough (| head). What Python would still flush goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (RestrikeError, OSError) as error:
        if is_debug:
            traceback.print_exc()
        _tell(error, is_json="--json" in given)
        sys.exit(_exit_code(error))
    sys.exit(0)


def _exit_code(error: RestrikeError | OSError) -> int:
    code = getattr(error, "code", "")
    if isinstance(error, ValidationError) and code in USAGE:
        return EXIT_USAGE
    return EXIT_NO_ANSWER if code in NO_ANSWER else EXIT_FAILED


def _tell(error: RestrikeError | OSError, *, is_json: bool) -> None:
    """Say what went wrong: a sentence on standard error, and with --json the document that a program waits for."""
    if isinstance(error, RestrikeError):
        code, sentence, value = error.code, _sentence(error), error.value
    else:
        place = f"{error.filename}: " if error.filename else ""
        code, sentence, value = "io.failed", f"{place}{error.strerror or error}.", error.filename
    _say(code, sentence, value, is_json=is_json)


def _say(code: str, sentence: str, value: object, *, is_json: bool) -> None:
    output.note(sentence)
    if is_json:
        shown = None if value is None else output.plain(value)
        output.document({"error": {"code": code, "message": output.plain(sentence), "value": shown}})


def _sentence(error: RestrikeError) -> str:
    return f"{error.message} (got: {error.value})" if isinstance(error.value, Path) else str(error)


def _tell_fault(
    kind: type[BaseException], error: BaseException, _: TracebackType | None, *, is_json: bool = False
) -> None:
    """A fault of ours: one sentence here, too; Python then ends with 1."""
    if issubclass(kind, KeyboardInterrupt):
        return
    sentence = f"restrike failed: {kind.__name__}: {error}. This is a fault; see more with: restrike {DEBUG} …"
    _say("internal", sentence, None, is_json=is_json)
