"""The pages in docs/ are true where that can be tested: links, programs, names of files and commands."""

import ast
import re
from importlib import import_module
from pathlib import Path

import pytest

from deploy import reference
from tests.contract.tree import ROOT, files

PAGES = [path for path in files() if path.suffix == ".md" and path.parts[0] == "docs"]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)
IN_TREE = re.compile(r"`((?:services|shared|deploy|tests|migrations|docs)/[\w./-]+)`")
MADE_BY_THE_READER = re.compile(r"tally")


def test_there_are_pages() -> None:
    """The pages that this file is about are found."""
    assert {"messages.md", "subscribe.md", "architecture.md", "add-a-service.md"} <= {page.name for page in PAGES}


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_links_lead_somewhere(page: Path) -> None:
    """A link's file exists, and its section is a heading there."""
    for link in LINK.findall(_prose(page)):
        name, _, section = link.partition("#")
        target = (ROOT / page).parent / name if name else ROOT / page
        assert target.exists(), f"{page}: {link}"
        assert not section or section in _anchors(target), f"{page}: {link}"


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_named_files_exist(page: Path) -> None:
    """A file that a page names in backquotes is there."""
    named = [name for name in IN_TREE.findall(_prose(page)) if not MADE_BY_THE_READER.search(name)]
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("name", ["scoreboard.py", "scoreboard.mjs", "history.py", "flags.py"])
def test_programs_are_shown_as_they_are(name: str) -> None:
    """docs/subscribe.md holds the very text of the programs that the tests run."""
    page = (ROOT / "docs/subscribe.md").read_text(encoding="utf-8")
    assert (ROOT / "docs/examples" / name).read_text(encoding="utf-8") in page
    assert reference.with_examples(page) == page


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_python_in_pages(page: Path) -> None:
    """Python blocks can be parsed, and what they import from us exists."""
    for language, code in BLOCK.findall((ROOT / page).read_text(encoding="utf-8")):
        if language != "python" or code.startswith(" "):
            continue
        for node in ast.walk(ast.parse(code)):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in ("shared", "tests"):
                if MADE_BY_THE_READER.search(node.module):
                    continue
                module = import_module(node.module)
                missing = [a.name for a in node.names if not hasattr(module, a.name)]
                assert [name for name in missing if not MADE_BY_THE_READER.search(name.lower())] == [], page


def _prose(page: Path) -> str:
    return BLOCK.sub("", (ROOT / page).read_text(encoding="utf-8"))


def _anchors(page: Path) -> set[str]:
    """The sections of a page, by the names that Markdown viewers give them."""
    headings = re.findall(r"^#+ (.+)$", BLOCK.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
