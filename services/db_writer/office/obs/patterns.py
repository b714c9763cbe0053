"""Patterns of folders and file names of recordings and clips; db-writer. Everything here refuses with ValidationError.

They are filled in by obs-bridge, which also cleans what is filled in. What is written in a pattern itself must suit
every file system, as OBS may run on another one than ours.
"""

import re
from collections.abc import Mapping
from typing import Final

from shared.automation.placeholders import CLIP_NAMES, FILE_NAMES
from shared.errors import ValidationError

MOST_CHARACTERS: Final = 200
"""Of a pattern: what is filled in comes on top, and a file name has at most 255 bytes."""
MOST_FOLDERS: Final = 8
_PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")
_NEVER: Final = re.compile(r'[<>:"|?*\\]')
"""What Windows allows in no name; a backslash would be a folder there and none here."""


def folder_of(said: str) -> str:
    """The folders of a recording below its root; `/` divides them, "" is the root itself."""
    return _folders("folder", said, FILE_NAMES)


def file_name_of(said: str) -> str:
    """The name of a recording, without its ending."""
    return _file_name("file_name", said, FILE_NAMES)


def clip_folder_of(said: str) -> str:
    """The folders of a clip below the root."""
    return _folders("clip_folder", said, CLIP_NAMES)


def clip_name_of(said: str) -> str:
    """The name of a clip, without its ending."""
    return _file_name("clip_name", said, CLIP_NAMES)


def _folders(name: str, said: str, known: Mapping[str, str]) -> str:
    if not said:
        return said
    _check(name, said, known)
    folders = said.split("/")
    if len(folders) > MOST_FOLDERS or any(not _is_name(folder) for folder in folders):
        sentence = (
            f"{name} is at most {MOST_FOLDERS} names with / between them, below the root: none is empty, begins or ends"
            " with a space, or ends with a dot."
        )
        raise ValidationError("obs.recording", sentence, value=said)
    return said


def _file_name(name: str, said: str, known: Mapping[str, str]) -> str:
    _check(name, said, known)
    if "/" in said or not _is_name(said):
        folder = name.replace("name", "folder") if name.startswith("clip") else "folder"
        sentence = (
            f"{name} is one name without its ending: it is not empty, has no / (folders are given by {folder}), does"
            " not begin or end with a space, and does not end with a dot."
        )
        raise ValidationError("obs.recording", sentence, value=said)
    return said


def _is_name(said: str) -> bool:
    return bool(said) and said == said.strip() and not said.endswith(".")


def _check(name: str, said: str, known: Mapping[str, str]) -> None:
    if len(said) > MOST_CHARACTERS or not said.isprintable() or _NEVER.search(said):
        sentence = (
            f'{name} has at most {MOST_CHARACTERS} characters, all of them printable, and none of < > : " | ? * \\ as'
            " Windows has no file with them."
        )
        raise ValidationError("obs.recording", sentence, value=said[:MOST_CHARACTERS])
    unknown = [word for word in _PLACEHOLDER.findall(said) if word not in known]
    if unknown or re.search(r"[{}]", _PLACEHOLDER.sub("", said)):
        listed = " ".join(f"{{{word}}}" for word in known)
        sentence = f"{name} may hold these placeholders, and no other braces: {listed}."
        raise ValidationError("obs.recording", sentence, value=unknown[0] if unknown else said)
