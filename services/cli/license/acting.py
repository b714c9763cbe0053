"""`restrike license activate`, `check` and `deactivate`: the service license does it."""

import os
import sys
from pathlib import Path
from typing import Final

import typer

from services.cli import output
from services.cli.author import Author, author_of
from services.cli.license import options
from services.cli.license.asking import ask
from services.cli.license.files import WrittenFile
from services.cli.license.telling import show_now, wrapped
from services.cli.license.typed_key import key_of
from shared.errors import ValidationError
from shared.messages.license import (
    ActivateLicense,
    CheckLicense,
    DeactivateLicense,
    GetLicense,
    LicenseReleased,
    LicenseStatus,
)

RELEASE_FILE: Final = Path("license-release.json")
TELL_VENDOR: Final = (
    "Send it to the vendor: it says that the licence has left this machine. Until it is there, the seat stays taken."
)
NO_FILE: Final = "It could not be read, so there is no file for the vendor: ask the vendor to free its seat."


def activate(key: options.ActivationKey = None, *, author: Author = None, json: output.Json = False) -> None:
    """Get a licence for this machine with an activation key.

    The vendor's server is asked (license.server_url). Without a network: restrike license request.
    """
    command = ActivateLicense(key=key_of(key), author=author_of(author))
    _tell(ask(command, of_vendor=True, json=json), "Activated.", json=json)


def check(*, author: Author = None, json: output.Json = False) -> None:
    """Ask the vendor's server whether the licence holds.

    And whether there is a newer one. It is asked by itself, too, as often as the licence says.
    """
    status = ask(CheckLicense(author=author_of(author)), of_vendor=True, json=json)
    _tell(status, "The vendor's server answered.", json=json)


def deactivate(
    *,
    offline: options.Offline = False,
    out: options.ReleaseOut = None,
    yes: options.Yes = False,
    author: Author = None,
    json: output.Json = False,
) -> None:
    """Free the licence for another machine; asks first.

    The vendor's server is told. Without a network: --offline, and send the file that is written to the vendor.
    """
    if out is not None and not offline:
        raise typer.BadParameter("it goes with --offline.", param_hint="--out")
    command = DeactivateLicense(author=author_of(author), is_offline=offline)
    if not yes:
        _confirm(ask(GetLicense()))
    if not offline:
        _tell_released(ask(command, of_vendor=True, json=json), None, json=json)
        return
    with WrittenFile.new(out or RELEASE_FILE) as file:  # before anything is done: the release is made but once
        released = ask(command)
        path = _kept(released, file)
    _tell_released(released, path, json=json)
    if path is None and not json:
        output.note(wrapped(NO_FILE))


def _kept(released: LicenseReleased, file: WrittenFile) -> Path | None:
    """Where the release is now. Where it cannot be written it is printed: there is no second one."""
    if released.release is None:
        return None
    try:
        file.write(released.release)
    except OSError as error:
        output.note(
            f"{file.path} could not be written ({os.strerror(error.errno or 0)}). The licence is deactivated. Keep this"
            " text, it is made but once, and send it to the vendor:"
        )
        output.note(released.release)
        raise
    return file.path


def _confirm(status: LicenseStatus) -> None:
    """Ask whether the licence is to go. Raises ValidationError: nobody can be asked; typer.Exit: no."""
    if status.license_id is None and status.reason is None:
        return  # there is none: it is refused anyway
    name = status.license_id or "that cannot be read"
    if not sys.stdin.isatty():
        sentence = f"This takes the licence {name} from this machine; to do it without being asked: --yes"
        raise ValidationError("license.needs_yes", sentence)
    output.note(wrapped(status.sentence))
    if not typer.confirm(f"Take the licence {output.one_line(name)} from this machine?", err=True):
        output.note("Nothing was changed.")
        raise typer.Exit(1)


def _tell(status: LicenseStatus, done: str, *, json: bool) -> None:
    if json:
        output.document({"license": status})
    else:
        output.line(done)
        show_now(status)


def _tell_released(released: LicenseReleased, path: Path | None, *, json: bool) -> None:
    if json:
        output.document({"license": released.status, "file": path, "release": released.release})
        return
    output.line("The licence is no longer on this machine.")
    if path is not None:
        output.line(wrapped(f"{path}: written. {TELL_VENDOR}"))
    show_now(released.status)
