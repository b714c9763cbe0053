"""`restrike config reload`: every service takes over the file now, and says what it did."""

from typing import Final

import typer
from msgspec import Struct

from services.cli import output
from services.cli.config.checking import tell_faults
from services.registry import SERVICES
from shared.clock import monotonic_s, unix_ns, wait_s
from shared.errors import NetworkError, RestrikeError
from shared.messages.commands import GetRings
from shared.messages.configuration import ConfigurationState, ReloadConfiguration
from shared.messages.health import GetHealthReport, Subject
from shared.paths import Paths
from shared.rpc import Client, is_locked

COLUMNS: Final = ("service", "took over", "needs a restart for")
METRICS: Final = (Subject.CONFIGURATION, "metrics")
"""What health says of the port for Prometheus."""
JUDGED_WITHIN_S: Final = 2.0
SHOWN: Final = (52, 30)
"""Characters of a list of paths in the columns; `--json` has all."""


class Outcome(Struct, frozen=True, kw_only=True):
    """What a service said; `error` when it did not answer. `took_over` is what it took over just now, `rings` and
    `metrics` say what keeps a ring, or the port for Prometheus, from being as the file says.
    """

    service: str
    state: ConfigurationState | None
    took_over: tuple[str, ...]
    error: str | None = None
    rings: dict[str, str] = {}
    metrics: str | None = None


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: restrike config reload")(reload)


def reload(*, json: output.Json = False) -> None:
    """Have every service take over restrike.json now, and say what needs a restart.

    Services notice a changed file by themselves within two seconds. Ends with 1 if the file is refused, or a ring or
    the port for Prometheus cannot be as it says.
    """
    paths = Paths.from_environment()
    outcomes = reload_all(paths, since_us=_written_us(paths))
    if not outcomes:
        raise NetworkError("service.not_running", "The suite is not running; it reads restrike.json when it starts.")
    if json:
        output.document({"file": paths.config, "services": outcomes})
    else:
        tell(outcomes)
    end(paths, outcomes)


def reload_all(paths: Paths, *, since_us: int) -> list[Outcome]:
    """Ask every service that runs; what it took over before `since_us` is not told again."""
    client = Client(paths)
    return [_outcome(client, name, since_us) for name in SERVICES if is_locked(paths.lock(name))]


def tell(outcomes: list[Outcome]) -> None:
    """Show who took over what, and what is to be done yet."""
    versions = dict.fromkeys(one.state.version or "the defaults" for one in outcomes if one.state is not None)
    output.line(f"In force: {', '.join(versions)}")
    output.line(output.table(COLUMNS, [_row(one) for one in outcomes]))
    waiting = [one.service for one in outcomes if one.state is not None and one.state.needs_restart]
    if waiting:
        output.line(f"{', '.join(waiting)} must start again for the rest: restrike down, then restrike up -d")


def end(paths: Paths, outcomes: list[Outcome]) -> None:
    """Name the faults of the file, or what keeps rings and metrics from being as it says, a line each, and end with 1
    if there is anything; with 3 if a service did not answer.
    """
    faults = list(dict.fromkeys(fault for one in outcomes if one.state is not None for fault in one.state.faults))
    rings = [f"{name}: {error}" for one in outcomes for name, error in one.rings.items()]
    metrics = [one.metrics for one in outcomes if one.metrics is not None]
    silent = [one.error for one in outcomes if one.error is not None]
    if faults:
        tell_faults(paths, paths.config, faults)
        output.note("It is refused; what was accepted last stays in force. Mend it, or: restrike config rollback")
    elif rings or metrics:
        for sentence in (*rings, *metrics):
            output.note(sentence)
        if rings:
            output.note(f"A ring that cannot be where {paths.config} says is tried again by itself every 2 s.")
    elif silent:
        raise NetworkError("service.no_answer", "\n".join(silent))
    if faults or rings or metrics:
        raise typer.Exit(1)


def _outcome(client: Client, service: str, since_us: int) -> Outcome:
    try:
        state = client.call(ReloadConfiguration(), service=service)
        rings = client.call(GetRings()).rings if service == GetRings.service else []
        is_told = service == GetHealthReport.service and "metrics.endpoint" in state.changed
        metrics = _metrics_fault(client) if is_told else None
    except RestrikeError as error:
        return Outcome(service=service, state=None, took_over=(), error=error.message)
    is_new = state.taken_over_at_us is not None and state.taken_over_at_us >= since_us
    told = {ring.ring: ring.error for ring in rings if ring.error is not None}
    took_over = state.changed if is_new else ()
    return Outcome(service=service, state=state, took_over=took_over, rings=told, metrics=metrics)


def _metrics_fault(client: Client) -> str | None:
    """Why metrics are not served where the file says. cpu-monitor judges anew each half second: it is asked until it
    did, which is soon.
    """
    since_us, until_s = unix_ns() // 1000, monotonic_s() + JUDGED_WITHIN_S
    report = client.call(GetHealthReport())
    while report.at_us < since_us and monotonic_s() < until_s:
        wait_s(0.1)
        report = client.call(GetHealthReport())
    found = next((one for one in report.items if (one.subject, one.name) == METRICS), None)
    return f"{found.reason} {found.remedy}" if found is not None and found.reason else None


def _row(one: Outcome) -> tuple[str | None, ...]:
    if one.state is None:
        return (one.service, "(no answer)", None)
    return (one.service, _list(one.took_over, SHOWN[0]), _list(one.state.needs_restart, SHOWN[1]))


def _list(paths: tuple[str, ...], most: int) -> str:
    text = ", ".join(paths)
    return text if len(text) <= most else f"{len(paths)} settings"


def _written_us(paths: Paths) -> int:
    try:
        return paths.config.stat().st_mtime_ns // 1000
    except OSError:
        return 0
