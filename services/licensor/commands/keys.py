"""`restrike-licensor keys`: make, list, retire and publish the keys that sign."""

from pathlib import Path
from typing import Annotated

import typer

from services.licensor import key_list, output
from services.licensor.books import Books
from services.licensor.chest import Chest
from services.licensor.options import PassphraseFile, home_of, now, passphrase_of, time_of, who
from services.licensor.passphrases import Passphrase
from services.licensor.records import Trace
from shared.licensing.key_ring import SHIPPED, PublicKey

app = typer.Typer(help="Make, list, retire and publish the keys that sign.", no_args_is_help=True)
KeyId = Annotated[str, typer.Argument(metavar="ID", help="The key's name, for instance 2026-11.")]


@app.command(epilog="Example: restrike-licensor keys create 2026-11")
def create(  # noqa: PLR0913  # the options of one command
    context: typer.Context,
    key_id: KeyId,
    *,
    passphrase_file: PassphraseFile = None,
    no_passphrase: Annotated[bool, typer.Option("--no-passphrase", help="Keep the private key unencrypted.")] = False,
    new: Annotated[
        bool, typer.Option("--new", help="Begin new books, though keys are here whose books are lost.")
    ] = False,
    json: output.Json = False,
) -> None:
    """Make a key. Its private half is encrypted with a passphrase that is asked for."""
    if no_passphrase and passphrase_file is not None:
        raise typer.BadParameter("give either --passphrase-file or --no-passphrase")
    home = home_of(context)
    home.make()
    chest = Chest(home.keys, passphrase_of(passphrase_file))
    with home.books(is_new=new) as books:
        key = chest.create(books, key_id, now=now(), is_encrypted=not no_passphrase)
        _note(books, "keys create", key_id)
        signing = key_list.signing_key(books)
    signs_now = signing is not None and signing.key_id == key_id
    if json:
        output.document({"key_id": key_id, "public": key.public, "file": chest.path(key_id), "signs": signs_now})
        return
    output.line(f"Key {key_id} is made: {chest.path(key_id)}")
    if signs_now:
        output.line("It signs from now on. Ship its public half with the next release: restrike-licensor keys publish")
    else:
        until = f"{signing.key_id if signing else 'none'} signs until it is retired"
        output.line(f"It waits: {until}. Publish it, too: restrike-licensor keys publish")
    if no_passphrase:
        output.note("The private key is not encrypted: whoever reads this file or a backup of it can sign licences.")


@app.command("list", epilog="Example: restrike-licensor keys list --json")
def list_keys(context: typer.Context, *, json: output.Json = False) -> None:
    """List the keys, the oldest first: the first one that is not retired signs."""
    home = home_of(context)
    chest = Chest(home.keys, Passphrase())
    with home.books() as books:
        keys, signing = books.public_keys(), key_list.signing_key(books)
    rows = [(key, chest.state(key.key_id), key == signing) for key in keys]
    if json:
        output.document({"keys": [_document(key, kept, signs=signs) for key, kept, signs in rows]})
        return
    shown = [
        (key.key_id, _state(key, signs=signs), output.moment(key.made_at), output.moment(key.retired_at), kept)
        for key, kept, signs in rows
    ]
    output.line(output.table(("KEY", "STATE", "MADE (UTC)", "RETIRED FROM", "PRIVATE HALF"), shown))


@app.command(epilog="Example: restrike-licensor keys retire 2026-11")
def retire(
    context: typer.Context,
    key_id: KeyId,
    *,
    since: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="From when on it counts no more: when it leaked. Now if left out."),
    ] = None,
    json: output.Json = False,
) -> None:
    """Retire a key: it signs no more, and what it signs from now on is refused by the next release."""
    at = now() if since is None else time_of(since)
    home = home_of(context)
    with home.books() as books:
        key = key_list.retire(books, key_id, at=at)
        _note(books, "keys retire", f"{key_id} from {output.moment(at)}")
        signing = key_list.signing_key(books)
    if json:
        output.document({**_document(key, None, signs=False), "signs_now": signing.key_id if signing else None})
        return
    output.line(
        f"Key {key_id} is retired from {output.moment(at)} UTC on. Publish that: restrike-licensor keys publish"
    )
    if signing is None:
        output.note("No key is left that signs: restrike-licensor keys create ID")
        return
    output.line(f"{signing.key_id} signs now.")
    file = Chest(home.keys, Passphrase()).path(signing.key_id)
    if not file.exists():
        output.note(f"But its private half is not here: put {file} back.")


@app.command(epilog="Example: restrike-licensor keys publish")
def publish(
    context: typer.Context,
    *,
    to: Annotated[Path, typer.Option(metavar="FILE", help="The file that ships with the program.")] = SHIPPED,
    replace: Annotated[bool, typer.Option(help="Drop keys of the file that are not in this home.")] = False,
    json: output.Json = False,
) -> None:
    """Write all public keys, retired ones, too, to the file that ships with the program."""
    with home_of(context).books() as books:
        ring = key_list.publish(books, to.expanduser(), replace=replace)
        _note(books, "keys publish", str(to)[:200])
    if json:
        output.document({"file": to, "keys": [key.key_id for key in ring.keys]})
    else:
        output.line(f"{to} has {', '.join(key.key_id for key in ring.keys)}. Build a release with it.")


def _note(books: Books, act: str, detail: str) -> None:
    with books.writing():
        books.note(Trace(at=now(), who=who(), act=act, outcome="done", detail=detail))


def _state(key: PublicKey, *, signs: bool) -> str:
    return "signs" if signs else "waits" if key.retired_at is None else "retired"


def _document(key: PublicKey, kept: str | None, *, signs: bool) -> dict[str, object]:
    found: dict[str, object] = {
        "key_id": key.key_id,
        "state": _state(key, signs=signs),
        "public": key.public,
        "made_at": key.made_at,
        "retired_at": key.retired_at,
    }
    return found if kept is None else {**found, "private_half": kept}
