r"""The options of `restrike obs add`, `edit` and the like, as typer reads them, and what they say.

Lists are written with commas, as rings and roles have none in their names; a folder as `D:\Rec=/mnt/rec`.
"""

from typing import Annotated, Final

import typer

from shared.messages.obs import Role

ALL: Final = "all"

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the connection, such as main.")]
NameOrAll = Annotated[str | None, typer.Argument(metavar="NAME", help="Name of the connection; every one if left out.")]
Host = Annotated[str | None, typer.Option("--host", metavar="HOST", help="Where OBS runs; this machine if never said.")]
Port = Annotated[
    int | None,
    typer.Option("--port", metavar="PORT", min=1, max=65535, help="Of its websocket server; 4455 if never said."),
]
Roles = Annotated[
    str | None,
    typer.Option("--roles", metavar="LIST", help="recording,replay,streaming,scenes, or all. A new one has all."),
]
Rings = Annotated[
    str | None, typer.Option("--rings", metavar="LIST", help="Rings that it serves: ring-1,ring-2, or all.")
]
PathMap = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        metavar="THEIRS=OURS",
        help=r"A folder of OBS's machine = where it is on this one: 'D:\Rec=/mnt/rec'. May be repeated; '' for none.",
    ),
]
Rename = Annotated[str | None, typer.Option("--rename", metavar="NAME", help="Its new name.")]
PasswordStdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")]
AskPassword = Annotated[bool, typer.Option("--password", help="Ask for a new password.")]
NoPassword = Annotated[bool, typer.Option("--no-password", help="OBS wants no password.")]
WithinS = Annotated[
    float, typer.Option("--within", metavar="SECONDS", min=0, max=600, help="How long to wait for it, in seconds.")
]


def roles(text: str | None) -> tuple[Role, ...] | None:
    """The roles of `recording,replay`; None stays None.

    Raises typer.BadParameter: there is no such role.
    """
    if text is None:
        return None
    words = _words(text)
    if words == (ALL,):
        return tuple(Role)
    known = [role.value for role in Role]
    for word in words:
        if word not in known:
            raise typer.BadParameter(f"{word!r} is none of {', '.join(known)}.", param_hint="--roles")
    return tuple(Role(word) for word in words)


def rings(text: str | None) -> tuple[str, ...] | None:
    """The rings of `ring-1,ring-2`; none for `all`, None stays None.

    Raises typer.BadParameter: none is named.
    """
    if text is None:
        return None
    words = _words(text)
    if not words:
        raise typer.BadParameter("name rings, or all for every one.", param_hint="--rings")
    return () if words == (ALL,) else words


def path_map(given: list[str] | None) -> dict[str, str] | None:
    r"""`D:\Rec=/mnt/rec` as `{"D:\Rec": "/mnt/rec"}`; None stays None.

    Raises typer.BadParameter: it is not written so.
    """
    if given is None:
        return None
    found: dict[str, str] = {}
    for text in filter(None, given):
        theirs, is_there, ours = text.rpartition("=/")
        if not is_there or not theirs:
            sentence = rf"{text!r} is not written as 'D:\Rec=/mnt/rec'; ours begins with /."
            raise typer.BadParameter(sentence, param_hint="--map")
        found[theirs] = f"/{ours}"
    return found


def _words(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))
