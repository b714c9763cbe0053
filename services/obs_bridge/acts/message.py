"""A message over the picture for a while: text, show, and hide again; obs-bridge."""

from services.obs_bridge.acts import scenes, sources
from services.obs_bridge.acts.facts import Done, ObsFacts
from services.obs_bridge.procedure import Ask, Pause, Procedure
from shared.messages.obs_actions import ShowMessage


def show_message(action: ShowMessage, _: ObsFacts) -> Procedure[Done]:
    """Write and show; hiding it is left to what is to be done afterwards."""
    scene = action.scene or (yield from scenes.program())
    yield from sources.write(action.source, action.text)
    yield from sources.show(scene, action.source, visible=True)
    return Done(
        message=f"{action.source} reads {action.text!r} in {scene} for {action.for_ms / 1000:g} s.",
        details={"scene": scene, "text": action.text},
        afterwards=_hide(action, scene),
    )


def _hide(action: ShowMessage, scene: str) -> Procedure[None]:
    """Hide it, unless another text was written there meanwhile: that has its own time."""
    yield Pause(action.for_ms / 1000)
    now = yield Ask("GetInputSettings", {"inputName": action.source})
    if now["inputSettings"].get("text") == action.text:
        yield from sources.show(scene, action.source, visible=False)
