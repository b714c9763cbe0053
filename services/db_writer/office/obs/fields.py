"""What the fields of a connection to OBS may hold; db-writer. Everything here refuses with ValidationError."""

import ipaddress
import re
from collections.abc import Iterable, Mapping
from typing import Final

from shared.errors import ValidationError
from shared.messages.obs import Role
from shared.messages.recordings import NO_RING

MOST_CHARACTERS: Final = 500
"""Of a path, a password, and what is shown of a value that is refused."""
MOST_RINGS: Final = 64
MOST_FOLDERS: Final = 32
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_HOST: Final = re.compile(r"(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?(\.[A-Za-z0-9_-]{1,63})*\.?")
_WINDOWS: Final = re.compile(r"([A-Za-z]:[\\/]|\\\\[^\\/]+[\\/][^\\/]+)")
"""How an absolute path of Windows begins: with a drive, or a computer and a share."""
_NEVER_IN_WINDOWS: Final = re.compile(r'[<>:"|?*]')


def name_of(said: str, *, what: str = "name of an OBS connection") -> str:
    """The name of a connection: it is part of topics and commands."""
    if not _NAME.fullmatch(said):
        sentence = (
            f"The {what} has 1 to 32 characters out of a-z, 0-9 and -, and does not begin with -, such as obs-ring-1."
        )
        raise ValidationError("obs.name", sentence, value=said[:MOST_CHARACTERS])
    return said


def host_of(said: str) -> str:
    """A host name or an address, without port or scheme."""
    host = said.strip()
    try:
        ipaddress.ip_address(host)
    except ValueError:
        if not _HOST.fullmatch(host) or re.fullmatch(r"[\d.]+", host):
            sentence = (
                "The host is the name or the address of OBS's machine alone, such as 127.0.0.1 or obs-pc; its port is"
                " given apart."
            )
            raise ValidationError("obs.host", sentence, value=said[:MOST_CHARACTERS]) from None
    return host


def port_of(said: int) -> int:
    """A TCP port."""
    if not 1 <= said <= 65_535:
        raise ValidationError("obs.port", "The port is a number from 1 to 65535; OBS's own is 4455.", value=said)
    return said


def password_of(said: str) -> str:
    """A password, which no refusal repeats."""
    if len(said) > MOST_CHARACTERS or not said.isprintable():
        sentence = f"The password must be one line of at most {MOST_CHARACTERS} characters."
        raise ValidationError("obs.password", sentence)
    return said


def roles_of(said: Iterable[Role]) -> tuple[Role, ...]:
    """Roles, each once, in the order of the contract."""
    named = set(said)
    if not named:
        sentence = f"Give at least one role: {', '.join(Role)}. To use a connection no more, switch it off."
        raise ValidationError("obs.roles", sentence)
    return tuple(role for role in Role if role in named)


def rings_of(said: Iterable[str]) -> tuple[str, ...]:
    """Names of rings, each once; none: all. A ring may be made later than its connection."""
    rings = tuple(dict.fromkeys(said))
    for ring in rings:
        if not _NAME.fullmatch(ring) or ring == NO_RING:
            sentence = (
                "A ring's name has 1 to 32 characters out of a-z, 0-9 and -, such as ring-1; it does not begin with -,"
                f" and is not {NO_RING}."
            )
            raise ValidationError("obs.rings", sentence, value=ring[:MOST_CHARACTERS])
    if len(rings) > MOST_RINGS:
        sentence = f"At most {MOST_RINGS} rings can be named; name none to serve all."
        raise ValidationError("obs.rings", sentence, value=len(rings))
    return rings


def path_map_of(said: Mapping[str, str]) -> dict[str, str]:
    """Folders of OBS's machine and where they are on ours, without a separator at the end."""
    if len(said) > MOST_FOLDERS:
        raise ValidationError("obs.path_map", f"At most {MOST_FOLDERS} folders can be mapped.", value=len(said))
    found: dict[str, str] = {}
    for theirs, ours in said.items():
        folder = obs_folder_of(theirs, what="OBS's folder in a path map", code="obs.path_map")
        if folder.casefold() in (one.casefold() for one in found):
            sentence = "A folder of OBS is mapped twice; map it once."
            raise ValidationError("obs.path_map", sentence, value=folder)
        found[folder] = _our_folder(ours)
    return found


def obs_folder_of(said: str, *, what: str, code: str) -> str:
    r"""An absolute folder of OBS's machine, Unix or Windows, without a separator at the end (but for `/` and `D:\`)."""
    begin = _WINDOWS.match(said)
    rest = said[begin.end() :] if begin else said
    is_sound = _is_path(said) and (begin is not None or said.startswith("/"))
    if not is_sound or (begin and _NEVER_IN_WINDOWS.search(rest)):
        sentence = rf"{what[0].upper()}{what[1:]} is an absolute path on OBS's machine, such as D:\Rec or /srv/rec."
        raise ValidationError(code, sentence, value=said[:MOST_CHARACTERS])
    root = begin[0] if begin else "/"
    return root if len(said) <= len(root) else said.rstrip("\\/" if begin else "/") or root


def _our_folder(said: str) -> str:
    if not _is_path(said) or not said.startswith("/"):
        sentence = "Our folder in a path map is an absolute path on the suite's machine, such as /mnt/rec."
        raise ValidationError("obs.path_map", sentence, value=said[:MOST_CHARACTERS])
    return said.rstrip("/") or "/"


def _is_path(said: str) -> bool:
    is_text = 0 < len(said) <= MOST_CHARACTERS and said.isprintable() and said == said.strip()
    return is_text and not {".", ".."} & set(re.split(r"[\\/]", said))
