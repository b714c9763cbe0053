"""Who may import whom: services import shared and never each other, shared imports no service, the contract nobody."""

import re
from pathlib import Path

from tests.contract.tree import imports, python_files

OURS = {"services", "shared", "deploy", "tests", "migrations"}
REGISTRY = "services.registry"
EMPTY_WORDS = re.compile(r"(^|_)(utils?|helpers?|common|base|managers?|misc)(_|$)")


def test_imports_are_seen() -> None:
    """The reading of imports works: what is known to be imported is found, absolute and relative."""
    seen = {name for _, name in imports(Path("services/broker/main.py"))}
    assert {"services.broker.proxy.Proxy", "shared.runtime.serve"} <= seen
    assert sum(1 for path in python_files("services", "shared") for _ in imports(path)) > 200


def test_services_never_import_each_other() -> None:
    """A service's files import their own package, the registry and shared; the CLI is a service in this."""
    faults = [
        f"{path}:{line} imports {name}"
        for path in python_files("services")
        for line, name in imports(path)
        if name.split(".")[0] in OURS and not _may_import(path, name)
    ]
    assert faults == []


def test_a_foreign_import_is_noticed() -> None:
    """The rule is not empty: what it forbids is refused by it."""
    path = Path("services/broker/main.py")
    assert _may_import(path, "services.registry.SERVICES")
    assert _may_import(path, "services.broker.curve.secure")
    assert not _may_import(path, "services.udp_ingest.recorder")
    assert not _may_import(path, "services.broker2.x")
    assert not _may_import(path, "deploy.reference")


def test_shared_imports_no_service() -> None:
    """What two services need knows neither of them."""
    assert _foreign(python_files("shared"), allowed=("shared",)) == []


def test_the_contract_imports_only_itself() -> None:
    """shared/messages can be read, and copied, without anything else of ours."""
    contract = [path for path in python_files("shared") if path.parts[1] == "messages"]
    assert len(contract) > 5
    assert _foreign(contract, allowed=("shared.messages",)) == []


def test_migrations_import_nothing_of_ours() -> None:
    """A migration that shipped does the same for ever, whatever becomes of the code."""
    assert _foreign(python_files("migrations"), allowed=()) == []


def test_nothing_imports_tests_or_migrations() -> None:
    """The program does not need its tests, and migrations are run, never imported."""
    faults = [
        f"{path}:{line} imports {name}"
        for path in python_files("services", "shared", "deploy")
        for line, name in imports(path)
        if name.split(".")[0] in ("tests", "migrations")
    ]
    assert faults == []


def test_files_are_named_for_what_is_in_them() -> None:
    """No utils, helpers, common, base or manager."""
    found = python_files("services", "shared", "deploy", "tests")
    assert [str(path) for path in found if any(EMPTY_WORDS.search(part.lower()) for part in _names(path))] == []
    assert EMPTY_WORDS.search("db_utils")
    assert not EMPTY_WORDS.search("database")


def _names(path: Path) -> list[str]:
    return [*path.parts[:-1], path.stem]


def _may_import(path: Path, name: str) -> bool:
    if name == REGISTRY or name.startswith(("shared.", REGISTRY + ".")):
        return True
    own = ".".join(path.parts[:2]) if len(path.parts) > 2 else None
    return own is not None and (name == own or name.startswith(own + "."))


def _foreign(paths: list[Path], *, allowed: tuple[str, ...]) -> list[str]:
    return [
        f"{path}:{line} imports {name}"
        for path in paths
        for line, name in imports(path)
        if name.split(".")[0] in OURS and not any(name == a or name.startswith(a + ".") for a in allowed)
    ]
