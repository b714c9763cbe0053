"""The commands of `restrike doctor`. Thin: what they do is loaded when it is asked for."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from services.cli import output
from services.cli.doctor import PURPOSE
from services.cli.group import group
from services.registry import SERVICES
from shared.paths import Paths

if TYPE_CHECKING:
    from services.cli.doctor.result import Check, Result

app = group("doctor", PURPOSE)


def _known(service: str) -> str:
    """Refuse a name that no service has."""
    if service not in SERVICES:
        raise typer.BadParameter(f"There is no service {service}: {', '.join(SERVICES)}.")
    return service


Service = Annotated[
    str,
    typer.Argument(
        metavar="SERVICE",
        callback=_known,
        help="A service that runs: broker, udp-ingest and so on; see restrike ps.",
    ),
]


@app.callback(
    invoke_without_command=True, no_args_is_help=False, epilog="Example: restrike doctor --only ports --only disk"
)
def doctor(  # noqa: PLR0913  # a command has as many arguments as options
    context: typer.Context,
    *,
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="NAME", help="Only this check; may be given again.")
    ] = None,
    fix: Annotated[bool, typer.Option("--fix", help="Do what is safe, and say what is left to do.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="With --fix: do not ask.")] = False,
    bundle: Annotated[bool, typer.Option("--bundle", help="Write a file for whoever helps from afar.")] = False,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="With --bundle: a .zip or .tar.zst file.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="With --bundle: replace the file if it is there.")] = False,
    hours: Annotated[int, typer.Option("--hours", min=1, max=168, help="With --bundle: how old logs may be.")] = 6,
    max_mib: Annotated[int, typer.Option("--max-mib", min=1, max=4096, help="With --bundle: its largest size.")] = 50,
    json: output.Json = False,
) -> None:
    """See PURPOSE, which is its help."""
    if context.invoked_subcommand is not None:
        return
    if bundle:
        _bundle(out, hours=hours, max_bytes=max_mib * 1024 * 1024, force=force, json=json)
        return
    if out is not None or force:
        raise typer.BadParameter("It belongs to --bundle.", param_hint="--force" if out is None else "--out")
    _examine(_chosen(only or []), fix=fix, yes=yes, json=json)


@app.command(epilog="Example: restrike doctor profile pss-parser --seconds 20 --out parser.svg")
def profile(
    service: Service,
    *,
    seconds: Annotated[int, typer.Option("--seconds", min=1, max=600, help="How long to look.")] = 10,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="A flame graph (.svg), or the stacks as text (.txt).")
    ] = None,
    json: output.Json = False,
) -> None:
    """Show what a running service spends its time with.

    py-spy looks in from outside 200 times a second, and holds the service for less than a millisecond each time.
    It needs root, or the right to trace processes of the same user.
    """
    from services.cli.doctor.profile import profile as look  # noqa: PLC0415  # start time: only here
    from services.cli.doctor.telling import profile_lines  # noqa: PLC0415  # as above

    found = look(Paths.from_environment(), service, seconds=seconds, out=out)
    if json:
        output.document(found)
        return
    for line in profile_lines(found):
        output.line(line)


@app.command(epilog="Example: restrike doctor memory db-writer --seconds 120")
def memory(
    service: Service,
    *,
    seconds: Annotated[int, typer.Option("--seconds", min=1, max=3600, help="How long to trace.")] = 60,
    places: Annotated[int, typer.Option("--places", min=1, max=200, help="How many places to show.")] = 15,
    json: output.Json = False,
) -> None:
    """Show where a running service allocates memory that it keeps, and what of it grows.

    It is traced inside the service: while it lasts, the service takes three to four times the processor time, so do it
    at a quiet time. It ends by itself, even if this command is killed.
    """
    from services.cli.doctor.memory import trace  # noqa: PLC0415  # start time: only here
    from services.cli.doctor.telling import memory_lines  # noqa: PLC0415  # as above

    output.note(f"Tracing {service} for {seconds} s; Ctrl-C ends it sooner.")
    found = trace(Paths.from_environment(), service, seconds=seconds, places=places)
    if json:
        output.document(found)
        return
    for line in memory_lines(found):
        output.line(line)


def _chosen(only: list[str]) -> "list[Check]":
    from services.cli.doctor.catalogue import CHECKS, NAMES  # noqa: PLC0415  # start time: only here

    unknown = [name for name in only if name not in NAMES]
    if unknown:
        raise typer.BadParameter(f"There is no check {unknown[0]}: {', '.join(NAMES)}.", param_hint="--only")
    return [check for check in CHECKS if not only or check.name in only]


def _examine(checks: "list[Check]", *, fix: bool, yes: bool, json: bool) -> None:
    from services.cli.doctor.mending import Mended, mend  # noqa: PLC0415  # start time: only here
    from services.cli.doctor.result import Outcome  # noqa: PLC0415  # as above
    from services.cli.doctor.rounds import run  # noqa: PLC0415  # as above
    from services.cli.doctor.site import Site  # noqa: PLC0415  # as above

    site = Site(Paths.from_environment())
    results = run(checks, site)
    mended: list[Mended] = []
    if fix:
        mended = mend(results, is_root=site.is_root, ask=lambda what: yes or _says_yes(what))
        results = run(checks, Site(site.paths))
    _show(results, mended if fix else None, json=json)
    if any(result.outcome is Outcome.FAILED for result in results):
        raise typer.Exit(1)


def _says_yes(what: str) -> bool:
    import sys  # noqa: PLC0415  # only where somebody is asked

    return sys.stdin.isatty() and typer.confirm(f"Shall I {what}?", err=True)


def _show(results: "list[Result]", mended: "list[Any] | None", *, json: bool) -> None:
    from services.cli.doctor.telling import counted, lines, summary  # noqa: PLC0415  # start time: only here

    if json:
        document = {"checks": [result.shown() for result in results], "summary": counted(results)}
        output.document(document if mended is None else document | {"mended": mended})
        return
    for line in lines(results):
        output.line(line)
    if mended is not None:
        output.line("")
        for one in mended:
            output.line(one.line)
    output.line(summary(results))


def _bundle(out: Path | None, *, hours: int, max_bytes: int, force: bool, json: bool) -> None:
    from services.cli.doctor.bundle import make  # noqa: PLC0415  # start time: only here

    made = make(Paths.from_environment(), out=out, hours=hours, max_bytes=max_bytes, is_forced=force)
    if json:
        output.document(made)
        return
    output.line(f"{made.file} ({output.size(made.bytes)}, {len(made.parts)} parts). Secrets are left out.")
    for note in made.notes:
        output.note(note)
