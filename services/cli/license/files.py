"""Files of `restrike license`: those that go to the vendor, and what the vendor sent. For their owner's eyes alone: a
request holds the activation key.
"""

import contextlib
import errno
import os
import stat
import sys
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import msgspec

from shared.errors import RestrikeError, ValidationError
from shared.licensing.activation_key import parsed_key
from shared.licensing.signing import PREFIX
from shared.licensing.statements import REQUEST_FORMAT

ON_STDIN: Final = "-"
NOT_PLAIN: Final = "this is no plain file. Give the file that the vendor sent, or - and its text on standard input."
MOST_BYTES: Final = 65_536
"""Of what the vendor sent; a licence of a hundred machines has 8,000."""
RESERVED_BYTES: Final = 65_536
"""What is taken on the disk before a file's text is made; the longest has 20,000."""
REQUEST_NAME: Final = REQUEST_FORMAT.split()[0]
"""By which a request is known, of whatever version."""


class WrittenFile:
    """A new file, with space for its text before there is one; gone again, if none is written."""

    def __init__(self, path: Path, handle: int, *, replaces: Path | None = None) -> None:
        self.path = replaces or path
        self._made = path
        self._handle = handle
        self._is_written = False

    @classmethod
    def new(cls, path: Path, *, is_forced: bool = False) -> Self:
        """Begin one; `is_forced`: to take the place of one that is there.

        Raises:
            ValidationError: it is there already.
            OSError: it cannot be written.
        """
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if os.path.lexists(path) and not is_forced:
            raise ValidationError(
                "file.exists", f"{path} is there already: give another name with -o, or move it away."
            )
        made = path.with_name(f".{path.name}.{os.getpid()}.partial") if is_forced else path
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
        file = cls(made, os.open(made, flags, 0o600), replaces=path if is_forced else None)
        try:
            os.posix_fallocate(file._handle, 0, RESERVED_BYTES)
        except OSError as error:
            if error.errno not in (errno.EOPNOTSUPP, errno.EINVAL, errno.ENODEV):  # a share that cannot reserve
                file._end()
                raise OSError(error.errno, error.strerror, str(path)) from error
        return file

    def write(self, text: str) -> None:
        """Write all of it, and wait for the disk. Raises OSError."""
        body = text.encode() + b"\n"
        written = 0
        while written < len(body):
            written += os.write(self._handle, body[written:])
        os.ftruncate(self._handle, written)
        os.fsync(self._handle)
        if self._made != self.path:
            self._made.replace(self.path)
        self._is_written = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._end()

    def _end(self) -> None:
        os.close(self._handle)
        if not self._is_written:
            with contextlib.suppress(OSError):
                self._made.unlink()


def text_of(given: str) -> str:
    """What the vendor sent: the text of a file, or of standard input (`-`).

    Raises:
        ValidationError: it is something else; the sentence says what, and what to do.
        OSError: it cannot be read.
    """
    name = "standard input" if given == ON_STDIN else given
    text = _decoded(_content(given), name).strip()
    fault = _fault(text)
    if fault is not None:
        raise ValidationError("license.no_answer_file", f"{name} {fault}")
    return text


def _content(given: str) -> bytes:
    if given == ON_STDIN:
        return sys.stdin.buffer.read(MOST_BYTES + 1)
    handle = os.open(given, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)  # nobody waits for who writes to a FIFO
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise ValidationError("license.no_answer_file", f"{given}: {NOT_PLAIN}")
        return os.read(handle, MOST_BYTES + 1)
    finally:
        os.close(handle)


def _decoded(content: bytes, name: str) -> str:
    """As text; editors of other systems write UTF-16, or begin with a mark."""
    is_wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        text = content.decode("utf-16" if is_wide else "utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if len(content) > MOST_BYTES:
        raise ValidationError("license.no_answer_file", f"{name} is far too large for a licence: give the right file.")
    if "\0" in text:
        raise ValidationError(
            "license.no_answer_file", f"{name} is no text: give the file that the vendor sent, as it is."
        )
    return text


def _fault(text: str) -> str | None:
    """Why a text is not what the vendor sends; None: it may be."""
    if not text:
        return "is empty: copy the file that the vendor sent once more."
    if text.startswith(PREFIX):
        return None
    if text.startswith("<"):
        return "is a web page or a mail with markup, not the vendor's file: save the file itself once more."
    with contextlib.suppress(msgspec.MsgspecError, RecursionError):
        document = msgspec.json.decode(text)
        if isinstance(document, dict) and str(document.get("format", "")).startswith(REQUEST_NAME):
            return "is the file for the vendor: send it there, and install what the vendor sends back."
    with contextlib.suppress(RestrikeError):
        parsed_key(text)
        return "holds an activation key: restrike license activate - reads it from standard input."
    return f"is no licence: what the vendor sends begins with {PREFIX}."
