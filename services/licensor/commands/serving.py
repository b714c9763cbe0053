"""`restrike-licensor serve|backup`: the activation server, and a copy of books and keys."""

import tarfile
import tempfile
from pathlib import Path
from typing import Annotated, Final

import typer

from services.licensor import output, papers
from services.licensor.limits import Limits
from services.licensor.listening import Listening
from services.licensor.options import PassphraseFile, home_of, now, passphrase_of, who
from services.licensor.records import Trace
from shared.errors import ConfigError

PORT: Final = 8443
_NO_EXTRA: Final = "The server needs starlette and uvicorn: pip install 'restrike-vta[licensor]'"


def serve(  # noqa: PLR0913  # the options of one command
    context: typer.Context,
    *,
    host: Annotated[str | None, typer.Option(help="Where to listen: everywhere; behind a proxy on 127.0.0.1.")] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any free one, which the log tells.")] = PORT,
    cert: Annotated[Path | None, typer.Option(help="The certificate with its chain (PEM).")] = None,
    key: Annotated[Path | None, typer.Option(help="Its private key (PEM).")] = None,
    behind_proxy: Annotated[bool, typer.Option(help="Something before it does TLS.")] = False,
    proxy: Annotated[str, typer.Option(metavar="ADDRESS", help="Whose X-Forwarded-For is believed.")] = "127.0.0.1",
    per_minute: Annotated[int, typer.Option(min=1, help="Requests of one address.")] = 30,
    wrong_keys_per_minute: Annotated[int, typer.Option(min=1, help="Wrong activation keys of one address.")] = 5,
    most_body_bytes: Annotated[int, typer.Option(min=1024, help="Of one request.")] = 65_536,
    request_s: Annotated[float, typer.Option(min=0.1, help="So long TLS, then a request may take to arrive.")] = 10.0,
    connection_s: Annotated[float, typer.Option(min=0.1, help="So long a connection lasts at most.")] = 30.0,
    most_connections: Annotated[int, typer.Option(min=2, help="At once; five times as many with silent ones.")] = 100,
    most_per_address: Annotated[int, typer.Option(min=1, help="Connections of one address at once.")] = 30,
    passphrase_file: PassphraseFile = None,
    json: Annotated[bool, typer.Option("--json", help="Write the log as JSON lines.")] = False,
) -> None:
    """Run the activation server, until SIGTERM or Ctrl-C. SIGHUP: read the certificate anew."""
    if behind_proxy == (cert is not None) or (cert is None) != (key is None):
        raise typer.BadParameter("give --cert and --key, or --behind-proxy where something before it does TLS")
    limits = Limits(
        per_minute=per_minute,
        wrong_keys_per_minute=wrong_keys_per_minute,
        most_body_bytes=most_body_bytes,
        request_s=request_s,
    )
    listening = Listening(
        host=host or ("127.0.0.1" if behind_proxy else "0.0.0.0"),  # noqa: S104  # a server for customers
        port=port,
        certificate=cert,
        key=key,
        proxy=proxy if behind_proxy else None,
        connection_s=connection_s,
        handshake_s=request_s,
        most_connections=most_connections,
        most_per_address=most_per_address,
    )
    _serve(context, limits, listening, passphrase_file, is_json=json)


def _serve(
    context: typer.Context, limits: Limits, listening: Listening, passphrase_file: Path | None, *, is_json: bool
) -> None:
    try:
        from services.licensor.listener import listen, write_logs  # noqa: PLC0415  # an extra that few have
        from services.licensor.server import ActivationServer  # noqa: PLC0415  # as above
    except ImportError as error:
        raise ConfigError("serve.no_extra", _NO_EXTRA) from error
    import structlog  # noqa: PLC0415  # for the server only

    from services.licensor.chest import Chest  # noqa: PLC0415  # what opens keys takes long to load

    home = home_of(context)
    write_logs(is_json=is_json)
    with home.books():  # held open, so that SQLite need not clear up after each act
        activation = ActivationServer(home, Chest(home.keys, passphrase_of(passphrase_file)), limits)
        activation.look()  # asks for the passphrase
        closed = None
        try:
            closed = listen(activation, listening)
        finally:
            activation.close()
            if closed is not None:  # otherwise it never ran
                structlog.get_logger().info("ended", **activation.counts(), **closed)


def backup(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The new file: a tar archive with books and keys.")],
    *,
    without_keys: Annotated[bool, typer.Option(help="The books only.")] = False,
    json: output.Json = False,
) -> None:
    """Copy books and private keys to one file; the server may run meanwhile."""
    papers.require_new(file)
    home = home_of(context)
    with home.books() as books, tempfile.TemporaryDirectory(dir=home.folder) as folder:
        with books.writing():
            books.note(Trace(at=now(), who=who(), act="backup", outcome="done", detail=str(file)[:200]))
        copy = Path(folder) / "licensor.db"
        books.copy_to(copy)
        keys = [] if without_keys else sorted(home.keys.glob("*.pem"))
        file.touch(mode=0o600, exist_ok=False)
        try:
            with tarfile.open(file, "w") as archive:
                archive.add(copy, "licensor.db")
                for key in keys:
                    archive.add(key, f"keys/{key.name}")
        except BaseException:
            file.unlink()
            raise
    if json:
        output.document({"file": file, "keys": [key.stem for key in keys], "bytes": file.stat().st_size})
    else:
        output.line(f"{file} has the books and {len(keys)} private keys. Put it back with: tar -xpf FILE -C HOME")
