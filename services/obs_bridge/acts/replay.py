"""The replay buffer: switch it on and off, save what it holds; obs-bridge."""

from collections.abc import Callable
from typing import Final

from msgspec import Struct

from services.obs_bridge.acts import profiles, record_settings
from services.obs_bridge.acts.facts import NOT_AVAILABLE, NOT_RUNNING, RUNNING, Done, ObsFacts
from services.obs_bridge.acts.outputs import FIRST_SIGN_S, changed, is_unconfirmed, running, state_of, went
from services.obs_bridge.procedure import Ask, Confirmed, Data, Event, Procedure, Proof
from shared.errors import ObsError
from shared.messages.obs_actions import SaveReplay, StartReplayBuffer, StopReplayBuffer

EVENT: Final = "ReplayBufferStateChanged"
SOUND_ONLY: Final = (
    "pulse_",
    "alsa_",
    "jack_",
    "sndio_",
    "oss_",
    "wasapi_",
    "coreaudio_",
    "sck_audio_",
    "audio_line",
)
"""Beginnings of the kinds of inputs that have no picture."""


class BufferState(Struct, frozen=True, kw_only=True):
    """The replay buffer: whether this OBS has one (`is_enabled` in its settings when its outputs were made), and
    whether it runs.
    """

    is_enabled: bool
    is_on: bool = False


def state() -> Procedure[BufferState]:
    """How the replay buffer is."""
    try:
        status = yield Ask("GetReplayBufferStatus")
    except ObsError as error:
        if error.status != NOT_AVAILABLE:
            raise
        return BufferState(is_enabled=False)
    return BufferState(is_enabled=True, is_on=status["outputActive"])


def has_pictures() -> Procedure[bool]:
    """Whether the scene collection has a source with a picture: without one, OBS keeps no replay buffer and opens a
    window.
    """
    listed = yield Ask("GetInputList")
    return any(not found["inputKind"].startswith(SOUND_ONLY) for found in listed["inputs"])


def start(on: ObsFacts, *, may_reload: bool = False, named: Callable[[], None] = lambda: None) -> Procedure[bool]:
    """Keep the last seconds; False when it did already. OBS names clips by its format of names at this moment, so that
    this is seen to first; `named` is called when OBS does not seem to take it, so that nobody else need leave the
    format alone any longer. Raises `obs.no_sources`, `obs.replay_disabled` and `obs.not_confirmed`.

    may_reload: a buffer that is not enabled is, if nothing runs that a change of the profile would disturb. For as long
    OBS is in a profile of nobody's, so only a person may ask for that.
    """
    now = yield from state()
    if now.is_on:
        return False
    if not (yield from has_pictures()):
        raise ObsError(
            "obs.no_sources",
            "The scene collection has no source with a picture, so that OBS would keep no replay buffer: add one, or "
            "have the suite build its scenes (restrike obs collection build).",
        )
    if not now.is_enabled:
        yield from enable(on, may_reload=may_reload)
    for within_s in (FIRST_SIGN_S, on.confirm_s):
        yield from record_settings.tell_files_apart()
        if (yield from _begin(on, within_s=min(within_s, on.confirm_s), named=named)):
            return True
        named()
    raise ObsError(
        "obs.not_confirmed",
        f"OBS accepted it {on.confirm_s:g} s ago and keeps no replay buffer: look at its screen, a window may be open.",
    )


def _begin(on: ObsFacts, *, within_s: float, named: Callable[[], None]) -> Procedure[bool]:
    """Ask once; False when nothing came of it and it may be asked again."""
    try:
        proof: Proof = yield changed("StartReplayBuffer", EVENT, "STARTING", "STARTED", within_s=within_s)
        told = proof.event
        if state_of(told) != "STARTED":
            told = yield from _what_became(on, named)
    except ObsError as error:
        if error.status != RUNNING and not is_unconfirmed(error):
            raise
        return (yield from state()).is_on
    if state_of(told) == "STOPPED":
        raise ObsError(
            "obs.start_failed",
            "OBS began to keep the replay buffer and gave up: look at its screen, and at its log. Mostly the encoder "
            "is not available.",
        )
    return True


def _what_became(on: ObsFacts, named: Callable[[], None]) -> Procedure[Data]:
    """STARTED or STOPPED, after STARTING; OBS reads the format of names in the moment between."""
    try:
        told: Data = yield Event(event=EVENT, matches=went("STARTED", "STOPPED"), within_s=FIRST_SIGN_S)
    except ObsError as error:
        if not is_unconfirmed(error):
            raise
        named()
        told = yield Event(event=EVENT, matches=went("STARTED", "STOPPED"), within_s=on.confirm_s)
    return told


def stop(on: ObsFacts) -> Procedure[bool]:
    """Keep them no more; False when OBS did not."""
    try:
        yield changed("StopReplayBuffer", EVENT, "STOPPED", within_s=on.confirm_s)
    except ObsError as error:
        if error.status in {NOT_RUNNING, NOT_AVAILABLE}:
            return False
        if not is_unconfirmed(error) or (yield from state()).is_on:
            raise
    return True


def save(on: ObsFacts) -> Procedure[str]:
    """Save what the buffer holds; the clip's file as OBS named it. Of two saves within 5 ms OBS makes one clip, and
    both get it. Raises `obs.replay_off`, and `obs.not_confirmed` with what is known.
    """
    try:
        proof: Proof = yield Confirmed(ask=Ask("SaveReplayBuffer"), event="ReplayBufferSaved", within_s=on.confirm_s)
    except ObsError as error:
        if error.status in {NOT_RUNNING, NOT_AVAILABLE}:
            raise ObsError(
                "obs.replay_off", "OBS keeps no replay buffer, so there is nothing to save: start it."
            ) from None
        if not is_unconfirmed(error):
            raise
        raise (yield from _why_unsaved(on)) from None
    return str(proof.event["savedReplayPath"])


def _why_unsaved(on: ObsFacts) -> Procedure[ObsError]:
    now = yield from state()
    last = (yield Ask("GetLastReplayBufferReplay")).get("savedReplayPath") if now.is_on else None
    known = f"the last clip that it names is {last}" if last else "it has saved no clip yet"
    if not now.is_on:
        known = "its replay buffer is off by now"
    return ObsError(
        "obs.not_confirmed",
        f"OBS accepted the save {on.confirm_s:g} s ago and has written no clip; {known}. Is its folder there, has its "
        "disk room, and did the buffer run for some seconds?",
        value=last,
    )


def enable(on: ObsFacts, *, may_reload: bool) -> Procedure[None]:
    """Switch the replay buffer on in the profile, and load the profile again, with which it acts. Raises
    `obs.replay_disabled` when it may not be loaded again, or something runs that this would end.
    """
    section = yield from record_settings.mode()
    if not (yield from record_settings.flag(section, "RecRB")):
        yield from record_settings.set_parameter(section, "RecRB", "true")
    if not may_reload:
        raise ObsError(
            "obs.replay_disabled",
            "The replay buffer was not enabled in OBS. Its profile is changed now, and OBS acts on it once the profile "
            "is loaded again: restrike obs replay start does that while nothing else runs, or restart OBS.",
        )
    busy = yield from running()
    if busy:
        raise ObsError(
            "obs.replay_disabled",
            "The replay buffer was not enabled in OBS. Its profile is changed now, and OBS acts on it once the profile "
            f"is loaded again; this waits, as OBS {' and '.join(busy)}: stop that and ask again, or restart OBS.",
            value=busy,
        )
    yield from profiles.reload(on)
    if not (yield from state()).is_enabled:
        raise ObsError(
            "obs.replay_disabled",
            "The replay buffer is not available in OBS, though it is enabled in the profile now: restart OBS. In mode "
            "Advanced it needs the recording type Standard.",
        )


def start_replay_buffer(_: StartReplayBuffer, on: ObsFacts) -> Procedure[Done]:
    """Keep the last seconds, unless OBS does; for a rule."""
    return (yield from _start(on, may_reload=False))


def start_by_hand(_: StartReplayBuffer, on: ObsFacts) -> Procedure[Done]:
    """The same for a person, who may have the profile loaded again."""
    return (yield from _start(on, may_reload=True))


def _start(on: ObsFacts, *, may_reload: bool) -> Procedure[Done]:
    if not (yield from start(on, may_reload=may_reload)):
        return Done(message="OBS keeps the replay buffer already.", details={"was_running": True})
    return Done(message="OBS keeps the replay buffer.", details={"was_running": False})


def stop_replay_buffer(_: StopReplayBuffer, on: ObsFacts) -> Procedure[Done]:
    """Keep them no more."""
    was_running = yield from stop(on)
    message = "OBS keeps the replay buffer no more." if was_running else "OBS kept no replay buffer."
    return Done(message=message, details={"was_running": was_running})


def save_replay(_: SaveReplay, on: ObsFacts) -> Procedure[Done]:
    """Save a clip."""
    path = yield from save(on)
    return Done(message=f"OBS saved {path}.", details={"path": path})
