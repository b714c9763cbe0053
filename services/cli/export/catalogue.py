"""The one table of exports, by name; `restrike export`. The formats know nothing of it."""

from typing import Final

from services.cli.export import match_exports as of_matches
from services.cli.export import other_exports as others
from services.cli.export.columns import Export

_ALL: Final = (
    of_matches.MATCHES,
    of_matches.RESULTS,
    of_matches.ROUNDS,
    others.EVENTS,
    of_matches.SCORES,
    of_matches.CHALLENGES,
    of_matches.INTERVENTIONS,
    of_matches.EDITS,
    others.ATHLETES,
    others.FINDINGS,
    others.SETTINGS,
    others.AUDIT,
)
EXPORTS: Final[dict[str, Export]] = {export.name: export for export in _ALL}
assert len(EXPORTS) == len(_ALL)  # noqa: S101 - one name each, checked at import
