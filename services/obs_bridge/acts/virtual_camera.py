"""The virtual camera; obs-bridge."""

from typing import Final

from services.obs_bridge.acts.facts import NOT_AVAILABLE, NOT_RUNNING, RUNNING, Done, ObsFacts
from services.obs_bridge.acts.outputs import changed
from services.obs_bridge.procedure import Procedure
from shared.errors import ObsError
from shared.messages.obs_actions import StartVirtualCamera, StopVirtualCamera

EVENT: Final = "VirtualcamStateChanged"


def start_virtual_camera(_: StartVirtualCamera, on: ObsFacts) -> Procedure[Done]:
    """Offer the program as a camera, unless it is."""
    try:
        yield changed("StartVirtualCam", EVENT, "STARTED", within_s=on.confirm_s)
    except ObsError as error:
        if error.status == RUNNING:
            return Done(message="The virtual camera runs already.")
        raise _worded(error) from None
    return Done(message="The virtual camera runs.")


def stop_virtual_camera(_: StopVirtualCamera, on: ObsFacts) -> Procedure[Done]:
    """Offer it no more."""
    try:
        yield changed("StopVirtualCam", EVENT, "STOPPED", within_s=on.confirm_s)
    except ObsError as error:
        if error.status in {NOT_RUNNING, NOT_AVAILABLE}:
            return Done(message="The virtual camera did not run.")
        raise
    return Done(message="The virtual camera is off.")


def _worded(error: ObsError) -> ObsError:
    """`error`, in better words when OBS has no virtual camera."""
    if error.status != NOT_AVAILABLE:
        return error
    return ObsError(
        "obs.not_supported",
        "OBS has no virtual camera on its machine: install its driver (on Linux v4l2loopback) and start OBS again.",
    )
