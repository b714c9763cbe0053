"""Answers CheckRules: whether what rules name exists on the connections that they act on; obs-bridge.

A problem with a connection is a fault of the rule; one without is what could not be looked up, or will be of no use.
"""

from collections.abc import Callable, Iterable
from typing import Protocol

from services.obs_bridge.execution import Outcome
from services.obs_bridge.faces import Asked, Connections
from services.obs_bridge.firings import meant
from services.obs_bridge.inventory import Inventory
from shared.automation.named import Named, named_by
from shared.automation.roles import role_of
from shared.messages.automation import Rule
from shared.messages.obs import Role
from shared.messages.obs_commands import CheckRules, RuleProblem, RuleProblems
from shared.rpc import Later

Missing = dict[Named, str]


class Known(Connections, Protocol):
    """The connections, all of them."""

    def all(self) -> Iterable[Asked]:
        """Every active connection, whatever it is for."""


class RuleChecks:
    """`rings` are those that the suite knows."""

    def __init__(self, connections: Known, rings: Callable[[], Iterable[str]]) -> None:
        self._connections = connections
        self._rings = rings

    def check(self, command: CheckRules) -> Later:
        """Look up everything that the rules name, one question per kind and connection."""
        asked = {obs.name: obs for obs in self._connections.all()}
        problems = [problem for rule in command.rules for problem in self._unknown(rule, asked)]
        wanted = {name: self._wanted(command.rules, obs) for name, obs in asked.items()}
        away = [name for name, needed in wanted.items() if needed and not asked[name].is_connected]
        problems += [
            _problem(rule, None, f"{name} is not connected: what the rule names could not be looked up there.")
            for name in away
            for rule in wanted[name]
        ]
        check = _Check(problems)
        for name, needed in wanted.items():
            if needed and name not in away:
                check.ask(asked[name], needed)
        check.all_asked()
        return check.reply

    def _unknown(self, rule: Rule, asked: dict[str, Asked]) -> Iterable[RuleProblem]:
        for name in rule.connections:
            if name not in asked:
                yield _problem(rule.rule, name, "There is no such active connection: see restrike obs list.")
        rings = list(self._rings())
        for ring in rule.when.rings:
            if ring not in rings:
                yield _problem(rule.rule, None, f"There is no ring {ring}; known are {', '.join(rings)}.")
        roles = {role for action in rule.actions if (role := role_of(action)) is not None}
        if not rule.connections:
            for role in sorted(roles):
                if not any(self._serving(rule, role)):
                    yield _problem(rule.rule, None, f"No connection is there for {role}: see restrike obs list.")

    def _wanted(self, rules: list[Rule], obs: Asked) -> dict[str, list[Named]]:
        """What each rule needs of one connection; rules that need nothing of it are left out."""
        found = {}
        for rule in rules:
            needed = [one for one in named_by(rule) if obs.name in self._serving(rule, one.role)]
            if needed:
                found[rule.rule] = needed
        return found

    def _serving(self, rule: Rule, role: Role) -> set[str]:
        rings = rule.when.rings or tuple(self._rings())
        return {obs.name for ring in rings for obs in meant(rule, ring, role, self._connections)}


class _Check:
    """Answers once every connection has."""

    def __init__(self, problems: list[RuleProblem]) -> None:
        self.reply = Later()
        self._problems = problems
        self._checked: list[str] = []
        self._open = 1

    def ask(self, obs: Asked, needed: dict[str, list[Named]]) -> None:
        """Look up what each rule needs of one connection."""
        self._open += 1
        wanted = dict.fromkeys(one for names in needed.values() for one in names)

        def told(outcome: Outcome[Missing]) -> None:
            self._told(obs.name, needed, outcome)

        obs.run(Inventory().missing(wanted), told, what="look up what rules name")

    def all_asked(self) -> None:
        """Nothing more is asked."""
        self._one_over()

    def _told(self, name: str, needed: dict[str, list[Named]], outcome: Outcome[Missing]) -> None:
        if outcome.error is not None:
            sentence = f"{name}: what the rule names could not be looked up: {outcome.error}"
            self._problems += [_problem(rule, None, sentence) for rule in needed]
        else:
            self._checked.append(name)
            missing = outcome.value()
            self._problems += [
                _problem(rule, name, missing[one]) for rule, names in needed.items() for one in names if one in missing
            ]
        self._one_over()

    def _one_over(self) -> None:
        self._open -= 1
        if not self._open:
            self.reply.answer(RuleProblems(problems=self._problems, checked=sorted(self._checked)))


def _problem(rule: str, connection: str | None, problem: str) -> RuleProblem:
    return RuleProblem(rule=rule, connection=connection, problem=problem)
