"""A message over the picture for a while: text, show, and hide again; obs-bridge."""

from services.obs_bridge.acts import scenes, sources
from services.obs_bridge.acts.facts import Done, Hide, ObsFacts
from services.obs_bridge.procedure import Ask, Procedure
from shared.messages.obs_actions import ShowMessage


def show_message(action: ShowMessage, _: ObsFacts) -> Procedure[Done]:
    """Write and show; hiding it is left to who performs this."""
    scene = action.scene or (yield from scenes.program())
    yield from sources.write(action.source, action.text)
    yield from sources.show(scene, action.source, visible=True)
    again = Hide(source=action.source, scene=scene, text=action.text, after_ms=action.for_ms)
    return Done(
        message=f"{action.source} reads {action.text!r} in {scene} for {action.for_ms / 1000:g} s.",
        details={"scene": scene, "text": action.text},
        hide=again,
    )


def hide(what: Hide) -> Procedure[None]:
    """Hide it now, unless another text was written there meanwhile."""
    if what.text is not None:
        now = yield Ask("GetInputSettings", {"inputName": what.source})
        if now["inputSettings"].get("text") != what.text:
            return
    scene = what.scene or (yield from scenes.program())
    yield from sources.show(scene, what.source, visible=False)
