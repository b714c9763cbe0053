"""Hotkeys of OBS, by their names or as keys; obs-bridge."""

from typing import Final

from services.obs_bridge.acts.facts import Done, ObsFacts
from services.obs_bridge.procedure import Ask, Procedure
from shared.errors import ObsError, ValidationError
from shared.messages.obs_actions import Answer, Hotkeys, PressHotkey

MODIFIERS: Final = ("shift", "control", "alt", "command")


def press_hotkey(action: PressHotkey, _: ObsFacts) -> Procedure[Done]:
    """Trigger a hotkey; OBS does not tell what that does."""
    unknown = [name for name in action.modifiers if name not in MODIFIERS]
    if unknown:
        raise ValidationError("obs.modifier", f"The modifiers of keys are {', '.join(MODIFIERS)}.", value=unknown)
    try:
        if action.hotkey.startswith("OBS_KEY_"):
            modifiers = dict.fromkeys(action.modifiers, True)
            yield Ask("TriggerHotkeyByKeySequence", {"keyId": action.hotkey, "keyModifiers": modifiers})
        else:
            yield Ask("TriggerHotkeyByName", {"hotkeyName": action.hotkey})
    except ObsError as error:
        if error.code != "obs.refused":
            raise
        raise ObsError(
            "obs.not_found",
            "OBS has no hotkey or key of this name: see restrike obs hotkey list.",
            value=action.hotkey,
        ) from None
    return Done(message=f"OBS took {action.hotkey}; it does not tell what that did.", confirmed=False)


def ask_hotkeys(_: Hotkeys, __: ObsFacts) -> Procedure[Answer]:
    """`[name]`, each once: OBS lists those of sources as often as there are sources."""
    listed = yield Ask("GetHotkeyList")
    return list(dict.fromkeys(listed["hotkeys"]))
