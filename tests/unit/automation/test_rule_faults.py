"""What is wrong with a rule in itself is found, all of it at once, with its place."""

from typing import Any

import pytest

from shared.automation.faults import faults_of
from shared.automation.packs import PACKS
from shared.messages import obs_actions as act
from shared.messages.automation import Conditions, Rule
from tests.support.happenings import rule

CASES: list[tuple[Rule, str]] = [
    (rule(""), "rule: give it a name"),
    (rule(" a"), "rule: give it a name"),
    (rule("a\nb"), "rule: give it a name"),
    (Rule(rule="r", on=(), actions=(act.StopStream(),)), "on: name at least one event"),
    (rule(actions=()), "actions: there must be 1 to 50"),
    (rule(delay_ms=-1), "delay_ms: -1 is not from 0"),
    (rule(debounce_ms=700_000), "debounce_ms: 700000"),
    (rule(cooldown_ms=-1), "cooldown_ms: -1"),
    (rule(priority=1001), "priority: 1001"),
    (rule(description="a\nb"), "description: must be one line"),
    (rule(connections=("",)), "connections: is empty"),
    (rule(when=Conditions(athlete=3)), "when.athlete: 3 is not from 0 to 2"),
    (rule(when=Conditions(rounds=(0,))), "when.rounds: 0"),
    (rule(when=Conditions(days=(0,))), "when.days: 0"),
    (rule(when=Conditions(phases=(" ",))), "when.phases: is empty"),
    (rule(when=Conditions(outcomes=("lsot",))), "when.outcomes: 'lsot' is none of requested"),
    (rule(when=Conditions(stages=("runing",))), "when.stages: 'runing' is none of not_loaded"),
    (rule(when=Conditions(difference_at_least=5, difference_at_most=4)), "nothing can meet both"),
    (rule(when=Conditions(clock_at_least_ms=5, clock_at_most_ms=4)), "nothing can meet both"),
    (rule(actions=(act.StopStream(), act.SetScene(scene=""))), "actions[2].scene: is empty"),
    (rule(actions=(act.SetText(source="s", text="{playr1}"),)), "actions[1].text: {playr1} is no placeholder"),
    (rule(actions=(act.RunCommand(command=()),)), "actions[1].command: must be a program"),
    (rule(actions=(act.RunCommand(command=("a",), within_ms=1),)), "actions[1].within_ms: 1"),
    (rule(actions=(act.Wait(for_ms=0),)), "actions[1].for_ms: 0"),
    (rule(actions=(act.SetVolume(source="s", volume_db=27),)), "actions[1].volume_db: 27"),
    (rule(actions=(act.PressHotkey(hotkey="h", modifiers=("ctrl",)),)), "'ctrl' is none of shift, control"),
    (rule(actions=(act.TakeScreenshot(path="a.gif"),)), "path: must end with one of .png"),
    (rule(actions=(act.ShowMessage(source="s", text="x" * 2_001),)), "text: has 2001 characters"),
]


@pytest.mark.parametrize(("wrong", "sentence"), CASES)
def test_a_fault_is_found(wrong: Rule, sentence: str) -> None:
    """Exactly one fault, with its place and what is allowed."""
    (found,) = faults_of(wrong)
    assert sentence in found


def test_all_faults_at_once() -> None:
    """Nobody corrects a document line by line."""
    many: dict[str, Any] = {"actions": (act.Wait(for_ms=0), act.SetScene(scene="")), "priority": 9_999}
    assert len(faults_of(rule("", **many))) == 4


def test_sound_ones_have_none() -> None:
    """The ready-made rules, and texts that are empty or of several lines."""
    assert [faults_of(one) for pack in PACKS.values() for one in pack.rules if faults_of(one)] == []
    assert faults_of(rule(actions=(act.SetText(source="s", text=""), act.SetText(source="s", text="a\n{ring}")))) == []
