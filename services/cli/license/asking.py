"""Asks the service license to do something, and says what to do where the vendor's server is in the way."""

import sys
from typing import Final, TypeVar

from services.cli import output
from shared.errors import NetworkError
from shared.messages.license import DeactivateLicense
from shared.messages.requests import Command
from shared.paths import Paths
from shared.rpc import Client, RefusedError

BY_FILE: Final = "Without a network it goes by file: restrike license request, restrike license install FILE."
OFFLINE: Final = "Without a network it goes by file: restrike license deactivate --offline."
HINTS: Final = {
    "license.server_not_reached": f"See license.server_url and the network, and try again. {BY_FILE}",
    "license.server_not_understood": f"Perhaps a page to log in is in between: see license.server_url. {BY_FILE}",
    "license.server_failed": "Try again in some minutes, or tell the vendor.",
    "license.server_lies": "Something stands between this machine and the vendor: see license.server_url.",
    "license.ca_file": "See: restrike settings get license.ca_file",
}
MAYBE: Final = "Perhaps it was done all the same: restrike license status"
R = TypeVar("R")


def ask(command: Command[R], *, of_vendor: bool = False, json: bool = False) -> R:
    """Have it done; `of_vendor`: the vendor's server is asked, which may take some seconds.

    Raises:
        NetworkError: the service does not run, or did not answer in time.
        RefusedError: it was not done; the sentence says what to do.
    """
    if of_vendor and not json and sys.stderr.isatty():
        output.note("Asking the vendor's server …")
    try:
        return Client(Paths.from_environment()).call(command)
    except RefusedError as error:
        hint = HINTS.get(error.code)
        if hint is None:
            raise
        if isinstance(command, DeactivateLicense):
            hint = hint.replace(BY_FILE, OFFLINE)
        raise RefusedError(error.code, f"{error.message.rstrip('.')}. {hint}", value=error.value) from error
    except NetworkError as error:
        if error.code != "service.no_answer":
            raise
        raise NetworkError(error.code, f"{error.message.rstrip('.')}. {MAYBE}") from error
