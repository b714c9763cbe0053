"""`restrike license fingerprint`: by what a licence knows this machine; works with the suite up or down."""

from collections.abc import Iterator
from typing import Final

from services.cli import output
from services.cli.license.telling import wrapped
from shared.errors import NetworkError
from shared.licensing.fingerprint import BOARD
from shared.licensing.fingerprint import fingerprint as read_here
from shared.messages.license import GetFingerprint, MachineFingerprint
from shared.paths import Paths
from shared.rpc import Client

DEADLINE_S: Final = 1.0
CHANGES: Final = {
    "os": "changes when the system is installed anew",
    "board": "changes with another board or processor; decides only where one of the numbers changed",
    "disk": "changes with another system disk",
}
"""What a trait does not survive; all of them survive a restart, another network card, and upgrades of the system."""
COMMON: Final = "does not count: it is no number of one machine, others have the same"
PRIVACY: Final = (
    "Only the digests leave this machine, with a request to the vendor; the values stay here. Restarts, another network"
    " card, another name or address, and upgrades of the system change none of them."
)


def fingerprint(*, json: output.Json = False) -> None:
    """Show by what a licence knows this machine.

    And what that is made of. The suite need not run.
    """
    found = _found(Paths.from_environment())
    if json:
        output.document(found)
        return
    output.line(found.fingerprint)
    output.line("")
    for line in _lines(found):
        output.line(line)


def _found(paths: Paths) -> MachineFingerprint:
    """The service's, as it is the one that counts; while it does not answer, it is read here."""
    try:
        return Client(paths).call(GetFingerprint(), deadline_s=DEADLINE_S)
    except NetworkError:
        return read_here()


def _lines(found: MachineFingerprint) -> Iterator[str]:
    names = max(len(part.name) for part in found.parts)
    for part in found.parts:
        margin = " " * (names + 2)
        digest = part.digest or ("not counted" if part.value else "not told by this machine")
        yield wrapped(f"{digest}  {part.what}", first=f"{part.name:<{names}}  ")
        if part.value:
            yield wrapped(f"value: {part.value}", first=margin)
        if part.value and not part.digest:
            yield wrapped(COMMON, first=margin)
        elif part.name in CHANGES:
            yield wrapped(CHANGES[part.name], first=margin)
    numbers = [part for part in found.parts if part.digest is not None and part.name != BOARD]
    has_board = any(part.digest is not None and part.name == BOARD for part in found.parts)
    yield ""
    if not numbers:
        yield wrapped("This machine has no number of its own: a licence that is bound to machines cannot know it.")
        return
    if len(numbers) == 1:
        stays = f"its number ({numbers[0].name}) is"
    else:
        stays = f"{len(numbers) // 2 + 1} of its {len(numbers) + 1} traits are" if has_board else "its numbers are"
    yield wrapped(f"It is the same machine while {stays}. {PRIVACY}")
