"""The catalogue of settings: sound, documented, and no key in it that nobody reads."""

import ast
import re
from typing import Any

import pytest

from deploy import settings_page
from services.registry import SERVICES
from shared.settings import alert_keys, backup_keys, catalogue, license_keys, monitor_keys
from shared.settings.catalogue import CATALOGUE
from shared.settings.key import Category, Key, Kind, listed
from shared.settings.values import parsed, text_of
from tests.contract.tree import python_files, text, tree

PARTS = vars(catalogue) | vars(alert_keys) | vars(backup_keys) | vars(license_keys) | vars(monitor_keys)
CONSTANTS = {name: value for name, value in PARTS.items() if isinstance(value, Key)}
KEYS = list(CATALOGUE.values())
GETTERS = {"get", "on_setting", "watch"}
FOR_OPERATORS = {"OBS_PLAYER"}
"""What the command line alone reads: it acts in the operator's own session."""


def test_every_key_is_read() -> None:
    """Each constant is given to a reader of settings, beside the command line: a setting without effect is a lie."""
    services = [path for path in python_files("services", "shared") if path.parts[1] != "cli"]
    read = {name for path in services for name in _read_in(tree(path))}
    read |= FOR_OPERATORS & {name for path in python_files("services") for name in _read_in(tree(path))}
    assert len(CONSTANTS) == len(CATALOGUE)
    assert sorted(CONSTANTS.keys() - read) == []


def _read_in(module: ast.Module) -> set[str]:
    """Names that a call such as `settings.get(NAME)` takes, or a call of what such a method was bound to."""
    bound = {
        target.id
        for node in ast.walk(module)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Attribute) and node.value.attr in GETTERS
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    return {
        node.args[0].id if isinstance(node.args[0], ast.Name) else node.args[0].attr
        for node in ast.walk(module)
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Name | ast.Attribute)
        if (isinstance(node.func, ast.Attribute) and node.func.attr in GETTERS)
        or (isinstance(node.func, ast.Name) and node.func.id in bound)
    }


def test_what_counts_as_reading() -> None:
    """An import or a mention is none."""
    read = "get = desk.settings.get\nget(A)\nr.on_setting(B, f)\nsettings.get(catalogue.C)"
    mentioned = "from x import D, E\nprint(D)\nE.default"
    assert _read_in(ast.parse(f"{mentioned}\n{read}")) == {"A", "B", "C"}


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.name)
def test_a_key_is_sound(key: Key[Any]) -> None:
    """Its name can be typed, its default keeps to its rules, it says what it is, and names real services."""
    assert re.fullmatch(r"[a-z]+\.[a-z][a-z0-9_]*", key.name)
    assert parsed(key, text_of(key, key.default)) == key.default
    assert key.title
    assert key.title[0].isupper()
    assert not key.title.endswith(".")
    assert len(key.description) > 20
    assert key.description.endswith(".")
    assert set(key.needs_restart) <= set(SERVICES)
    assert not (key.is_sensitive and key.default), "the default of a sensitive setting is in the source"
    assert key.rules.pattern is None or re.compile(key.rules.pattern)
    if key.kind in (Kind.INTEGER, Kind.FLOAT):
        assert None not in (key.rules.min, key.rules.max), "a number without limits"


def test_two_keys_of_one_name_are_an_error() -> None:
    """At import, not when somebody reads the wrong one."""
    with pytest.raises(ValueError, match="twice"):
        listed([KEYS[0], KEYS[0]])


def test_categories_are_those_of_the_database() -> None:
    """The nine that the migration made."""
    (migration,) = (path for path in python_files("migrations") if path.name == "002_settings.py")
    assert set(re.findall(r"^ +\('(\w+)', '", text(migration) or "", re.MULTILINE)) == set(Category)


def test_the_page_has_every_key() -> None:
    """docs/settings.md names each setting once; that it is current is tested with the other references."""
    assert re.findall(r"^### (.*)$", settings_page.page(), re.MULTILINE) == [
        key.name for category in Category for key in KEYS if key.category is category
    ]
