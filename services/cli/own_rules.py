"""This home's own rule sets, file by file: a broken one hides no other. Used by `restrike pss rules` and
`config check`.

`shared.rules.available` has the last word but stops at the first broken file.
"""

from pathlib import Path

from shared.errors import ConfigError
from shared.messages.rules import RuleSet
from shared.rules import read, shipped


def known_rules(folder: Path) -> tuple[dict[str, RuleSet], list[str]]:
    """The shipped rule sets and the sound ones of `folder`, by name, and a sentence for each broken file."""
    known, broken = shipped(), []
    for path in sorted(folder.glob("*.json")):
        try:
            rules = read(path)
        except ConfigError as error:
            broken.append(str(error))
        else:
            known[rules.name] = rules
    return known, broken
