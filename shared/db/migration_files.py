"""The migrations that this program knows, read from their folder without running them; migrate.py and the CLI."""

import ast
import re
from dataclasses import dataclass
from pathlib import Path

from shared.errors import DatabaseError

SHIPPED = Path(__file__).resolve().parents[2] / "migrations"
_NAME = re.compile(r"(\d{3})_[a-z0-9_]+\.py")


@dataclass(frozen=True)
class Migration:
    """One file: `version` from 1, `name` its stem (`001_initial`), `description` the first line of its docstring."""

    version: int
    name: str
    description: str


def read_migrations(folder: Path) -> tuple[Migration, ...]:
    """Read the migrations in `folder`, in order: 1, 2, 3 … without a gap.

    Raises DatabaseError: no such folder, no migration in it, a number missing or used twice, a file that is not Python,
    has no description, or lacks `migrate` or `rollback`.
    """
    files = sorted(path for path in folder.glob("*.py") if _NAME.fullmatch(path.name))
    if not files:
        raise DatabaseError("migrations.missing", "There are no migrations here; install again.", value=str(folder))
    migrations = tuple(_read(path) for path in files)
    versions = [migration.version for migration in migrations]
    if versions != list(range(1, len(versions) + 1)):
        raise DatabaseError(
            "migrations.not_contiguous", "Number the migrations 001, 002, 003 … without gap or repeat.", value=versions
        )
    return migrations


def _read(path: Path) -> Migration:
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (OSError, SyntaxError, ValueError) as error:
        raise DatabaseError("migrations.unreadable", f"Mend this migration ({error}).", value=path.name) from error
    functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    docstring = ast.get_docstring(tree)
    if docstring is None or not {"migrate", "rollback"} <= functions:
        raise DatabaseError(
            "migrations.incomplete", "Give this migration a docstring, `migrate` and `rollback`.", value=path.name
        )
    return Migration(version=int(path.name[:3]), name=path.stem, description=docstring.splitlines()[0])
