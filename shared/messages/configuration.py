"""restrike.json while the suite runs: taken over, refused, and what of it needs a restart."""

from msgspec import Struct

from shared.messages.requests import Command
from shared.messages.service import ANY_SERVICE


class ConfigurationState(Struct, frozen=True, kw_only=True):
    """`service.configuration/<service>/`: what a service goes by; on each change.

    `version` is the beginning of the checksum of what is in force, None for the defaults. `source` says where that
    comes from: `file`, `accepted` (the file cannot be used; what was accepted last is in force) or `defaults` (there
    is no file). `faults` say why the file is not in force, `refused` is its checksum. `changed` are the paths that this
    service took over last, at `taken_over_at_us`; `needs_restart` those that it takes over at its next start only.
    `overrides` are the variables RESTRIKE__… that it was started with.
    """

    service: str
    version: str | None
    source: str = "file"
    faults: tuple[str, ...] = ()
    refused: str | None = None
    changed: tuple[str, ...] = ()
    needs_restart: tuple[str, ...] = ()
    taken_over_at_us: int | None = None
    overrides: dict[str, str] = {}


class ReloadConfiguration(Command[ConfigurationState], frozen=True, kw_only=True):
    """Read restrike.json now, and take over what can be. A service does so by itself within two seconds."""

    name = "reload_configuration"
    service = ANY_SERVICE
    reply = ConfigurationState


class GetConfigurationState(Command[ConfigurationState], frozen=True, kw_only=True):
    """What the service goes by."""

    name = "get_configuration_state"
    service = ANY_SERVICE
    reply = ConfigurationState
