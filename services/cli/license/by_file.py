"""`restrike license request` and `install`: a licence where there is no network, by files."""

from pathlib import Path
from typing import Final

from services.cli import output
from services.cli.author import Author, author_of
from services.cli.license import options
from services.cli.license.asking import ask
from services.cli.license.files import WrittenFile, text_of
from services.cli.license.telling import show_now, wrapped
from services.cli.license.typed_key import key_of
from shared.messages.license import InstallLicense, RequestLicense

REQUEST_FILE: Final = Path("license-request.json")
NEXT: Final = (
    "Send it to the vendor, and to nobody else: it holds the activation key. Then install the file that comes back:"
    " restrike license install FILE"
)


def request(
    key: options.ActivationKey = None,
    *,
    out: options.RequestOut = REQUEST_FILE,
    force: options.Force = False,
    author: Author = None,
    json: output.Json = False,
) -> None:
    """Write a file that asks the vendor for a licence.

    For machines without a network. The answer fits this machine and this request alone.
    """
    typed = key_of(key)
    with WrittenFile.new(out, is_forced=force) as file:
        file.write(ask(RequestLicense(key=typed, author=author_of(author))).request)
    if json:
        output.document({"file": out})
    else:
        output.line(wrapped(f"{out}: written. {NEXT}"))


def install(file: options.AnswerFile, *, author: Author = None, json: output.Json = False) -> None:
    """Install a licence, or the vendor's answer to a request."""
    command = InstallLicense(text=text_of(file), author=author_of(author))
    status = ask(command)
    if json:
        output.document({"license": status})
    else:
        output.line("Installed.")
        show_now(status)
