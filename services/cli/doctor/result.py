"""What a check of `restrike doctor` says: how it is, what was found, what to do, and what `--fix` may do."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any

from msgspec import Struct

from services.cli.doctor.site import Site


class Outcome(StrEnum):
    """`skipped`: it could not be looked at, or there is nothing to look at; what was found says why."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


class Mend(Struct, frozen=True, kw_only=True):
    """What `--fix` does: `act` does it, `what` says it, `command` is the same for a person to type. It `asks` before it
    changes something outside of the home.
    """

    what: str
    command: str
    act: Callable[[], None]
    asks: bool = False
    needs_root: bool = False


class Result(Struct, frozen=True, kw_only=True):
    """What one check found of one thing (`subject`, empty: there is only one). `fix` says what to do."""

    outcome: Outcome
    found: str
    subject: str = ""
    fix: str | None = None
    check: str = ""
    mend: Mend | None = None

    def shown(self) -> dict[str, Any]:
        """The result for a program."""
        return {
            "check": self.check,
            "subject": self.subject or None,
            "result": self.outcome,
            "found": self.found,
            "fix": self.fix,
            "can_fix": self.mend is not None,
        }


class Check(Struct, frozen=True, kw_only=True):
    """Something to look at. `alone`: nothing else may run beside it, as it measures time."""

    name: str
    doc: str
    look: Callable[[Site], list[Result]]
    within_s: float = 4.0
    alone: bool = False


def ok(found: str, subject: str = "") -> Result:
    """All is well."""
    return Result(outcome=Outcome.OK, found=found, subject=subject)


def warning(found: str, fix: str, subject: str = "", mend: Mend | None = None) -> Result:
    """It works, but somebody should do something."""
    return Result(outcome=Outcome.WARNING, found=found, fix=fix, subject=subject, mend=mend)


def failed(found: str, fix: str, subject: str = "", mend: Mend | None = None) -> Result:
    """It does not work like this."""
    return Result(outcome=Outcome.FAILED, found=found, fix=fix, subject=subject, mend=mend)


def skipped(reason: str, subject: str = "") -> Result:
    """It was not looked at."""
    return Result(outcome=Outcome.SKIPPED, found=reason, subject=subject)
