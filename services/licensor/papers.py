"""Files that go between vendor and customer: requests in, signed texts out. `restrike-licensor`."""

import os
import stat
from pathlib import Path
from typing import Final

import msgspec

from services.licensor import output
from shared.durable import write_durably
from shared.errors import ValidationError
from shared.licensing.statements import REQUEST_FORMAT, AnyRequest, RequestFile

MOST_BYTES: Final = 65_536


def request_in(path: Path) -> AnyRequest:
    """The request in a customer's file.

    Raises:
        ValidationError: it is none.
        OSError: it cannot be read.
    """
    try:
        found = msgspec.json.decode(content_of(path), type=RequestFile)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        sentence = "This is no request file; the customer makes one with: restrike license request"
        raise ValidationError("request.malformed", sentence, value=str(path)) from error
    if found.format != REQUEST_FORMAT:
        sentence = f"This request is of another form than {REQUEST_FORMAT}: upgrade restrike-licensor."
        raise ValidationError("request.format", sentence, value=found.format[:80])
    return found.request


def content_of(path: Path) -> bytes:
    """What a file holds.

    Raises:
        ValidationError: it is no plain file, or longer than such a file is.
        OSError: it cannot be read.
    """
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    with os.fdopen(fd, "rb") as file:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise ValidationError("file.not_plain", "This is no plain file: name the one to be read.", value=str(path))
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise ValidationError("file.too_large", "This is no file of a licence: it is too large.", value=str(path))
    return content


def require_new(path: Path | None) -> None:
    """Raises ValidationError: there is such a file already, and it is kept."""
    if path is not None and path.exists():
        raise ValidationError("file.exists", "There is such a file: name another one.", value=str(path))


def hand_out(text: str, out: Path | None, *, is_json: bool) -> None:
    """Write a signed text to a new file, or print it, unless a document was printed that has it.

    Raises:
        OSError: it cannot be written.
    """
    if out is not None:
        write_durably(out, text.encode() + b"\n")
    if not is_json:
        output.line(text if out is None else f"Written: {out}")
