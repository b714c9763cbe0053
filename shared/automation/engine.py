"""Which rules fire when something happens in a match. Pure: knows no clock and no OBS; obs-bridge and dry runs.

Times are Unix microseconds; those called steady are of a clock that nobody sets. A rule is counted per ring: what it
did on one does not hold it back on another.
"""

from collections.abc import Callable, Collection, Sequence
from hashlib import blake2b
from typing import Final, TypeAlias

from msgspec import Struct

from shared.automation.conditions import met
from shared.automation.happenings import Happened
from shared.messages.automation import Happening, OncePer, Rule

RECENT: Final = 256
"""Firings that are known again after a restart: far more than fit into the five seconds in which any may act."""
ONCE: Final = 6
"""Matches, or rounds (those of one match, and some of the one before), for which a rule is known to have fired on a
ring. All of it is written at each firing.
"""

SceneOf: TypeAlias = Callable[[Rule, str], Collection[str] | None]
"""The program scenes of the connections that a rule acts on for a ring; None: not known, conditions on them are met."""


class Firing(Struct, frozen=True, kw_only=True):
    """A rule that fires for what happened. `is_too_old`: it happened too long ago to act on; it is only recorded.
    `firing_id` is made of the rule and the event's place in the journal, so the same event gives the same one again.
    """

    firing_id: str
    rule: Rule
    happened: Happened
    fired_at_us: int
    is_too_old: bool = False


class Counted(Struct, kw_only=True):
    """What a rule did on a ring: for which matches or rounds, and when last. `is_late`: what it was too late for."""

    rule: str
    ring: str
    is_late: bool
    once: list[str] = []
    last_us: int | None = None


class EngineState(Struct, frozen=True, kw_only=True):
    """What an engine must still know after a restart."""

    counted: list[Counted] = []
    recent: list[str] = []


class _Pending(Struct, frozen=True):
    rule: Rule
    happened: Happened
    due_us: int  # steady
    at_us: int


class Engine:
    """Rules, and what they did so far. An event that is older than `act_within_ms` makes nothing happen."""

    def __init__(self, rules: Sequence[Rule] = (), *, act_within_ms: int = 5_000) -> None:
        self.act_within_ms = act_within_ms
        self._of: dict[Happening, list[Rule]] = {}
        self._counted: dict[tuple[str, str, bool], Counted] = {}
        self._recent: dict[str, None] = {}
        self._pending: dict[tuple[str, str], _Pending] = {}
        self.change(rules)

    def change(self, rules: Sequence[Rule]) -> None:
        """Go on with these rules; what those that stay did so far still counts."""
        names, enabled = {rule.rule for rule in rules}, [rule for rule in rules if rule.is_enabled]
        ordered = sorted(enabled, key=_first)
        self._of = {what: [rule for rule in ordered if what in rule.on] for what in Happening}
        self._counted = {key: found for key, found in self._counted.items() if key[0] in names}
        # What waits for quiet is what the rule says now; one that was changed begins anew.
        self._pending = {key: found for key, found in self._pending.items() if found.rule in enabled}

    def on(self, happened: Happened, now_us: int, scene_of: SceneOf, *, steady_us: int | None = None) -> list[Firing]:
        """The firings that follow at once, in the order in which they begin; those with a debounce come from `due`.

        `steady_us` is now by the clock of `due`; None: by that of `now_us` (a dry run). What lies ahead of `now_us`
        came before the wall clock was set back: it is as old as what lies that far behind.
        """
        is_late = abs(now_us - happened.at_us) > self.act_within_ms * 1000
        found = []
        for rule in self.matching(happened, scene_of):
            if rule.debounce_ms and not is_late:
                at_us = happened.at_us + rule.debounce_ms * 1000
                due_us = at_us if steady_us is None else at_us - now_us + steady_us
                self._pending[rule.rule, happened.ring] = _Pending(rule, happened, due_us, at_us)
            elif firing := self._fire(rule, happened, happened.at_us, is_late=is_late):
                found.append(firing)
        return found

    def due(self, steady_us: int) -> list[Firing]:
        """The firings of rules after whose last event it was quiet for long enough."""
        over = [(key, found) for key, found in self._pending.items() if found.due_us <= steady_us]
        for key, _ in over:
            del self._pending[key]
        ordered = sorted((found for _, found in over), key=lambda one: (one.due_us, *_first(one.rule)))
        fired = [self._fire(one.rule, one.happened, one.at_us, is_late=False) for one in ordered]
        return [firing for firing in fired if firing is not None]

    @property
    def next_due_us(self) -> int | None:
        """When `due` has something next (steady); None: nothing waits."""
        return min((found.due_us for found in self._pending.values()), default=None)

    def matching(self, happened: Happened, scene_of: SceneOf) -> list[Rule]:
        """The rules that wait for this and whose conditions are met, whatever they did before."""
        return [
            rule
            for rule in self._of[happened.what]
            if _is_meant(rule, happened)
            and met(rule.when, happened, scene_of(rule, happened.ring) if rule.when.scenes else None)
        ]

    def forget_pending(self) -> None:
        """Let nothing come of what still waits for quiet."""
        self._pending.clear()

    def state(self) -> EngineState:
        """What must be kept. What still waits for quiet is not part of it: it would be too old after a restart."""
        counted = [one for one in self._counted.values() if one.last_us is not None]
        return EngineState(counted=counted, recent=list(self._recent))

    def restore(self, state: EngineState) -> None:
        """Go on from what was kept."""
        self._counted = {(one.rule, one.ring, one.is_late): one for one in state.counted}
        self._recent = dict.fromkeys(state.recent)

    def _fire(self, rule: Rule, happened: Happened, at_us: int, *, is_late: bool) -> Firing | None:
        firing_id = id_of(rule, happened)
        once = _once_key(rule, happened)
        counted = self._count(rule, happened.ring, is_late=is_late)
        acted = self._count(rule, happened.ring, is_late=False)
        if firing_id in self._recent or once in counted.once or once in acted.once or _rests(rule, counted, at_us):
            return None
        counted.last_us = at_us
        if once is not None:
            counted.once = [*counted.once[1 - ONCE :], once]
        self._recent[firing_id] = None
        if len(self._recent) > RECENT:
            del self._recent[next(iter(self._recent))]
        return Firing(firing_id=firing_id, rule=rule, happened=happened, fired_at_us=at_us, is_too_old=is_late)

    def _count(self, rule: Rule, ring: str, *, is_late: bool) -> Counted:
        key = (rule.rule, ring, is_late)
        if key not in self._counted:
            self._counted[key] = Counted(rule=rule.rule, ring=ring, is_late=is_late)
        return self._counted[key]


def id_of(rule: Rule, happened: Happened) -> str:
    """The id of the firing of a rule for an event; what OBS did has no place in the journal, but its connection. An OBS
    that connects does so once for all of its rings.
    """
    ring = None if happened.what is Happening.OBS_CONNECTED else happened.ring
    place = (happened.session, happened.entry, happened.index, happened.what, happened.athlete, happened.points)
    text = "\x1f".join(str(part) for part in (rule.rule, ring, happened.connection, *place))
    return blake2b(text.encode(), digest_size=16).hexdigest()


def _first(rule: Rule) -> tuple[int, str]:
    return (-rule.priority, rule.rule)


def _is_meant(rule: Rule, happened: Happened) -> bool:
    """A rule for some connections does not mind when another one connects."""
    return (
        happened.what is not Happening.OBS_CONNECTED
        or not rule.connections
        or happened.connection in (None, *rule.connections)
    )


def _once_key(rule: Rule, happened: Happened) -> str | None:
    match_id = happened.view.match_id
    if rule.once_per is None or match_id is None:
        return None
    return match_id if rule.once_per is OncePer.MATCH else f"{match_id}/{happened.view.round}"


def _rests(rule: Rule, counted: Counted, at_us: int) -> bool:
    # A clock that was set back must not keep a rule quiet for hours.
    return counted.last_us is not None and 0 <= at_us - counted.last_us < rule.cooldown_ms * 1000
