"""Habits that no linter checks for us: short files and functions, reasons on the line, one clock, no machine paths."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

from tests.contract.tree import files, nodes, python_files, text

CODE = ("services", "shared", "deploy")
ALL = (*CODE, "tests", "migrations")
FILE_LINES = 400
FUNCTION_LINES = 40
CLOCK = "shared/clock.py"
WHOLE_ENTRIES = {
    "services/pss_parser/ring.py",
    "services/db_writer/store.py",
    "services/db_writer/outboxes/store.py",
    "services/db_writer/main.py",
}
# A line must be written whatever the code of a value does that it shows.
MAY_CATCH_ALL = {"shared/runtime.py", "shared/rpc.py", "shared/log/values.py", *WHOLE_ENTRIES}
REASON = re.compile(r"#\s*(noqa: ?[A-Z]+\d+(, ?[A-Z]+\d+)*|type: ignore\[[\w, -]+\])\s+(#|-)\s*\S.{2,}")
EXCEPTION = re.compile(r"#\s*(noqa|type:\s*ignore)")
# No use of the clock is without one of these; what has none need not be parsed.
NAMES_CLOCK = re.compile(r"\.[\s\\]*(time|sleep)\b|\bfrom\s+time\b")
HOMES = re.compile(r"(?<![\w.~*-])/(?:work|root|home/\w+)/")
TEMPORARY = re.compile(r"(?<![\w.~*-])/tmp/")


def test_files_are_short() -> None:
    """No Python file is longer than 400 lines."""
    lengths = {str(path): len((text(path) or "").splitlines()) for path in python_files(*ALL)}
    assert len(lengths) > 50
    assert {path: lines for path, lines in lengths.items() if lines > FILE_LINES} == {}


def test_functions_are_short() -> None:
    """No function of the program is longer than 40 lines, its docstring included."""
    found = [(path, node) for path in python_files(*CODE) for node in _functions(path)]
    assert len(found) > 200
    long = {f"{path}:{node.name}": _length(node) for path, node in found if _length(node) > FUNCTION_LINES}
    assert long == {}


def test_there_is_one_clock() -> None:
    """time.time and time.sleep appear in shared/clock.py and tests/support/ only: all else is given its time, and
    waits with a deadline.
    """
    used = [
        (path, line)
        for path in python_files(*ALL)
        if NAMES_CLOCK.search(text(path) or "")
        for line in _clock_uses(path)
    ]
    assert any(str(path) == CLOCK for path, _ in used)
    strange = [f"{path}:{line}" for path, line in used if str(path) != CLOCK and path.parts[:2] != ("tests", "support")]
    assert strange == []


def test_broad_excepts_are_few_and_explained() -> None:
    """Only the runtime, the command server, and who must not lose the next entry to a bad one; the line says why."""
    found = [(path, line) for path in python_files(*CODE) for line in _broad_excepts(path)]
    assert len(found) >= 2
    for path, line in found:
        assert str(path) in MAY_CATCH_ALL, f"{path}:{line} catches everything"
        assert REASON.search((text(path) or "").splitlines()[line - 1]), f"{path}:{line} does not say why"


def test_every_exception_to_a_rule_has_its_reason() -> None:
    """A `noqa` or `type: ignore` names its rule, and then says why."""
    comments = [(path, line, words) for path in python_files(*ALL) for line, words in _exceptions(path)]
    assert len(comments) > 5
    assert [f"{path}:{line} {words}" for path, line, words in comments if not REASON.search(words)] == []


def test_what_counts_as_a_reason() -> None:
    """The pattern accepts a rule with its reason and refuses one without."""
    ignore, quiet = "type: " + "ignore", "no" + "qa"
    assert REASON.search(f"# {quiet}: BLE001  # a request must always be answered")
    assert REASON.search(f"# {ignore}[name-defined]  # made at run time")
    assert not REASON.search(f"# {quiet}: BLE001")
    assert not REASON.search(f"# {quiet}")
    assert not REASON.search(f"# {ignore}  # because of mypy")


def test_no_file_names_a_path_of_one_machine() -> None:
    """What is in the repository means the same on every machine."""
    texts = {path: content for path in files() if (content := text(path)) is not None}
    assert len(texts) > 100
    faults = [f"{path}:{line}" for path, content in texts.items() for line in _matches(HOMES, content)]
    program = {path: content for path, content in texts.items() if path.parts[0] not in ("tests", "docs")}
    faults += [f"{path}:{line}" for path, content in program.items() for line in _matches(TEMPORARY, content)]
    assert faults == []
    assert HOMES.search("see /" + "home/anna/x")
    assert not HOMES.search("~/.local, net/work/x")


def test_lock_files_name_no_host() -> None:
    """Packages come from wherever the machine's own pip and npm are set up to look."""
    locks = [
        path
        for path in files()
        if path.name == "package-lock.json" or path.name.endswith((".lock", "requirements.txt"))
    ]
    assert locks
    for path in locks:
        content = text(path) or ""
        assert '"resolved"' not in content, path
        assert not re.search(r"https?://|--(extra-)?index-url|--find-links", content), path


def _functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in nodes(path) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def _length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def _clock_uses(path: Path) -> Iterator[int]:
    for node in nodes(path):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "time":
            if node.attr in ("time", "sleep"):
                yield node.lineno
        elif isinstance(node, ast.ImportFrom) and node.module == "time":
            yield from (node.lineno for alias in node.names if alias.name in ("time", "sleep"))


def _broad_excepts(path: Path) -> Iterator[int]:
    for node in nodes(path):
        if isinstance(node, ast.ExceptHandler):
            caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            names = {kind.id for kind in caught if isinstance(kind, ast.Name)}
            last = node.body[-1]
            is_raised_again = isinstance(last, ast.Raise) and last.exc is None
            if (node.type is None or names & {"Exception", "BaseException"}) and not is_raised_again:
                yield node.lineno


def _exceptions(path: Path) -> Iterator[tuple[int, str]]:
    source = text(path) or ""
    if not EXCEPTION.search(source):
        return  # to take a file apart takes long
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT and EXCEPTION.search(token.string):
            yield token.start[0], token.string


def _matches(pattern: re.Pattern[str], content: str) -> Iterator[int]:
    return (number for number, line in enumerate(content.splitlines(), 1) if pattern.search(line))
