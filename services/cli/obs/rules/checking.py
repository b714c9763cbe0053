"""Whether rules can be stored: sound in themselves, and of things that exist in OBS; for `restrike obs rules`."""

from typing import Final

from services.cli import output
from services.cli.obs.bridge import is_running
from services.cli.obs.rules.documents import DOCUMENTS
from shared.automation.faults import faults_of
from shared.errors import NetworkError, ValidationError
from shared.messages.automation import Rule
from shared.messages.obs_commands import CheckRules, RuleProblem
from shared.paths import Paths
from shared.rpc import Client

NOT_LOOKED_UP: Final = "It was not looked up whether what the rules name exists in OBS:"


def require_sound(rules: list[Rule]) -> None:
    """Refuse rules that can never work.

    Raises:
        ValidationError: every fault is in the sentence, each with its place.
    """
    faults = [f"{rule.rule}: {fault}" for rule in rules for fault in faults_of(rule)]
    if faults:
        raise DOCUMENTS.invalid(faults)


def require_known(rules: list[Rule], paths: Paths, *, force: bool) -> None:
    """Refuse rules that name what the connected OBS do not have, unless `force`; tell what was not looked up.

    Raises:
        ValidationError: every missing name is in the sentence.
    """
    problems = _problems(rules, paths)
    missing = [f"{one.rule}: {one.connection}: {one.problem}" for one in problems if one.connection is not None]
    for sentence in dict.fromkeys(one.problem for one in problems if one.connection is None):
        output.note(sentence)
    if missing and not force:
        head = f"{len(missing)} names are not there; nothing was done. Store it all the same with --force."
        raise ValidationError("rules.unknown_names", "\n".join([head, *missing]))
    for sentence in missing:
        output.note(sentence)


def _problems(rules: list[Rule], paths: Paths) -> list[RuleProblem]:
    if not is_running(paths):
        output.note(f"{NOT_LOOKED_UP} obs-bridge is not running.")
        return []
    try:
        return Client(paths).call(CheckRules(rules=rules)).problems
    except NetworkError as error:
        output.note(f"{NOT_LOOKED_UP} {error}")
        return []
