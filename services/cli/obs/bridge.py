"""What obs-bridge knows of the connections; for `restrike obs`."""

from shared.errors import RestrikeError, ValidationError
from shared.messages.obs_commands import GetObsStatus, ObsStatuses
from shared.messages.service import BRIDGE
from shared.paths import Paths
from shared.rpc import Client, is_locked


def is_running(paths: Paths) -> bool:
    """Whether obs-bridge runs."""
    return is_locked(paths.lock(BRIDGE))


def statuses(paths: Paths, name: str | None = None) -> ObsStatuses:
    """How connections stand, every one or the named one.

    Raises:
        NetworkError: obs-bridge does not run or answer.
        ValidationError: there is no connection of that name.
    """
    found = Client(paths).call(GetObsStatus())
    chosen = [one for one in found.connections if name in (None, one.connection)]
    if name is not None and not chosen:
        raise unknown(name, [one.connection for one in found.connections])
    return ObsStatuses(connections=chosen, is_paused=found.is_paused)


def statuses_if_running(paths: Paths) -> ObsStatuses | None:
    """How every connection stands; None while nobody answers."""
    try:
        return Client(paths).call(GetObsStatus())
    except RestrikeError:  # the caller says that no state is known
        return None


def unknown(name: str, known: list[str]) -> ValidationError:
    """There is no connection of that name."""
    there = f"There are: {', '.join(known)}." if known else "There is none yet."
    sentence = f"There is no OBS connection of that name. {there} Make one with: restrike obs add NAME"
    return ValidationError("obs.unknown", sentence, value=name)
