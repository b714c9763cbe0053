"""The rule sets: those that ship (`shared/rules/*.json`), and a home's own (`rules/*.json` in it), by name.

Read by udp-ingest, which journals the one in force, by `restrike` and by the simulator.
"""

from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Final

import msgspec

from shared.errors import ConfigError
from shared.messages.pss import Technique
from shared.messages.rules import Format, RuleSet

DEFAULT_RULES: Final = "wt-2022"

_decode = msgspec.json.Decoder(RuleSet).decode


def shipped() -> dict[str, RuleSet]:
    """The rule sets of this version, oldest first."""
    found = [_decode(file.read_bytes()) for file in files(__package__).iterdir() if file.name.endswith(".json")]
    return {rules.name: rules for rules in sorted(found, key=lambda rules: (rules.effective_from, rules.name))}


def available(folder: Path) -> dict[str, RuleSet]:
    """The shipped rule sets, and those in `folder`, which come first where they bear the same name.

    Raises:
        ConfigError: a file is no rule set, or contradicts itself; the sentence names it and what is wrong.
    """
    own = [read(path) for path in sorted(folder.glob("*.json"))]
    return shipped() | {rules.name: rules for rules in own}


def known_rules(folder: Path) -> tuple[dict[str, RuleSet], list[str]]:
    """The shipped rule sets and the sound ones of `folder`, by name, and a sentence for each broken file: one that is
    broken hides no other.
    """
    known, broken = shipped(), []
    for path in sorted(folder.glob("*.json")):
        try:
            rules = read(path)
        except ConfigError as error:
            broken.append(str(error))
        else:
            known[rules.name] = rules
    return known, broken


def find(name: str, folder: Path) -> RuleSet:
    """The rule set of that name.

    Raises:
        ConfigError: there is none, or a file in `folder` cannot be used.
    """
    known = available(folder)
    if name not in known:
        names = ", ".join(known)
        raise ConfigError("rules.unknown", f"There is no rule set {name}. Known: {names}.", value=name)
    return known[name]


def read(path: Path) -> RuleSet:
    """The rule set in that file.

    Raises:
        ConfigError: it is none, or contradicts itself; the sentence names the file and what is wrong.
    """
    try:
        rules = _decode(path.read_bytes())
    except OSError as error:
        raise ConfigError("rules.unreadable", f"{path} cannot be read: {error.strerror}.") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigError(
            "rules.invalid", f"{path} is no rule set: {error}. See shared/rules/ for the form."
        ) from error
    faults = faults_of(rules)
    if faults:
        raise ConfigError("rules.invalid", f"{path}: {' '.join(faults)}")
    return rules


def faults_of(rules: RuleSet) -> list[str]:
    """What cannot be in `rules`, a sentence each; empty when they are sound."""
    faults = []
    missing = [technique.value for technique in Technique if technique not in rules.points]
    if missing:
        faults.append(f"points leaves out {', '.join(missing)}.")
    if any(points < 1 for points in rules.points.values()):
        faults.append("points must be 1 or more.")
    counts = (rules.point_gap, rules.gam_jeom_limit, rules.gam_jeom_points, rules.rounds, rules.round_s, rules.rest_s)
    if min(counts) < 1:
        faults.append("point_gap, gam_jeom_limit, gam_jeom_points, rounds, round_s and rest_s must be 1 or more.")
    if rules.golden_points is not None and (rules.golden_points < 1 or rules.format is not Format.SUMMED):
        faults.append("golden_points must be 1 or more, and only where rounds are summed.")
    try:
        date.fromisoformat(rules.effective_from)
    except ValueError:
        faults.append(f"effective_from is no date: {rules.effective_from}.")
    return faults
