"""This home's own rule sets, file by file: a broken one hides no other. Used by `restrike pss rules` and
`config check`.

`shared.rules.available` has the last word but stops at the first broken file.
"""

from pathlib import Path

import msgspec

from shared.messages.rules import RuleSet
from shared.rules import faults_of, shipped


def known_rules(folder: Path) -> tuple[dict[str, RuleSet], list[str]]:
    """The shipped rule sets and the sound ones of `folder`, by name, and a sentence for each broken file."""
    known, broken = shipped(), []
    for path in sorted(folder.glob("*.json")):
        try:
            rules = msgspec.json.decode(path.read_bytes(), type=RuleSet)
        except OSError as error:
            broken.append(f"{path} cannot be read: {error.strerror}.")
            continue
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            broken.append(f"{path} is no rule set: {error}. See shared/rules/ for the form.")
            continue
        if faults := faults_of(rules):
            broken.append(f"{path}: {' '.join(faults)}")
        else:
            known[rules.name] = rules
    return known, broken
