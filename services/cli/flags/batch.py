"""Gives pictures to db-writer in parts; `restrike flags scan`."""

from collections.abc import Callable
from typing import Any, Final

from services.cli.flags.files import Picture
from shared.messages.flags import FlagsTaken, GivenFlag, RefusedFlag, TakeFlags, TakeOutcome

AT_ONCE: Final = 20
REFUSED_AT_ONCE: Final = 100
BYTES_AT_ONCE: Final = 4 * 1024 * 1024


def given(picture: Picture, *, filename: str, chosen: str | None = None) -> GivenFlag:
    """A picture as it is given, with what it was recognized as or chosen for."""
    found = picture.recognized
    return GivenFlag(
        filename=filename,
        content=picture.content,
        ioc_code=found.code if chosen is None else chosen,
        method=found.method,
        confidence=found.confidence,
        is_chosen=chosen is not None,
        modified_at=picture.modified_at,
    )


class Batch:
    """As many pictures at once as db-writer takes, so that it is not kept from the rings, and none are kept here.

    At a dry run each part is taken back. So those of one code go together, and if they need several parts, the one
    that would be shown goes along.
    """

    def __init__(self, author: str, *, ask: Callable[[TakeFlags], FlagsTaken], is_dry_run: bool) -> None:
        self._author = author
        self._ask = ask
        self._is_dry_run = is_dry_run
        self._given: list[tuple[GivenFlag, dict[str, Any]]] = []
        self._refused: list[RefusedFlag] = []
        self._shown: GivenFlag | None = None

    def begin(self, count: int) -> None:
        """So many of one code follow."""
        if self._is_dry_run and len(self._given) + count > AT_ONCE:
            self.take()
        self._shown = None

    def add(self, picture: Picture, row: dict[str, Any]) -> None:
        """Line one up; its row will say what became of it."""
        size = sum(len(one.content) for one, _ in self._given)
        if len(self._given) == AT_ONCE or size + len(picture.content) > BYTES_AT_ONCE:
            self.take()
            if self._is_dry_run and self._shown is not None:
                self._given = [(self._shown, {})]
        self._given.append((given(picture, filename=row["file"]), row))

    def refuse(self, filename: str, reason: str) -> None:
        """Have it kept that a file was refused; a dry run keeps nothing."""
        if not self._is_dry_run:
            self._refused.append(RefusedFlag(filename=filename, reason=reason))
        if len(self._refused) == REFUSED_AT_ONCE:
            self.take()

    def take(self) -> None:
        """Have those taken that are lined up."""
        if self._given or self._refused:
            pictures = tuple(one for one, _ in self._given)
            answer = self._ask(
                TakeFlags(
                    pictures=pictures,
                    author=self._author,
                    refused=tuple(self._refused),
                    is_dry_run=self._is_dry_run,
                )
            )
            for taken, (one, row) in zip(answer.taken, self._given, strict=True):
                row |= {"code": taken.ioc_code, "outcome": taken.outcome.value, "message": taken.message}
                self._shown = one if taken.outcome is TakeOutcome.SHOWN else self._shown
        self._given, self._refused = [], []
