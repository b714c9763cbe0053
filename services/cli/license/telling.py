"""How the licence stands, as text for a terminal: the state, what it means, what to do, and the rest as rows."""

import shutil
import sys
import textwrap
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

import typer

from services.cli import output
from services.cli.license.standing import Standing
from shared.clock import unix_ns
from shared.licensing.features import FEATURES
from shared.messages.license import LicenseState, LicenseStatus

WIDEST: Final = 100
LABEL_COLUMNS: Final = 10
GOOD: Final = frozenset({LicenseState.TRIAL, LicenseState.VALID})


def show(seen: Standing) -> None:
    """Print all of it."""
    if not seen.is_current:
        at_us = seen.license.judged_at_us
        output.note(wrapped(f"{seen.why}: this is what it found {_ago(at_us)} ({moment(at_us)}). {seen.remedy}"))
    typer.echo(_headline(seen.license))
    for line in lines(seen.license):
        output.line(line)


def show_now(status: LicenseStatus) -> None:
    """Print a status that a service just gave."""
    show(Standing(license=status, is_current=True))


def lines(status: LicenseStatus) -> Iterator[str]:
    """What stands below the state."""
    yield wrapped(status.sentence, first="  ")
    if status.remedy:
        yield wrapped(status.remedy, first="  → ")
    for warning in status.warnings:
        yield wrapped(warning, first="  ! ")
    yield ""
    for label, text in _rows(status):
        yield wrapped(text, first=f"{label:<{LABEL_COLUMNS}}  ")


def wrapped(text: str, *, first: str = "") -> str:
    """One paragraph within the terminal, and within 100 columns; what stands first is a margin for the rest."""
    width = max(min(WIDEST, shutil.get_terminal_size((WIDEST, 24)).columns), len(first) + 20)
    return textwrap.fill(
        output.one_line(text),
        width,
        initial_indent=first,
        subsequent_indent=" " * len(first),
        break_long_words=False,
        break_on_hyphens=False,
    )


def moment(at_us: int) -> str:
    """Date and time on this machine; years that no calendar has as seconds."""
    try:
        return f"{datetime.fromtimestamp(at_us / 1_000_000, tz=UTC).astimezone():%Y-%m-%d %H:%M:%S}"
    except (ValueError, OverflowError, OSError):
        return f"{at_us // 1_000_000} s"


def titles(names: tuple[str, ...]) -> str:
    """Features as people read them; one of a newer service by its name."""
    return ", ".join(FEATURES[name].title if name in FEATURES else name for name in names) or "nothing"


def _headline(status: LicenseStatus) -> str:
    """`✓ VALID`, so that nobody needs the colour."""
    is_good = status.state in GOOD
    is_calm = is_good and not status.warnings
    symbol = "✓" if is_calm else "!" if is_good or status.state is LicenseState.GRACE else "✗"
    reason = f" ({status.reason.replace('_', ' ')})" if status.reason else ""
    text = f"{symbol} {status.state.replace('_', ' ').upper()}{reason}"
    if not sys.stdout.isatty():
        return text
    colours = {"✓": typer.colors.GREEN, "!": typer.colors.YELLOW, "✗": typer.colors.RED}
    return typer.style(text, fg=colours[symbol], bold=True)


def _rows(status: LicenseStatus) -> Iterator[tuple[str, str]]:
    if status.license_id is not None:
        yield "licence", status.license_id
        yield "customer", status.customer or output.NOTHING
        yield "plan", _plan(status.plan)
        yield "machines", f"bound to this one; the licence has {_seats(status.seats)}" if status.seats else "any"
    yield from _ends(status)
    if status.check_due_at_us is not None:
        last = "never" if status.checked_at_us is None else moment(status.checked_at_us)
        when = f"next {moment(status.check_due_at_us)}"
        if status.not_checked is not None and status.unreached_since_us is not None:
            when = f"since {moment(status.unreached_since_us)} tried in vain ({status.not_checked})"
        yield "checked", f"{last}; {when}"
    yield "allowed", titles(status.allowed)
    if status.refused:
        yield "refused", titles(status.refused)
    yield "always", "receiving, storing, publishing, reading, export, OBS by hand"


def _ends(status: LicenseStatus) -> Iterator[tuple[str, str]]:
    """When it is over, and when what it allows is; `days_left` are those until the next of both."""
    left = "" if status.days_left is None else f" ({_days(status.days_left)} left)"
    expires_us, ends_us = status.expires_at_us, status.ends_at_us
    if status.state is LicenseState.VALID and expires_us is None:
        yield "expires", "never"
    elif expires_us is None:
        if ends_us is not None:
            yield "ends", f"{moment(ends_us)}{left}"
    elif status.state in GOOD:
        grace = f"; then it goes on until {moment(ends_us)}" if ends_us is not None and ends_us > expires_us else ""
        yield "expires", f"{moment(expires_us)}{left}{grace}"
    else:
        yield "expires", moment(expires_us)
        if ends_us is not None:
            yield "ends", f"{moment(ends_us)}{left}"


def _plan(plan: str | None) -> str:
    if plan is None:
        return output.NOTHING
    return f"{plan} month{'' if plan == '1' else 's'}" if plan.isdigit() else plan


def _seats(seats: int) -> str:
    return "1 seat" if seats == 1 else f"{seats} seats"


def _days(days: int) -> str:
    return "1 day" if days == 1 else f"{days} days"


def _ago(at_us: int) -> str:
    minutes = max(0, unix_ns() // 1000 - at_us) // 60_000_000
    if minutes < 120:
        return f"{minutes} min ago" if minutes else "just now"
    return f"{minutes // 60} h ago" if minutes < 2 * 24 * 60 else f"{minutes // 1440} days ago"
