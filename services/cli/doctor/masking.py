"""Takes secrets out of what goes into a support bundle: by the name of a field, by their looks, and by themselves."""

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from services.cli.doctor.secret_texts import clear_texts
from shared.config import Config
from shared.errors import RestrikeError
from shared.log.redaction import MASK, SHORTEST, hide, redacted
from shared.log.values import is_secret, names_secret
from shared.paths import Paths


def hide_secrets(paths: Paths, config: Config) -> list[str]:
    """Have every secret of this home masked wherever it stands: what is stored encrypted, and keys. What could not be
    read, for it is masked by its name and its looks only.
    """
    unread: list[str] = []
    for path in (paths.home / "secret.key", *_key_files(paths, config)):
        try:
            for line in path.read_text(encoding="utf-8").splitlines():
                _hide(line.strip())
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            unread.append(f"{path} cannot be read: {error}.")
    try:
        for clear in clear_texts(paths).values():
            if clear is not None:
                _hide(clear)
                _hide_inside(clear)
    except RestrikeError as error:
        unread.append(str(error))
    return unread


def _key_files(paths: Paths, config: Config) -> list[Path]:
    files = sorted((paths.home / "keys").glob("*secret*"))
    return [*files, Path(config.bus.curve.secret_key_file)] if config.bus.curve is not None else list(files)


def _hide(text: str) -> None:
    if len(text) >= SHORTEST:
        hide(text)


def _hide_inside(text: str) -> None:
    """A sensitive setting may be an object of options: each of its texts is a secret."""
    with contextlib.suppress(msgspec.DecodeError):
        found = msgspec.json.decode(text)
        if isinstance(found, dict):
            for value in found.values():
                _hide(str(value))


def document(value: object) -> str:
    """`value` as an indented JSON document without secrets."""
    plain = msgspec.to_builtins(value, enc_hook=str)
    return msgspec.json.format(msgspec.json.encode(masked(plain)), indent=2).decode() + "\n"


def masked(value: Any) -> Any:
    """A JSON value without secrets."""
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, Mapping):
        is_named = names_secret(value)
        return {
            str(name): MASK if is_secret(str(name), inner, is_named=is_named) else masked(inner)
            for name, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return [masked(one) for one in value]
    return value


def text(value: str) -> str:
    """Lines without secrets."""
    return "".join(redacted(line) for line in value.splitlines(keepends=True))
