"""Streaming: start once the settings are complete, stop; obs-bridge."""

import re
from typing import Any, Final

from services.obs_bridge.acts.facts import NOT_RUNNING, RUNNING, Done, ObsFacts
from services.obs_bridge.acts.outputs import changed, is_unconfirmed, state_of, went
from services.obs_bridge.procedure import Ask, Data, Event, Procedure, Proof
from shared.errors import ObsError
from shared.messages.obs_actions import Answer, StartStream, StopStream, StreamSettings

EVENT: Final = "StreamStateChanged"
CUSTOM: Final = "rtmp_custom"
WHIP: Final = "whip_custom"
KEYLESS: Final = ("srt:", "rist:")
"""Addresses that hold their key themselves."""
SECRET: Final = re.compile(r"(?<=//)[^/@]*@|\?.*$")
"""What of an address is not shown: name and password, and what comes after a question mark."""
CONNECT_S: Final = 20.0
"""OBS gives up on a server that does not answer after some ten seconds."""
FIRST_SIGN_S: Final = 3.0


def settings() -> Procedure[dict[str, Any]]:
    """`{service, server, has_key, complete, missing: [text]}`; never the key."""
    found = yield Ask("GetStreamServiceSettings")
    return told(found["streamServiceType"], found["streamServiceSettings"])


def told(kind: str, said: Data) -> dict[str, Any]:
    """What may be shown of the settings that OBS gave. A server whose address holds the key is shown without it."""
    service = {CUSTOM: "Custom", WHIP: "WHIP"}.get(kind) or said.get("service") or ""
    server = str(said.get("server") or "")
    has_key = bool(said.get("bearer_token" if kind == WHIP else "key"))
    needs_key = not server.startswith(KEYLESS)
    there = {"the service": service, "the server": server, "the stream key": has_key or not needs_key}
    missing = [what for what, value in there.items() if not value]
    return {
        "service": service or None,
        "server": SECRET.sub("", server) or None,
        "has_key": has_key,
        "complete": not missing,
        "missing": missing,
    }


def start_stream(_: StartStream, on: ObsFacts) -> Procedure[Done]:
    """Go live, unless OBS is; over when the server took the stream, or OBS gave up. Raises `obs.stream_incomplete`,
    `obs.start_failed` and `obs.not_confirmed`.
    """
    status = yield Ask("GetStreamStatus")
    if status["outputActive"]:
        return Done(message="OBS streams already.", details={"was_running": True})
    set_up = yield from settings()
    if not set_up["complete"]:
        raise ObsError(
            "obs.stream_incomplete",
            f"OBS has no complete settings for a stream; missing: {', '.join(set_up['missing'])}. Set them in OBS "
            "(Settings, Stream).",
            value=set_up["missing"],
        )
    where = set_up["server"]
    try:
        proof: Proof = yield changed("StartStream", EVENT, "STARTING", "STARTED", within_s=FIRST_SIGN_S)
        event = proof.event
        if state_of(event) != "STARTED":
            event = yield Event(event=EVENT, matches=went("STARTED", "STOPPED"), within_s=max(CONNECT_S, on.confirm_s))
    except ObsError as error:
        if error.status == RUNNING:
            return Done(message="OBS streams already.", details={"was_running": True})
        if not is_unconfirmed(error):
            raise
        raise (yield from _what_is_known(where)) from None
    if state_of(event) == "STOPPED":
        raise ObsError(
            "obs.start_failed",
            "The server did not take the stream: look at OBS's screen for the reason. Is the network up, is the key "
            "right, and does nobody else stream with it?",
            value=where,
        )
    return Done(message=f"OBS streams to {where}.", details={"was_running": False, "server": where})


def _what_is_known(where: str) -> Procedure[ObsError]:
    status = yield Ask("GetStreamStatus")
    if status["outputReconnecting"]:
        known = "it is connecting again"
    elif status["outputActive"]:
        known = "it streams, and did not tell so"
    else:
        known = "it does not stream: a window may be open at its screen"
    return ObsError(
        "obs.not_confirmed", f"OBS accepted the stream and did not tell that it started; {known}.", value=where
    )


def stop_stream(_: StopStream, on: ObsFacts) -> Procedure[Done]:
    """End the stream, if there is one."""
    try:
        yield changed("StopStream", EVENT, "STOPPED", within_s=on.confirm_s)
    except ObsError as error:
        if error.status == NOT_RUNNING:
            return Done(message="OBS does not stream: there was nothing to end.", details={"was_running": False})
        if not is_unconfirmed(error) or (yield Ask("GetStreamStatus"))["outputActive"]:
            raise
    return Done(message="The stream has ended.", details={"was_running": True})


def ask_stream_settings(_: StreamSettings, __: ObsFacts) -> Procedure[Answer]:
    """`{service, server, has_key, complete, missing: [text]}`."""
    return (yield from settings())
