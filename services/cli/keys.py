"""Makes CURVE key pairs as files; used by `restrike config keys`. A secret key leaves its file only into a socket."""

import os
import re
from pathlib import Path
from typing import Final

import zmq
from msgspec import Struct

from shared.errors import ConfigError, IoError, ValidationError

NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
SERVER: Final = "server"


class MadeKeys(Struct, frozen=True, kw_only=True):
    """Where the keys lie, and the public ones. `is_new_server` is False if the suite had keys already."""

    client: str
    is_new_server: bool
    server_secret_file: Path
    server_public_file: Path
    client_secret_file: Path
    client_public_file: Path
    server_public_key: str
    client_public_key: str
    config_file: Path


def make_keys(folder: Path, *, client: str) -> MadeKeys:
    """Make the pair of `client` in `folder`, and the suite's if it has none.

    Raises:
        ValidationError: `client` is no name, or has keys already; nothing is overwritten.
        ConfigError: the suite's secret key is damaged.
    """
    if not NAME.fullmatch(client) or client == SERVER:
        raise ValidationError("keys.bad_name", f"A client is named in a-z, 0-9 and -, and not {SERVER}.", value=client)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    server_secret, server_public = folder / f"{SERVER}.secret", folder / f"{SERVER}.public"
    client_secret, client_public = folder / f"{client}.secret", folder / f"{client}.public"
    if client_secret.exists() or client_public.exists():
        raise ValidationError(
            "keys.exist", f"{client} has keys in {folder}: choose another --client, or delete its files first."
        )
    is_new = not server_secret.exists()
    server_key = _make_pair(server_secret, server_public) if is_new else _public_of(server_secret)
    return MadeKeys(
        client=client,
        is_new_server=is_new,
        server_secret_file=server_secret,
        server_public_file=server_public,
        client_secret_file=client_secret,
        client_public_file=client_public,
        server_public_key=server_key,
        client_public_key=_make_pair(client_secret, client_public),
        config_file=folder.parent / "restrike.json",
    )


def _make_pair(secret_file: Path, public_file: Path) -> str:
    public, secret = zmq.curve_keypair()
    _write(secret_file, secret, mode=0o600)
    _write(public_file, public, mode=0o644)
    return public.decode()


def _public_of(secret_file: Path) -> str:
    try:
        return zmq.curve_public(secret_file.read_bytes().strip()).decode()
    except (ValueError, zmq.ZMQError) as error:
        raise ConfigError(
            "keys.damaged", f"{secret_file} holds no secret key; move it away to make new ones."
        ) from error


def _write(path: Path, key: bytes, *, mode: int) -> None:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    except OSError as error:
        raise IoError("keys.not_written", f"{path} cannot be made: {error.strerror}.") from error
    with os.fdopen(handle, "wb") as file:
        file.write(key + b"\n")
