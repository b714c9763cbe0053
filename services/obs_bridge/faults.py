"""What is wrong with a connection to OBS, in words that an operator can act on; obs-bridge."""

import socket
from typing import Final

from msgspec import Struct

from shared.errors import ObsError

CLOSE_CODES: Final = {
    1000: "it ended the connection",
    1001: "OBS ends, or its websocket server was switched off or restarted",
    1006: "the connection broke off",
    4002: "it could not read what was sent",
    4007: "it was asked before the login",
    4008: "it was logged in to twice",
    4009: "the password is wrong",
    4010: "it speaks another version of the protocol",
    4011: "its operator ended this session",
    4012: "it lacks a feature that was asked for",
}
"""Codes of a websocket's close frame -> what they mean; from 4000 on they are obs-websocket's own."""
NEEDS_A_PERSON: Final = frozenset({"obs.wrong_password", "obs.password_missing", "obs.too_old", "obs.not_obs"})
"""What does not go away by itself; it is tried again all the same, for the person may act at OBS."""


class CloseFrame(Struct, frozen=True):
    """What OBS said when it closed a connection."""

    code: int
    text: str


def no_connection(error: OSError | UnicodeError, host: str, port: int) -> ObsError:
    """Why there is no TCP connection to `host`:`port`."""
    where = f"{host}:{port}"
    if isinstance(error, socket.gaierror | UnicodeError):
        return ObsError(
            "obs.host_unknown", f"There is no computer named {host}: correct the name, or give its address."
        )
    if isinstance(error, ConnectionRefusedError):
        return ObsError(
            "obs.nobody_listens",
            f"Nothing listens on {where}: start OBS, and switch on its websocket server with this port "
            "(Tools, WebSocket Server Settings).",
        )
    said = f" ({error.strerror})" if error.strerror else ""
    return ObsError(
        "obs.unreachable",
        f"{where} cannot be reached{said}: is that computer on, in the network, and does its firewall allow the port?",
    )


def silent(host: str, port: int) -> ObsError:
    """Somebody accepts connections there, and says nothing."""
    return ObsError("obs.silent", f"{host}:{port} does not answer: OBS hangs, or another program has this port.")


def hung_up(host: str, port: int) -> ObsError:
    """Somebody accepts connections there, and ends them."""
    return ObsError(
        "obs.hung_up",
        f"{host}:{port} ends the connection at once: OBS is ending, or another program has this port.",
    )


def not_obs(host: str, port: int) -> ObsError:
    """Somebody else is there."""
    return ObsError(
        "obs.not_obs",
        f"What listens on {host}:{port} is not obs-websocket 5: another program has the port, or OBS is too old.",
    )


def too_old(host: str, port: int) -> ObsError:
    """OBS speaks a protocol that this suite does not."""
    return ObsError("obs.too_old", f"OBS on {host}:{port} is too old: obs-websocket 5 (OBS 28 or newer) is needed.")


def password_missing() -> ObsError:
    """OBS wants a password and there is none."""
    return ObsError("obs.password_missing", "OBS asks for a password: store the one that is set in OBS.")


def closed_by_obs(closed: CloseFrame | None) -> ObsError:
    """The connection ended on OBS's side; None: without a close frame."""
    code = closed.code if closed else 1006
    if code == 4009:
        return ObsError("obs.wrong_password", "OBS refuses the password: store the one that is set in OBS.")
    if code == 4010:
        return ObsError("obs.too_old", "OBS speaks another version of the protocol: obs-websocket 5 is needed.")
    said = f": {closed.text}" if closed and closed.text else ""
    meaning = CLOSE_CODES.get(code, "it gave no known reason")
    return ObsError("obs.closed", f"OBS closed the connection, as {meaning} (code {code}{said}).")


def lost_while(what: str, why: ObsError) -> ObsError:
    """The connection ended after a request went out."""
    message = f"The connection was lost during {what}; it is not known whether OBS did it. {why.message}"
    return ObsError("obs.gone", message, value=what)


def not_answered(request: str, within_s: float) -> ObsError:
    """No answer in time."""
    return ObsError(
        "obs.no_answer",
        f"OBS did not answer {request} within {within_s:g} s; it is not known whether OBS did it.",
        value=request,
    )


def refused(request: str, status: int, comment: str) -> ObsError:
    """OBS said no."""
    said = f": {comment}" if comment else ""
    return ObsError(
        "obs.refused", f"OBS refused {request} ({status}{said}).", value=request, status=status, comment=comment
    )


def not_sent(reason: ObsError | None) -> ObsError:
    """There is no connection to send anything on."""
    why = f" {reason.message}" if reason else ""
    return ObsError("obs.not_connected", f"OBS is not connected, so nothing was sent.{why}")


def ours() -> ObsError:
    """A thread of ours failed."""
    return ObsError(
        "obs.fault", "The connection ended by a fault of the suite: it is made again; please report what its log says."
    )


def hung(within_s: float) -> ObsError:
    """Connected, and silent."""
    return ObsError("obs.hung", f"OBS hangs: it did not answer within {within_s:g} s.")


def closed_by_us() -> ObsError:
    """The connection was ended on purpose."""
    return ObsError("obs.disconnected", "This connection is switched off.")
