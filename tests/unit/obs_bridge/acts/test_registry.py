"""Everything that the contract says OBS can be told and asked has its procedure."""

from typing import get_args

import pytest

from services.obs_bridge.acts import answer, perform
from services.obs_bridge.acts.registry import ACTS, QUESTIONS
from shared.errors import ValidationError
from shared.messages.obs_actions import AnyAction, AnyQuestion, Readiness, RunCommand, StartRecording, Wait
from tests.unit.obs_bridge.acts.facts import OLD as FACTS
from tests.unit.obs_bridge.acts.facts import requests


def test_every_action_has_its_procedure_but_those_of_rules() -> None:
    """None is missing, and none is listed that the contract does not have."""
    assert set(ACTS) == set(get_args(AnyAction)) - {RunCommand, Wait}
    assert len(set(ACTS.values())) == len(ACTS)


def test_every_question_has_its_procedure() -> None:
    """None is missing, and none answers for two."""
    assert set(QUESTIONS) == set(get_args(AnyQuestion))
    assert len(set(QUESTIONS.values())) == len(QUESTIONS)


def test_what_only_rules_do_is_refused_at_once() -> None:
    """Nothing is yielded for it."""
    with pytest.raises(ValidationError, match="only be done by a rule"):
        perform(Wait(for_ms=1), FACTS)


def test_an_act_and_a_question_begin_with_a_request() -> None:
    """The procedures are those of their types."""
    assert requests([next(perform(StartRecording(), FACTS))]) == ["StartRecord"]
    assert requests([next(answer(Readiness(), FACTS))]) == ["GetRecordDirectory"]
