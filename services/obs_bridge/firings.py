"""One firing of a rule: its actions one after the other, each on all of its connections at once; obs-bridge.

A failed action does not keep the next one back: a lower third must be hidden again even if its text was not written.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from msgspec.structs import replace

from services.obs_bridge.execution import After, Outcome
from services.obs_bridge.faces import Acting, Connections
from services.obs_bridge.programs import Programs, Ran
from shared.automation.engine import Firing
from shared.automation.filling import filled
from shared.automation.match_view import MatchView
from shared.automation.placeholders import text_values
from shared.automation.roles import role_of, word_of
from shared.clock import monotonic_ns
from shared.licensing.features import REPLAY_CLIPS, Feature
from shared.messages.automation import FiredAction, FiringOutcome, Happening, Rule, RuleFired
from shared.messages.obs import Role
from shared.messages.obs_actions import AnyAction, RunCommand, SaveReplay, StartReplayBuffer, Wait

Refusal = Callable[[Feature, MatchView], str | None]
"""Why the licence keeps obs-bridge from something for a match; None: it does not."""
REPLAYS: Final = (StartReplayBuffer, SaveReplay)
"""Actions that make clips: they need that feature, too."""


def meant(rule: Rule, ring: str, role: Role, connections: Connections, only: str | None = None) -> list[Acting]:
    """The connections that an action of a rule goes to; `only`: no other than this one."""
    if rule.connections:
        return [obs for name in rule.connections if (obs := connections.named(name)) is not None]
    found = connections.named(only) if only is not None else None
    return [found] if found is not None else list(connections.serving(ring, role))


def fact_of(firing: Firing, outcome: FiringOutcome) -> RuleFired:
    """A firing as it is stored, without its actions."""
    happened = firing.happened
    return RuleFired(
        firing_id=firing.firing_id,
        rule=firing.rule.rule,
        happening=happened.what,
        ring=happened.ring,
        match_id=happened.view.match_id,
        round=happened.view.round,
        clock_ms=happened.view.clock_ms,
        session=happened.session,
        entry=happened.entry,
        index=happened.index,
        happened_at_us=happened.at_us,
        fired_at_us=firing.fired_at_us,
        outcome=outcome,
    )


class Run:
    """Carries out `firing`, then calls `ended` once with what came of it. `may_begin` is asked after its delay, and
    `refusal` before an action that the licence may not allow for the match.
    """

    def __init__(  # noqa: PLR0913  # what it drives, and its clock
        self,
        firing: Firing,
        *,
        connections: Connections,
        programs: Programs,
        after: After,
        now_us: Callable[[], int],
        may_begin: Callable[[], bool],
        refusal: Refusal,
        ended: Callable[[RuleFired], None],
    ) -> None:
        self._firing = firing
        self._connections = connections
        self._programs = programs
        self._after = after
        self._now_us = now_us
        self._may_begin = may_begin
        self._refusal = refusal
        self._ended = ended
        self._values: Mapping[str, str] | None = None
        self._done: list[FiredAction] = []
        self._step = 0
        self._open = 0

    def start(self) -> None:
        """Begin; after the rule's delay, if it has one."""
        delay_ms = self._firing.rule.delay_ms
        if delay_ms:
            self._after(delay_ms / 1000, self._begin_late)
        else:
            self._go_on()

    def _begin_late(self) -> None:
        if self._may_begin():
            self._go_on()
        else:
            self._end(FiringOutcome.DROPPED)

    def _go_on(self) -> None:
        actions = self._firing.rule.actions
        while self._step < len(actions):
            action = actions[self._step]
            self._step += 1
            if isinstance(action, Wait):
                self._after(action.for_ms / 1000, self._go_on)
                return
            if self._begin(action):
                return
        failed = sum(not one.ok for one in self._done)
        if not failed:
            self._end(FiringOutcome.DONE)
        else:
            self._end(FiringOutcome.FAILED if failed == len(self._done) else FiringOutcome.PARTLY)

    def _begin(self, action: AnyAction) -> bool:
        """Begin one action; False: there is nobody to do it, or the licence does not allow it."""
        if self._values is None:
            self._values = text_values(self._firing.happened)
        action, word = filled(action, self._values), word_of(action)
        if isinstance(action, RunCommand):
            self._open = 1
            within_s = action.within_ms / 1000
            self._programs.run(action.command, self._values, within_s=within_s, then=lambda ran: self._ran(word, ran))
            return True
        targets = self._targets(action)
        refused = self._refusal(REPLAY_CLIPS, self._firing.happened.view) if isinstance(action, REPLAYS) else None
        if refused is not None or not targets:
            self._done.append(
                FiredAction(action=word, connection=None, ok=False, error=refused or self._nobody(action))
            )
            return False
        self._open = len(targets)
        for obs in targets:
            self._act(obs, action, word)
        return True

    def _act(self, obs: Acting, action: AnyAction, word: str) -> None:
        obs.act(action, lambda outcome: self._acted(word, obs.name, outcome))

    def _acted(self, word: str, connection: str, outcome: Outcome[Any]) -> None:
        error = outcome.error
        self._one_done(
            FiredAction(
                action=word,
                connection=connection,
                ok=error is None,
                error=None if error is None else str(error),
                sent_ms=self._since(outcome.sent_ns),
                confirmed_ms=self._since(monotonic_ns()) if error is None else None,
            )
        )

    def _ran(self, word: str, ran: Ran) -> None:
        self._one_done(
            FiredAction(
                action=word,
                connection=None,
                ok=ran.error is None,
                error=ran.error,
                sent_ms=self._since(ran.started_ns),
                confirmed_ms=self._since(ran.ended_ns),
            )
        )

    def _one_done(self, done: FiredAction) -> None:
        self._done.append(done)
        self._open -= 1
        if not self._open:
            self._go_on()

    def _targets(self, action: AnyAction) -> list[Acting]:
        role, happened = role_of(action), self._firing.happened
        only = happened.connection if happened.what is Happening.OBS_CONNECTED else None
        return [] if role is None else meant(self._firing.rule, happened.ring, role, self._connections, only)

    def _nobody(self, action: AnyAction) -> str:
        rule, role = self._firing.rule, role_of(action)
        if rule.connections:
            return f"There is no active connection {' or '.join(rule.connections)}: see restrike obs list."
        return f"No connection serves {self._firing.happened.ring} for {role}: see restrike obs list."

    def _since(self, at_ns: int | None) -> float | None:
        """Milliseconds from the datagram to a monotonic moment."""
        if at_ns is None:
            return None
        at_us = self._now_us() - (monotonic_ns() - at_ns) / 1000
        return round((at_us - self._firing.happened.at_us) / 1000, 3)

    def _end(self, outcome: FiringOutcome) -> None:
        sent = [one.sent_ms for one in self._done if one.sent_ms is not None and one.connection is not None]
        fact = fact_of(self._firing, outcome)
        self._ended(replace(fact, latency_ms=min(sent, default=None), actions=self._done))
