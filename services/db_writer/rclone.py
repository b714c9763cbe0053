"""The program rclone, which speaks to every kind of remote (Drive, S3, SFTP, WebDAV, a folder); db-writer's children.

Nothing secret is ever an argument: the options of a remote travel in the environment of the process.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from msgspec import Struct

from shared.errors import DatabaseError, NetworkError, RestrikeError, ValidationError

PROGRAM: Final = "rclone"
# A remote that says nothing for a minute is gone; three tries each bridge what a venue's uplink does.
PATIENCE: Final = ("--contimeout", "15s", "--timeout", "60s", "--retries", "3", "--low-level-retries", "3")
PROGRESS: Final = ("--use-json-log", "--stats", "500ms", "--stats-log-level", "NOTICE")
NO_SUCH_FOLDER: Final = 3
CHUNK_BYTES: Final = 1 << 20
NO_REMOTE: Final = "didn't find section in config file"
_STAMP: Final = re.compile(r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d (?:[A-Z]+ *: *)?")
"""How a line of rclone's log begins: nobody needs that in a sentence."""


class RemoteFile(Struct, frozen=True):
    """A file or a folder of a remote; `size_bytes` is -1 for a folder."""

    name: str
    size_bytes: int
    is_folder: bool


class Remote:
    """A place such as `gdrive:restrike/backups`. With `options` (`type` and what that needs) its name needs no
    configuration of rclone's own; without, it is one of `rclone config`. `kib_per_s` limits the rate, 0: no limit.
    """

    def __init__(self, target: str, options: Mapping[str, str], *, kib_per_s: int = 0) -> None:
        if shutil.which(PROGRAM) is None:
            raise DatabaseError("backup.no_rclone", "Off-site copies need rclone; install it: apt install rclone")
        self.target = target.rstrip("/") if target[-1:] != ":" else target
        self._limit = ("--bwlimit", f"{kib_per_s}k") if kib_per_s else ()
        self._environment = os.environ | environment_of(self.target, options)

    def listed(self, folder: str = "") -> list[RemoteFile]:
        """What is in a folder of the remote; nothing if it is not there. Raises NetworkError."""
        done = subprocess.run(
            [PROGRAM, "lsjson", *PATIENCE, self._at(folder)], env=self._environment, capture_output=True, check=False
        )
        if done.returncode == NO_SUCH_FOLDER:
            return []
        if done.returncode:
            raise self._failed("list", done.stderr)
        return [RemoteFile(one["Name"], one["Size"], one["IsDir"]) for one in json.loads(done.stdout or b"[]")]

    def put(self, file: Path, name: str, *, tell: Callable[[int], None]) -> None:
        """Copy `file` to `name`, whatever is there; `tell` hears the bytes that went. Raises NetworkError."""
        command = [PROGRAM, "copyto", "--ignore-times", *PATIENCE, *PROGRESS, *self._limit, str(file), self._at(name)]
        said = b""
        with subprocess.Popen(command, env=self._environment, stderr=subprocess.PIPE) as process:
            assert process.stderr is not None  # noqa: S101 - it is a pipe, see above
            for line in process.stderr:
                said = line if (sent := _bytes_sent(line)) is None else said
                if sent is not None:
                    tell(sent)
        if process.returncode:
            raise self._failed("write", said)

    @contextmanager
    def reading(self, name: str) -> Iterator[Iterator[bytes]]:
        """The content of `name`, in pieces.

        Raises NetworkError: it could not be read to its end; ValidationError: there is no such remote.
        """
        command = [PROGRAM, "cat", *PATIENCE, *self._limit, self._at(name)]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, env=self._environment, stdout=pipe, stderr=pipe) as process:
            assert process.stdout is not None  # noqa: S101 - it is a pipe, see above
            assert process.stderr is not None  # noqa: S101 - it is a pipe, see above
            yield _pieces(process.stdout)
            process.stdout.read()
            said = process.stderr.read()
        if process.returncode:
            raise self._failed("read", said)

    def _at(self, name: str) -> str:
        if not name:
            return self.target
        return f"{self.target}{'' if self.target.endswith(':') else '/'}{name}"

    def _failed(self, what: str, said: bytes) -> RestrikeError:
        lines = said.decode(errors="replace").strip().splitlines()
        last = _sentence(lines[-1]) if lines else "it ended without a word"
        if NO_REMOTE in last:
            return ValidationError(
                "backup.remote_unknown",
                "rclone knows no remote of this name: make it with rclone config, as the user that runs the suite, or"
                " say how it is reached with: restrike settings set backup.offsite_options",
                value=self.target,
            )
        return NetworkError(
            "backup.remote_failed",
            f"rclone could not {what} the remote ({last}); see that it can be reached, and try again: what"
            " is there already is not sent again.",
            value=self.target,
        )


def environment_of(target: str, options: Mapping[str, str]) -> dict[str, str]:
    """The environment that tells rclone the `options` of the remote of `target`; passwords are obscured, as it wants
    them. Raises ValidationError: an option cannot be passed.
    """
    name = target.partition(":")[0].upper().replace("-", "_")
    hidden = _hidden(options.get("type")) if options else frozenset()
    return {
        f"RCLONE_CONFIG_{name}_{option.upper()}": _obscured(option, value) if option in hidden and value else value
        for option, value in options.items()
    }


def _pieces(stream: IO[bytes]) -> Iterator[bytes]:
    while piece := stream.read(CHUNK_BYTES):
        yield piece


def _hidden(kind: str | None) -> frozenset[str]:
    """The options that rclone wants obscured for a remote of this type (None: they add to a remote of its own
    configuration, of a type that is not known here), as rclone itself says.
    """
    done = subprocess.run([PROGRAM, "config", "providers"], capture_output=True, check=False)
    try:
        providers = json.loads(done.stdout)
        known = [one for one in providers if kind in (None, one["Name"], one["Prefix"])]
        hidden = frozenset(str(option["Name"]) for one in known for option in one["Options"] if option["IsPassword"])
    except (ValueError, KeyError, TypeError) as error:
        raise DatabaseError(
            "backup.no_rclone", "This rclone does not say which options it knows; install a newer one."
        ) from error
    if not known:
        raise ValidationError(
            "backup.remote_type",
            "rclone knows no remote of this type; see rclone help backends, and correct backup.offsite_options.",
            value=kind,
        )
    return hidden


def _obscured(option: str, value: str) -> str:
    """`value` as rclone wants it; it travels by standard input, of which rclone reads one line."""
    done = subprocess.run([PROGRAM, "obscure", "-"], input=value.encode(), capture_output=True, check=False)
    if done.returncode or "\n" in value:
        raise ValidationError(
            "backup.remote_option",
            f"The option {option} of the remote must be one line of text; correct backup.offsite_options.",
        )
    return done.stdout.decode().strip()


def _bytes_sent(line: bytes) -> int | None:
    try:
        return int(json.loads(line)["stats"]["bytes"])
    except (ValueError, KeyError, TypeError):
        return None


def _sentence(line: str) -> str:
    try:
        said = str(json.loads(line)["msg"])
    except (ValueError, KeyError, TypeError):
        said = line
    return _STAMP.sub("", said.strip(), count=1)
