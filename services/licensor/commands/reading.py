"""`restrike-licensor answer|inspect`: request files and signed texts."""

import base64
import binascii
from pathlib import Path
from typing import Annotated, Any, Final, cast

import msgspec
import typer

from services.licensor import output, papers
from services.licensor.home import Home
from services.licensor.options import Out, PassphraseFile, home_of, now, passphrase_of, who
from shared.licensing.key_ring import KeyRing
from shared.licensing.signing import PREFIX, TokenError, opened
from shared.licensing.statements import Activation, Checked, CheckRequest, License, Released

_KINDS: Final[dict[str, type[License | Activation | Checked | Released]]] = {
    "license": License,
    "activation": Activation,
    "checked": Checked,
    "released": Released,
}


def answer(
    context: typer.Context,
    request_file: Annotated[Path, typer.Argument(help="What the customer's restrike license request wrote.")],
    *,
    out: Out = None,
    passphrase_file: PassphraseFile = None,
    json: output.Json = False,
) -> None:
    """Answer the request file of a machine without network: to activate, or to release its seat."""
    from services.licensor.chest import Chest  # noqa: PLC0415  # what opens keys takes long to load
    from services.licensor.desk import Desk  # noqa: PLC0415  # as above

    papers.require_new(out)
    asked = papers.request_in(request_file.expanduser())
    if isinstance(asked, CheckRequest):
        raise typer.BadParameter("this asks whether a licence holds, which is answered online only")
    home = home_of(context)
    with home.books() as books:
        key = Chest(home.keys, passphrase_of(passphrase_file)).signing(books)
        desk = Desk(books, key, who=who(), now=now())
        text = desk.answer(asked)
    trace = desk.trace
    if json:
        output.document({"act": trace.act, "license_id": trace.license_id, "detail": trace.detail, "text": text})
    else:
        output.note(f"{trace.act} {trace.license_id}: {trace.detail}.")
    papers.hand_out(text, out, is_json=json)


def inspect(
    context: typer.Context,
    text: Annotated[str, typer.Argument(metavar="TEXT_OR_FILE", help="A signed text, or the file with it.")],
    *,
    json: output.Json = False,
) -> None:
    """Say what a signed text says, which key signed it, and whether that is true. Works without a home, too."""
    found = text.strip()
    if _is_file(found):
        found = papers.content_of(Path(found).expanduser()).decode("ascii", "replace").strip()
    ring = _ring(home_of(context))
    claimed, fault = _claimed(found), _fault(found, ring)
    parts = found.split(".")
    key_id = parts[1][:40] if len(parts) == 4 else None
    inner = claimed.get("license") if isinstance(claimed, dict) else None
    nested = _claimed(inner) if isinstance(inner, str) else None
    if isinstance(inner, str) and fault is None:
        fault = _fault(inner, ring)
    if json:
        document = {"is_valid": fault is None, "fault": fault, "key_id": key_id, "says": claimed, "license": nested}
        output.document(document)
    else:
        _tell(key_id, fault, claimed, nested)
    if fault is not None:
        raise typer.Exit(1)


def _is_file(text: str) -> bool:
    try:
        return not text.startswith(f"{PREFIX}.") and Path(text).expanduser().is_file()
    except (OSError, ValueError, RuntimeError):  # no name that a file could have
        return False


def _ring(home: Home) -> KeyRing:
    """The keys of the home, where there is one, and those that ship with the program."""
    keys = {key.key_id: key for key in KeyRing.shipped().keys}
    if home.exists:
        with home.books() as books:
            keys |= {key.key_id: key for key in books.public_keys()}
    return KeyRing(keys=tuple(keys.values()))


def _claimed(text: str) -> Any:
    """What a text says, whoever wrote it; None: it cannot be read."""
    parts = text.split(".")
    body = parts[2] if len(parts) == 4 else ""
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except (binascii.Error, ValueError, RecursionError, msgspec.MsgspecError):
        return None


def _fault(text: str, ring: KeyRing) -> str | None:
    """What is wrong with a text; None: it is valid."""
    claimed = _claimed(text)
    kind = _KINDS.get(str(claimed.get("kind")), License) if isinstance(claimed, dict) else License
    try:
        opened(text, ring, cast(type[License], kind))
    except TokenError as error:
        return error.message
    return None


def _tell(key_id: str | None, fault: str | None, claimed: Any, nested: Any) -> None:
    output.line(f"{'valid' if fault is None else 'NOT VALID'}, key {key_id or 'unknown'}")
    if fault is not None:
        output.line(fault)
    for title, says in (("", claimed), ("Its licence:", nested)):
        if isinstance(says, dict):
            rows = [(str(name), _shown(name, value)) for name, value in says.items() if name != "license"]
            output.line("\n".join(filter(None, (title, output.facts(rows)))))


def _shown(name: str, value: Any) -> str:
    if name in {"at", "issued_at", "expires_at"} and isinstance(value, int) and 0 <= value < 253_402_300_800:
        return f"{output.moment(value)} UTC"
    if isinstance(value, dict):
        return output.cut(", ".join(f"{key} {inner}" for key, inner in value.items()), 200)
    if isinstance(value, list):
        return output.cut(", ".join(map(str, value)), 200)
    return output.NOTHING if value is None else output.cut(str(value), 200)
