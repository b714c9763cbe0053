"""Reads and writes restrike.json, for services and `restrike`."""

import hashlib
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from shared.config.contradictions import Fault, contradictions, faults_of
from shared.config.environment import PREFIX, override
from shared.config.faults import sound_part
from shared.config.json_text import is_text_sound, parsed
from shared.config.model import Config
from shared.errors import ConfigError

WAY_OUT: Final = "Mend the file; `restrike config check` tries it."
CHECKSUM_DIGITS: Final = 12


class Examined(Struct, frozen=True, kw_only=True):
    """A configuration and what is wrong with it. `config` is None when there are faults; `sound` is what could be read
    then, the default in place of the rest. `origins` names the variable of each path that the environment sets.
    """

    config: Config | None
    sound: Config | None = None
    faults: tuple[Fault, ...]
    origins: dict[str, str]

    @property
    def sentences(self) -> list[str]:
        """The faults, each with the variable that it comes from."""
        return [told(fault, self.origins) for fault in self.faults]


def told(fault: Fault, origins: Mapping[str, str]) -> str:
    """A fault's sentence, with the variable that set what it is about."""
    for path, variable in origins.items():
        if fault.place == path or fault.place.startswith((f"{path}.", f"{path}[")):
            return f"{fault.sentence} ({variable})"
    return fault.sentence


def examine(text: bytes | None, environment: Mapping[str, str]) -> Examined:
    """What a file's `text` and the environment say together; None: there is no file."""
    faults: list[Fault] = []
    document: Any = {}
    if text is not None:
        document, faults = parsed(text)
    if faults:
        return Examined(config=None, faults=tuple(faults), origins={})
    origins: dict[str, str] = {}
    if isinstance(document, dict):
        origins, unknown = override(document, environment)
        faults += unknown
    if not is_text_sound(document):
        sentence = "A text has half a character in it (\\ud800 to \\udfff, or a byte that is no UTF-8): take it out."
        half = Fault("", sentence)
        return Examined(config=None, faults=(half,), origins=origins)
    sound = sound_part(document, Config, place="", faults=faults)
    try:
        config = None if sound is None else msgspec.convert(sound, Config)
        if config is not None:
            faults += contradictions(config)
    except (msgspec.ValidationError, ValueError) as error:  # the look at each field above missed it
        faults.append(Fault("", f"It cannot be used: {error}."))
        config = None
    return Examined(config=None if faults else config, sound=config, faults=tuple(faults), origins=origins)


def read(path: Path) -> bytes | None:
    """The bytes of the file; None when there is none.

    Raises:
        ConfigError: it is there and cannot be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError("config.unreadable", f"{path} cannot be read: {error.strerror}.") from error


def load(path: Path) -> Config:
    """The configuration in `path` and the environment; the defaults where neither says anything.

    Raises:
        ConfigError: the file cannot be read or says something that cannot be; the sentence names path and reasons.
    """
    return _config_of(path, os.environ)


def load_file(path: Path) -> Config:
    """As `load`, without the environment: for whoever writes the file again.

    Raises:
        ConfigError: as `load`.
    """
    return _config_of(path, {})


def _config_of(path: Path, environment: Mapping[str, str]) -> Config:
    found = examine(read(path), environment)
    if found.config is None:
        raise refusal(path, found.sentences)
    return found.config


def refusal(path: Path, faults: list[str]) -> ConfigError:
    """The error that names all faults of the file."""
    return ConfigError("config.invalid", f"{path}: {' '.join(faults)} {WAY_OUT}")


def not_from_environment(path: str) -> None:
    """Refuse to write what the environment sets: the file would say one thing and the suite do another.

    Raises:
        ConfigError: a variable sets `path` or a part of it.
    """
    variable = PREFIX + path.replace(".", "__").upper()
    found = next((name for name in os.environ if name == variable or name.startswith(f"{variable}__")), None)
    if found is not None:
        raise ConfigError("config.from_environment", f"{path} is set by {found} in the environment: change it there.")


def save(path: Path, config: Config) -> None:
    """Replace `path` in one step.

    Raises:
        ConfigError: `config` contradicts itself.
        OSError: the file cannot be written.
    """
    faults = faults_of(config)
    if faults:
        raise ConfigError("config.invalid", " ".join(faults))
    write(path, text_of(config))


def write(path: Path, text: bytes) -> None:
    """Replace `path` by `text` in one step. It stays its owner's, whoever writes it: root may act in a home of the
    suite's own user, which must be able to read it. Raises OSError.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    before = path.stat() if path.exists() else None
    like = before if before is not None else path.parent.stat()
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    # A file of its own, never one that a link there leads to: its owner is set below, by root, too.
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as file:
        os.fchmod(file.fileno(), 0o600 | (stat.S_IMODE(before.st_mode) if before is not None else 0))
        if os.geteuid() == 0:
            os.fchown(file.fileno(), like.st_uid, like.st_gid)
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def text_of(config: Config) -> bytes:
    """`config` as a file, without what is the default, so that later defaults reach this home, too."""
    return msgspec.json.format(msgspec.json.encode(said(config)), indent=2) + b"\n"


def checksum_of(text: bytes) -> str:
    """The beginning of the SHA-256 of a file."""
    return hashlib.sha256(text).hexdigest()[:CHECKSUM_DIGITS]


def said(value: object) -> object:
    """A struct without what is the default."""
    if isinstance(value, Struct):
        fields = [(field, getattr(value, field.name)) for field in msgspec.structs.fields(value)]
        return {
            field.encode_name: said(found) for field, found in fields if field.required or found != default_of(field)
        }
    return [said(item) for item in value] if isinstance(value, list) else value


def default_of(field: msgspec.structs.FieldInfo) -> object:
    """A field's default."""
    return field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()
