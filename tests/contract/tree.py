"""What the tests of the house look at: the repository's files, and the imports in them."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEXT_UP_TO_BYTES = 5_000_000


@cache
def files() -> tuple[Path, ...]:
    """All files that git tracks or would add, that exist, as paths below the root."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
    paths = {Path(name.decode()) for name in listed.split(b"\0") if name}
    return tuple(sorted(path for path in paths if (ROOT / path).is_file()))


def python_files(*folders: str) -> list[Path]:
    """The Python files below `folders`; at least one in each."""
    found = [path for path in files() if path.suffix == ".py" and path.parts[0] in folders]
    assert {path.parts[0] for path in found} == set(folders), f"no files in some of {folders}"
    return found


@cache
def text(path: Path) -> str | None:
    """What the file says; None for one that is not text."""
    body = (ROOT / path).read_bytes()
    if len(body) > TEXT_UP_TO_BYTES or b"\0" in body:
        return None
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None


@cache
def tree(path: Path) -> ast.Module:
    """The file's syntax tree."""
    return ast.parse((ROOT / path).read_text(encoding="utf-8"), filename=str(path))


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """All nodes of the tree: to walk it takes as long as to parse it."""
    return tuple(ast.walk(tree(path)))


@cache
def imports(path: Path) -> tuple[tuple[int, str], ...]:
    """Line and full name of everything that the file imports, relative imports resolved."""
    return tuple(_imports(path))


def _imports(path: Path) -> Iterator[tuple[int, str]]:
    for node in nodes(path):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            up = path.parts[: len(path.parts) - node.level] if node.level else ()
            module = ".".join([*up, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{module}.{alias.name}") for alias in node.names)
