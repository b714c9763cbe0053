"""Where each ring's journal begins and ends: told by udp-ingest's package, which alone knows the file; for restores."""

import os
import subprocess
import sys
from typing import Final

import msgspec
from msgspec import Struct

from shared.errors import DatabaseError
from shared.paths import Paths

_TELLS: Final = "services.udp_ingest.ends"


class RingEnds(Struct, frozen=True, kw_only=True):
    """A ring's oldest entry that the journal still holds (`last` + 1: none), its newest, and the session of that."""

    first: int
    last: int
    session: str


class JournalEnds(Struct, frozen=True, kw_only=True):
    """A journal's ends by ring; `journal_id` None: there is no journal."""

    journal_id: str | None
    rings: dict[str, RingEnds]


def journal_ends(paths: Paths) -> JournalEnds:
    """The ends of this home's journal, as it is committed now.

    Raises:
        DatabaseError: the journal cannot be read.
    """
    environment = os.environ | {"RESTRIKE_HOME": str(paths.home)}
    done = subprocess.run([sys.executable, "-P", "-m", _TELLS], env=environment, capture_output=True, check=False)
    if done.returncode:
        told = done.stderr.decode(errors="replace").strip()
        raise DatabaseError("journal.unreadable", f"The journal cannot be read: {told or 'it ended without a word'}")
    return msgspec.json.decode(done.stdout, type=JournalEnds)
