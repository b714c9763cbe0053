"""Screenshots: OBS writes a picture of a source or scene to its own disk; obs-bridge."""

from services.obs_bridge.acts import scenes
from services.obs_bridge.acts.facts import NOT_FOUND, Done, ObsFacts
from services.obs_bridge.procedure import Ask, Procedure
from shared.errors import ObsError, ValidationError
from shared.messages.obs_actions import TakeScreenshot


def take_screenshot(action: TakeScreenshot, on: ObsFacts) -> Procedure[Done]:
    """Save a picture; OBS answers once it is written."""
    ending = action.path.rpartition(".")[2].lower()
    if "." not in action.path or (on.picture_formats and ending not in on.picture_formats):
        formats = ", ".join(on.picture_formats) or "png, jpg"
        raise ValidationError(
            "obs.picture_format", f"The path must end in a format that OBS writes: {formats}.", value=action.path
        )
    source = action.source or (yield from scenes.program())
    data = {"sourceName": source, "imageFormat": ending, "imageFilePath": action.path}
    try:
        yield Ask("SaveSourceScreenshot", data, slow=True)
    except ObsError as error:
        if error.status == NOT_FOUND and "director" in error.comment:
            raise ObsError(
                "obs.folder_missing", "The picture's folder is not there on OBS's machine: make it.", value=action.path
            ) from None
        if error.status == NOT_FOUND:
            raise ObsError("obs.not_found", "OBS has no source or scene of this name.", value=source) from None
        raise
    return Done(message=f"A picture of {source} is in {action.path}.", details={"path": action.path, "source": source})
