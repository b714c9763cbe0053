"""Everything that is wrong with a file, with what it refers to: what services would say of it, without a service. Used
by `restrike config check`, `up`, `rollback`, `edit`, and by `restrike doctor`.
"""

import os
from pathlib import Path

from shared.config.contradictions import key_faults, missing
from shared.config.reading import Examined, examine, read, told
from shared.rules import known_rules


def faults_in(path: Path, *, rules: Path | None = None) -> list[str]:
    """A sentence for each fault of the file; none for a file that is not there. `rules`: the folder of the home's own
    rule sets, if it is to be known whether each ring's rule set can be had.

    Raises:
        ConfigError: it is there and cannot be read.
    """
    text = read(path)
    return [] if text is None else faults_of_text(text, rules=rules)


def faults_of_text(text: bytes, *, rules: Path | None = None) -> list[str]:
    """A sentence for each fault of what would stand in the file."""
    found = examine(text, os.environ)
    if rules is None:
        lacking = [] if found.sound is None else key_faults(found.sound)
        return [*found.sentences, *(told(fault, found.origins) for fault in lacking)]
    sentences = [*found.sentences, *lacking_in(found, rules)]
    _, broken = known_rules(rules)
    return [*sentences, *(sentence for sentence in broken if sentence not in sentences)]


def lacking_in(found: Examined, rules: Path) -> list[str]:
    """A sentence for each thing that is referred to and cannot be had, also where the rest has other faults."""
    return [] if found.sound is None else [told(fault, found.origins) for fault in missing(found.sound, rules)]
