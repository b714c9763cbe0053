"""Makes OBS follow the matches by the rules: takes what happens, and carries out the rules that fire; obs-bridge.

An intent is kept before anything is asked of OBS, all those of a turn in one commit (the ledger's); what came of it
follows as a fact. An intent that is found at a start without its fact is told as `unknown`, and not carried out again.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

import msgspec
import structlog

from services.obs_bridge.execution import After, Timer
from services.obs_bridge.faces import Connections
from services.obs_bridge.firings import Refusal, Run, fact_of, meant
from services.obs_bridge.ledger import Ledger
from services.obs_bridge.programs import Programs
from shared.automation.engine import Engine, EngineState, Firing
from shared.automation.happenings import Happened
from shared.clock import monotonic_ns
from shared.licensing.features import OBS_AUTOMATION
from shared.messages.automation import FiringOutcome, Rule, RuleFired
from shared.messages.obs import Role

KEY: Final = "automation/"
"""Under which keys of the outbox automation is kept."""
STATE: Final = KEY + "state"
FIRING: Final = KEY + "firing/"

_encode: Final = msgspec.msgpack.Encoder().encode
_decode_fact: Final = msgspec.msgpack.Decoder(RuleFired).decode
_decode_state: Final = msgspec.msgpack.Decoder(EngineState).decode


class Automation:
    """`outcomes` and `held_back` (by rule, while paused) count since the service began; `refused` (by ring
    and match, then by rule) those that the licence holds back.

    `kept` is what the outbox held under KEY. `now_us` is the wall clock, `steady_us` one that nobody sets. `refusal`
    says why the licence does not allow a feature for a match: without OBS_AUTOMATION no rule fires.
    """

    def __init__(  # noqa: PLR0913  # what it drives, what it keeps, and its clock
        self,
        connections: Connections,
        ledger: Ledger,
        *,
        kept: dict[str, bytes],
        programs: Programs,
        after: After,
        now_us: Callable[[], int],
        act_within_ms: Callable[[], int],
        refusal: Refusal,
        log: structlog.stdlib.BoundLogger,
        steady_us: Callable[[], int] = lambda: monotonic_ns() // 1000,
    ) -> None:
        self.outcomes: Counter[FiringOutcome] = Counter()
        self.held_back: Counter[str] = Counter()
        self.refused: dict[tuple[str, str | None], Counter[str]] = {}
        self.is_paused = False
        self.has_rules = False
        """Whether there is one that may fire."""
        self._connections = connections
        self._ledger = ledger
        self._programs = programs
        self._after = after
        self._now_us = now_us
        self._steady_us = steady_us
        self._act_within_ms = act_within_ms
        self._refusal = refusal
        self._log = log
        self._engine = Engine()
        self._on_mat: dict[str, str | None] = {}
        self._running: dict[str, Run] = {}
        self._timer: Timer | None = None
        self._is_changed = False
        ledger.keepers.append(self._to_keep)
        self._restore(kept)

    def change(self, rules: Sequence[Rule]) -> None:
        """Go on with these rules; what is under way is finished as it began."""
        self.has_rules = any(rule.is_enabled for rule in rules)
        self._engine.change(rules)
        self._look()

    def pause(self, is_paused: bool) -> None:  # noqa: FBT001  # a setting's callback
        """Let no rule fire, or let them again. What has begun goes on; what still waited is dropped."""
        if is_paused == self.is_paused:
            return
        self.is_paused = is_paused
        if is_paused:
            self._engine.forget_pending()
            self._look()
            self._log.info("automation_paused", help="Go on with: restrike obs resume")
        else:
            self._log.info("automation_resumed", held_back=dict(self.held_back))
            self.held_back.clear()

    def take(self, happened: Happened) -> None:
        """Take what happened; the rules that fire for it begin when the ledger has kept them."""
        if happened.connection is None:  # what OBS did belongs to a match that may have left the mat
            self._on_mat[happened.ring] = happened.view.match_id
        if self.is_paused:
            self.held_back.update(rule.rule for rule in self._engine.matching(happened, self._scenes))
            return
        if self._is_refused(happened):
            return
        self._engine.act_within_ms = self._act_within_ms()
        self._begin(self._engine.on(happened, self._now_us(), self._scenes, steady_us=self._steady_us()))
        self._look()

    def _is_refused(self, happened: Happened) -> bool:
        """Whether the licence lets no rule fire for this. What it held back is told when the match is off the mat, or
        when it is allowed again.
        """
        match = happened.ring, happened.view.match_id
        is_refused = self._refusal(OBS_AUTOMATION, happened.view) is not None
        if happened.connection is None:
            for ring, match_id in list(self.refused):
                if ring == happened.ring and not (is_refused and match_id == happened.view.match_id):
                    held_back = dict(self.refused.pop((ring, match_id)))
                    self._log.info("rules_not_licensed", ring=ring, match_id=match_id, held_back=held_back)
        if is_refused and (rules := self._engine.matching(happened, self._scenes)):
            self.refused.setdefault(match, Counter()).update(rule.rule for rule in rules)
        return is_refused

    def _restore(self, kept: dict[str, bytes]) -> None:
        if STATE in kept:
            try:
                self._engine.restore(_decode_state(kept[STATE]))
            except msgspec.MsgspecError as error:  # of another version
                self._log.warning("automation_state_unreadable", reason=str(error))
        for key, value in kept.items():
            if key.startswith(FIRING):
                self._ledger.keep(key, None)
                self._tell(_decode_fact(value))

    def _begin(self, firings: list[Firing]) -> None:
        for firing in firings:
            self._is_changed = True
            if firing.is_too_old:
                self._tell(fact_of(firing, FiringOutcome.TOO_OLD))
                continue
            match_id = self._match_of(firing.happened)
            if not self._is_on_mat(firing, match_id):  # it waited for quiet, into the next match
                self._tell(fact_of(firing, FiringOutcome.DROPPED))
                continue
            # Kept as what is to be told of it if this process ends before it is done.
            self._ledger.keep(FIRING + firing.firing_id, _encode(fact_of(firing, FiringOutcome.UNKNOWN)))
            run = self._running[firing.firing_id] = Run(
                firing,
                connections=self._connections,
                programs=self._programs,
                after=self._after,
                now_us=self._now_us,
                may_begin=partial(self._may_begin, firing, match_id),
                refusal=self._refusal,
                ended=self._end,
            )
            self._ledger.then(run.start)

    def _end(self, fact: RuleFired) -> None:
        self._running.pop(fact.firing_id, None)
        self._ledger.keep(FIRING + fact.firing_id, None)
        self._tell(fact)

    def _tell(self, fact: RuleFired) -> None:
        self.outcomes[fact.outcome] += 1
        self._ledger.tell(fact)

    def _match_of(self, happened: Happened) -> str | None:
        """The match that a firing must not outlive: its own, and of what OBS did, the one on the mat."""
        return happened.view.match_id if happened.connection is None else self._on_mat.get(happened.ring)

    def _is_on_mat(self, firing: Firing, match_id: str | None) -> bool:
        return match_id is None or self._on_mat.get(firing.happened.ring, match_id) == match_id

    def _may_begin(self, firing: Firing, match_id: str | None) -> bool:
        """Whether a firing still makes sense after its delay."""
        return self._is_on_mat(firing, match_id) and not self.is_paused

    def _scenes(self, rule: Rule, ring: str) -> set[str]:
        found = (obs.program_scene for obs in meant(rule, ring, Role.SCENES, self._connections))
        return {scene for scene in found if scene is not None}

    def _look(self) -> None:
        """Have the timer set for what waits for quiet."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        due_us = self._engine.next_due_us
        if due_us is not None:
            self._timer = self._after(max(0.0, (due_us - self._steady_us()) / 1_000_000), self._due)

    def _due(self) -> None:
        self._timer = None
        self._begin(self._engine.due(self._steady_us()))
        self._look()

    def _to_keep(self) -> dict[str, bytes]:
        if not self._is_changed:
            return {}
        self._is_changed = False
        return {STATE: _encode(self._engine.state())}
