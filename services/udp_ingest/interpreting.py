"""How a ring's datagrams are to be read and judged, from restrike.json and its rule set; udp-ingest."""

from pathlib import Path

from shared.config import Ring
from shared.errors import ConfigError
from shared.messages.rules import Dialect, Interpretation, RuleSet
from shared.rules import DEFAULT_RULES, find, shipped


def interpretation_of(ring: Ring, folder: Path) -> Interpretation:
    """What `ring` asks for; `folder` holds the home's own rule sets.

    Raises:
        ConfigError: there is no such rule set, or a file in `folder` cannot be used.
    """
    return _by(ring, find(ring.rules, folder))


def at_any_rate(ring: Ring, folder: Path) -> tuple[Interpretation, str | None]:
    """As `interpretation_of`, but a rule set that cannot be had keeps no ring from being heard: then the shipped one of
    that name, else the default, and a sentence that says so.
    """
    try:
        return interpretation_of(ring, folder), None
    except ConfigError as error:
        known = shipped()
        rules = known.get(ring.rules, known[DEFAULT_RULES])
        return _by(ring, rules), f"{error.message} It is judged by {rules.name} as it ships."


def _by(ring: Ring, rules: RuleSet) -> Interpretation:
    return Interpretation(
        rule_set=rules,
        dialect=None if ring.dialect == "auto" else Dialect(ring.dialect),
        strictness=ring.unknown_streams,
        encodings=tuple(ring.encodings),
    )
