"""Which rings there are, for commands that read the database: those of restrike.json and those that something is stored
of. Used by `restrike match list` and `match findings`.
"""

from typing import Final

from services.cli.stored_rows import rows
from shared.config import in_force
from shared.errors import ValidationError
from shared.paths import Paths

_STORED: Final = """
SELECT ring FROM pss_matches UNION SELECT ring FROM udp_server_sessions UNION SELECT ring FROM findings
"""


def known_rings(paths: Paths) -> list[str]:
    """Their names: those of restrike.json as they stand there, then what else is stored.

    Raises:
        ConfigError: restrike.json cannot be used.
        DatabaseError: the database cannot be read.
    """
    configured = [ring.name for ring in in_force(paths).config.rings]
    return list(dict.fromkeys([*configured, *_stored(paths)]))


def check_ring(paths: Paths, ring: str) -> None:
    """Refuse a ring that nobody knows.

    Raises:
        ValidationError: there is no such ring; it names those that there are.
    """
    known = known_rings(paths)
    if ring not in known:
        raise ValidationError("ring.unknown", f"There is no ring {ring}. Known: {', '.join(known)}.")


def _stored(paths: Paths) -> list[str]:
    return sorted(ring for (ring,) in rows(paths.database, _STORED) if ring)
