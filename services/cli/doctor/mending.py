"""`restrike doctor --fix`: does what is safe, says what it did, and what it leaves to a person. Never a database."""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any

from msgspec import Struct

from services.cli.doctor.result import Outcome, Result
from services.cli.doctor.rounds import told


class Done(StrEnum):
    """What became of a fix. `not_mine`: no program should do it."""

    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"
    NOT_ALLOWED = "not allowed"
    NOT_MINE = "not mine"


class Mended(Struct, frozen=True, kw_only=True):
    """One fix: what it is about, what became of it, and the command for a person where it was not done."""

    check: str
    subject: str
    what: str
    done: Done
    command: str | None = None
    reason: str | None = None

    @property
    def line(self) -> str:
        """The fix in words."""
        if self.done is Done.DONE:
            return f"Done: {self.what}."
        if self.done is Done.NOT_MINE:
            return f"For you: {self.check} {self.subject}".rstrip() + f": {self.command}"
        why = f" ({self.reason})" if self.reason else ""
        return f"Not done: {self.what}{why}. Type: {self.command}"


Ask = Callable[[str], bool]


def mend(results: Sequence[Result], *, is_root: bool, ask: Ask) -> list[Mended]:
    """Do what can be done about `results`; `ask` is asked before something outside of the home is changed."""
    done: dict[str, Mended] = {}
    for result in results:
        if result.outcome not in (Outcome.WARNING, Outcome.FAILED):
            continue
        key = result.mend.what if result.mend is not None else f"{result.check} {result.subject} {result.fix}"
        if key not in done:  # two rings need the same of the kernel
            done[key] = _mended(result, is_root=is_root, ask=ask)
    return list(done.values())


def _mended(result: Result, *, is_root: bool, ask: Ask) -> Mended:
    about: dict[str, Any] = {"check": result.check, "subject": result.subject}
    act = result.mend
    if act is None:
        return Mended(**about, what=result.found, done=Done.NOT_MINE, command=result.fix)
    about |= {"what": act.what, "command": act.command}
    if act.needs_root and not is_root:
        return Mended(**about, done=Done.NOT_ALLOWED, reason="only root may")
    if act.asks and not ask(act.what):
        return Mended(**about, done=Done.REFUSED, reason="nobody said yes")
    try:
        act.act()
    except OSError as error:
        return Mended(**about, done=Done.FAILED, reason=told(error))
    return Mended(**about, done=Done.DONE)
