"""What an act still has to do on one OBS when it is over: hide a message again; obs-bridge.

It is kept until it is done, over lost connections and restarts, so that nothing of ours stays on the air.
"""

from collections.abc import Callable
from typing import Final

import msgspec
import structlog
from msgspec import Struct

from services.obs_bridge.acts import message
from services.obs_bridge.acts.facts import LOST, Done, Hide
from services.obs_bridge.execution import After, Outcome
from services.obs_bridge.faces import Asked
from services.obs_bridge.ledger import Ledger
from shared.messages.obs_actions import AnyAction, ShowMessage, ShowSource

KEY: Final = "leftovers/"
"""Under this and the connection's name of the outbox they are kept."""
OLDEST_US: Final = 60_000_000
"""A source that a rule could not hide is hidden when OBS is back within this; later, somebody has seen to it."""


class Leftover(Struct, frozen=True):
    """What has to be hidden, and when (Unix microseconds)."""

    hide: Hide
    due_us: int


_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(list[Leftover]).decode


class Leftovers:
    """Of one connection. `kept` is what the outbox held under KEY and its name."""

    def __init__(  # noqa: PLR0913 - what it drives, what it keeps, and its clock
        self,
        obs: Asked,
        ledger: Ledger,
        *,
        kept: bytes | None,
        after: After,
        now_us: Callable[[], int],
        log: structlog.stdlib.BoundLogger,
    ) -> None:
        self._obs = obs
        self._ledger = ledger
        self._after = after
        self._now_us = now_us
        self._log = log.bind(obs=obs.name)
        self._open: dict[tuple[str, str | None], Leftover] = {}
        try:
            self._open = {_key(one.hide): one for one in _decode(kept)} if kept is not None else {}
        except msgspec.MsgspecError as error:  # of another version
            self._log.warning("leftovers_unreadable", reason=str(error))

    def acted(self, action: AnyAction, outcome: Outcome[Done], *, by_hand: bool) -> bool:
        """An act is over, or lost its connection: see to what follows from it. Who asked by hand is told of that, and
        sees to it. Whether there is anything to be kept, before anybody hears of the act.
        """
        is_lost = outcome.error is not None and outcome.error.code in LOST
        if outcome.result is not None and outcome.result.hide is not None:
            self._add(outcome.result.hide)
        elif isinstance(action, ShowMessage) and is_lost:  # it may be there
            self._add(Hide(source=action.source, scene=action.scene, text=action.text, after_ms=action.for_ms))
        elif isinstance(action, ShowSource) and not action.visible and is_lost and not by_hand:
            self._add(Hide(source=action.source, scene=action.scene, text=None, after_ms=0))
        else:
            if isinstance(action, ShowSource) and outcome.error is None:  # somebody saw to it
                self._forget(*(key for key in self._open if key[0] == action.source and key[1] in (action.scene, None)))
            return False
        return True

    def link_up(self) -> None:
        """OBS can be asked again: hide what is due, and the rest in time."""
        for one in tuple(self._open.values()):
            self._plan(one)

    def drop(self) -> None:
        """The connection is no more: forget all of it."""
        self._forget(*self._open)

    def renamed(self, before: str) -> None:
        """The connection has another name: what was kept goes with it."""
        self._ledger.keep(KEY + before, None)
        self._changed()

    def _add(self, hide: Hide) -> None:
        one = self._open[_key(hide)] = Leftover(hide, self._now_us() + hide.after_ms * 1000)
        self._changed()
        if self._obs.is_connected:
            self._plan(one)

    def _plan(self, one: Leftover) -> None:
        left_s = (one.due_us - self._now_us()) / 1_000_000
        self._after(min(max(0.0, left_s), one.hide.after_ms / 1000), lambda: self._do(one))

    def _do(self, one: Leftover) -> None:
        if self._open.get(_key(one.hide)) is not one or not self._obs.is_connected:
            return
        if one.hide.text is None and abs(self._now_us() - one.due_us) > OLDEST_US:
            self._forget(_key(one.hide))
            return
        self._obs.run(message.hide(one.hide), lambda outcome: self._done(one, outcome), what="the end of the action")

    def _done(self, one: Leftover, outcome: Outcome[None]) -> None:
        error = outcome.error
        if (error is not None and error.code in LOST) or self._open.get(_key(one.hide)) is not one:
            return
        self._forget(_key(one.hide))
        if error is not None:
            self._log.warning("not_hidden", source=one.hide.source, reason=error.message)

    def _forget(self, *keys: tuple[str, str | None]) -> None:
        for key in keys:
            del self._open[key]
        if keys:
            self._changed()

    def _changed(self) -> None:
        left = list(self._open.values())
        self._ledger.keep(KEY + self._obs.name, _encode(left) if left else None)


def _key(hide: Hide) -> tuple[str, str | None]:
    return hide.source, hide.scene
