"""The settings of the licence; part of the catalogue (catalogue.py)."""

from typing import Final

from shared.settings.key import Category, Key, Kind, Rules

LICENSE_SERVER_URL: Final = Key(
    name="license.server_url",
    category=Category.LICENSE,
    title="The vendor's server for licences",
    description="Where activation keys are exchanged for a licence and licences are checked, such as"
    " https://licence.example.org. Empty: no server is asked; a licence comes as a file (restrike license request,"
    " restrike license install).",
    kind=Kind.STRING,
    default="",
    rules=Rules(
        pattern=r"(https://[A-Za-z0-9._-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?|https://\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?)?",
        form="an address that begins with https://",
        max_length=300,
    ),
)
LICENSE_CA_FILE: Final = Key(
    name="license.ca_file",
    category=Category.LICENSE,
    title="Whom the licence server's certificate must come from",
    description="A file (PEM) with the certificates that are trusted, and no others: the vendor's own authority, or the"
    " server's certificate itself. Empty: those that this machine trusts.",
    kind=Kind.STRING,
    default="",
    rules=Rules(pattern=r"(/.*)?", form="a path that begins with /", max_length=1_000),
)
