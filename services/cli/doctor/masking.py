"""Takes secrets out of what goes into a support bundle: by the name of a field, by their looks, and by themselves."""

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from services.cli.doctor.secret_texts import clear_texts
from shared.config import Config
from shared.errors import RestrikeError
from shared.log.redaction import MASK, SHORTEST, hide, is_secret_name, redacted
from shared.paths import Paths


def hide_secrets(paths: Paths, config: Config) -> None:
    """Have every secret of this home masked wherever it stands: what is stored encrypted, and keys.

    Raises:
        DatabaseError: what is stored cannot be read.
    """
    for path in (paths.home / "secret.key", *_key_files(paths, config)):
        with contextlib.suppress(OSError, ValueError):
            for line in path.read_text(encoding="utf-8").splitlines():
                _hide(line.strip())
    with contextlib.suppress(RestrikeError):
        for clear in clear_texts(paths).values():
            if clear is not None:
                _hide(clear)
                _hide_inside(clear)


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
        return {str(name): _field(str(name), inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [masked(one) for one in value]
    return value


def _field(name: str, value: Any) -> Any:
    if is_secret_name(name) and isinstance(value, str) and value:
        return MASK
    return masked(value)


def text(value: str) -> str:
    """Lines without secrets."""
    return "".join(redacted(line) for line in value.splitlines(keepends=True))
