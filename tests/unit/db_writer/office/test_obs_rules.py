"""Rules: stored all or none, in order, and refused where they could never work."""

from typing import Any

import msgspec
import pytest

from services.db_writer.office.desk import Desk
from services.db_writer.office.handlers import HANDLERS
from shared.db.obs_config import rules
from shared.errors import ValidationError
from shared.messages.automation import Conditions, Happening, OncePer, Rule
from shared.messages.obs import ObsConfigured
from shared.messages.obs_actions import (
    RunCommand,
    SetScene,
    SetText,
    Wait,
)
from shared.messages.obs_commands import EnableRules, RemoveRules, Rules, SaveRules

Published = list[tuple[str, Any]]
SCENE = Rule(rule="scene", on=(Happening.MATCH_LOADED,), actions=(SetScene(scene="Match"),))
WINNER = Rule(
    rule="winner",
    on=(Happening.MATCH_DECIDED, Happening.ROUND_WON),
    actions=(
        SetText(source="Winner", text="{winner}\n{winnerCountry}"),
        Wait(for_ms=500),
        RunCommand(command=("/usr/bin/notify", "{winner}")),
    ),
    when=Conditions(rings=("ring-1",), phases=("*final*",), difference_at_least=2, clock_at_most_ms=10_000),
    connections=("obs-1",),
    priority=10,
    once_per=OncePer.MATCH,
    delay_ms=100,
    pack="scenes",
)


def save(desk: Desk, *wanted: Rule, replace: bool = False) -> list[Rule]:
    """Store rules."""
    answer: Rules = HANDLERS[SaveRules](desk, SaveRules(rules=list(wanted), author="ana", replace=replace))
    return answer.rules


def with_action(action: Any) -> Rule:
    """A rule that does that."""
    return msgspec.structs.replace(SCENE, actions=(action,))


def acts(desk: Desk) -> list[tuple[str, str]]:
    """Action and outcome of each row of the audit."""
    return list(desk.connection.execute("SELECT action, outcome FROM operator_audit ORDER BY id").fetchall())


def test_rules_are_kept_as_they_are(desk: Desk, published: Published) -> None:
    """Every field comes back, the higher priority first, then by name; who listens hears the names."""
    other = msgspec.structs.replace(SCENE, rule="another")
    assert save(desk, SCENE, WINNER, other) == [WINNER, other, SCENE]
    assert rules(desk.connection) == [WINNER, other, SCENE]
    assert [(topic, event.what, event.names) for topic, event in published] == [
        ("obs.changed", ObsConfigured.RULES, ("scene", "winner", "another"))
    ]
    assert acts(desk) == [("obs.rules.save", "done")]


def test_all_or_none(desk: Desk, published: Published) -> None:
    """One that is taken, given twice or not acceptable keeps out the others; with replace it takes the place."""
    save(desk, SCENE)
    changed = msgspec.structs.replace(SCENE, priority=1)
    for wanted, sentence in (
        ((WINNER, changed), "--replace"),
        ((WINNER, WINNER), "given twice"),
        ((WINNER, msgspec.structs.replace(SCENE, rule="x", actions=())), "Rule x: actions: there must be 1 to 50"),
        ((), "No rule is named"),
    ):
        with pytest.raises(ValidationError, match=sentence):
            save(desk, *wanted)
    assert rules(desk.connection) == [SCENE]
    assert len(published) == 1
    assert save(desk, changed, WINNER, replace=True) == [WINNER, changed]


def test_rules_are_switched_and_removed(desk: Desk, published: Published) -> None:
    """By name, all or none; what was removed is answered."""
    save(desk, SCENE, WINNER)
    switch = HANDLERS[EnableRules]
    assert [
        rule.is_enabled
        for rule in switch(desk, EnableRules(rules=["scene", "scene"], is_enabled=False, author="ana")).rules
    ] == [False]
    assert [rule.is_enabled for rule in rules(desk.connection)] == [True, False]
    with pytest.raises(ValidationError, match="no rule of that name"):
        switch(desk, EnableRules(rules=["winner", "none"], is_enabled=False, author="ana"))
    assert [rule.is_enabled for rule in rules(desk.connection)] == [True, False]
    assert switch(desk, EnableRules(rules=["scene"], is_enabled=True, author="ana")).rules == [SCENE]
    with pytest.raises(ValidationError, match="no rule of that name"):
        HANDLERS[RemoveRules](desk, RemoveRules(rules=["scene", "none"], author="ana"))
    assert HANDLERS[RemoveRules](desk, RemoveRules(rules=["scene"], author="ana")).rules == [SCENE]
    assert rules(desk.connection) == [WINNER]
    assert [event.names for _, event in published[1:]] == [("scene",), ("scene",), ("scene",)]
    assert [outcome for _, outcome in acts(desk)] == ["done", "done", "refused", "done", "refused", "done"]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            {"on": (), "priority": 1001},
            r"Rule scene: on: name at least one .* priority: 1001 is not from -1000 to 1000",
        ),
        ({"actions": (SetScene(scene=" "),)}, r"Rule scene: actions\[1\].scene: is empty"),
        ({"connections": ("OBS",)}, "Rule scene: .*such as obs-ring-1"),
        ({"when": Conditions(rings=("Ring",))}, "Rule scene: .*such as ring-1"),
    ],
)
def test_a_rule_that_could_never_work_is_refused(desk: Desk, change: dict[str, Any], sentence: str) -> None:
    """With everything that is wrong in it, and where."""
    with pytest.raises(ValidationError, match=sentence):
        save(desk, msgspec.structs.replace(SCENE, **change))
    assert rules(desk.connection) == []


@pytest.mark.parametrize("action", [SetText(source="a", text=""), SetText(source="a", text="{x-y} {}")])
def test_texts_may_be_empty_and_hold_braces(desk: Desk, action: Any) -> None:
    """A text is cleared by nothing; a brace that is no placeholder stays as it is."""
    assert save(desk, with_action(action)) == [with_action(action)]


def test_a_rule_of_a_newer_version_is_left_out(desk: Desk) -> None:
    """Told by its name; the others are read, and it can be removed."""
    save(desk, SCENE, WINNER)
    desk.connection.execute("""UPDATE obs_rules SET definition = '{"rule":"scene","on":["x"]}' WHERE name = 'scene'""")
    told: list[str] = []
    assert rules(desk.connection, tell=told.append) == [WINNER]
    assert [sentence.partition(" cannot")[0] for sentence in told] == ["The rule scene"]
    HANDLERS[RemoveRules](desk, RemoveRules(rules=["scene"], author="ana"))
    told.clear()
    assert rules(desk.connection, tell=told.append) == [WINNER]
    assert told == []
