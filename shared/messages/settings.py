"""Settings that operators change at run time; the catalogue of keys is shared/settings/catalogue.py."""

from msgspec import Struct

from shared.messages.requests import Command
from shared.messages.service import WRITER

SettingValue = str | int | float | bool | None
"""A setting of type json travels as its JSON text; None: the default is in force."""


class SettingChanged(Struct, frozen=True, kw_only=True):
    """`settings.changed/db-writer/`: a setting has a new value; `value` is None for a sensitive one and for a reset.

    `needs_restart` names the services that take the new value only when they start again.
    """

    key: str
    value: SettingValue
    is_sensitive: bool
    is_default: bool
    author: str
    reason: str | None
    changed_at_us: int
    needs_restart: list[str] = []


class SettingsChanged(Struct, frozen=True, kw_only=True):
    """What a command changed; settings that had the value already are left out."""

    changed: list[SettingChanged]


class ChangeSettings(Command[SettingsChanged], frozen=True, kw_only=True):
    """Give settings new values (None: back to the default), all of them or, when one is refused, none."""

    name = "change_settings"
    service = WRITER
    reply = SettingsChanged
    author: str
    reason: str | None = None
    values: dict[str, SettingValue]


class KeyRotated(Struct, frozen=True, kw_only=True):
    """The sensitive values that were encrypted anew."""

    values: int


class RotateKey(Command[KeyRotated], frozen=True, kw_only=True):
    """Make a new key file and encrypt every sensitive value with it."""

    name = "rotate_key"
    service = WRITER
    reply = KeyRotated
    author: str
