"""The two example programs of docs/subscribe.md, as a broadcast engineer starts them."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.support.npm import ROOT, installed
from tests.support.wait import lenient

EXAMPLES = ROOT / "docs" / "examples"
PYTHON, NODE = "python", "node"


class Scoreboard:
    """A running example. Its lines go to a file, so that it never waits for a reader."""

    def __init__(self, process: "subprocess.Popen[bytes]", output: Path) -> None:
        self.process = process
        self._output = output

    def lines(self) -> list[str]:
        """The whole lines that it printed so far."""
        text = self._output.read_text(encoding="utf-8")
        return text[: text.rfind("\n") + 1].splitlines()

    def ended(self, *, within: float) -> int:
        """Its exit code, once it ended by itself."""
        return self.process.wait(lenient(within))


@contextlib.contextmanager
def scoreboard(language: str, folder: Path, events: str, commands: str, *options: str) -> Iterator[Scoreboard]:
    """Start an example against these endpoints, with `folder` for its files; it is gone afterwards."""
    folder.mkdir(parents=True)
    program = [sys.executable, "-P", str(EXAMPLES / "scoreboard.py")]
    if language == NODE:
        (folder / "scoreboard.mjs").write_bytes((EXAMPLES / "scoreboard.mjs").read_bytes())
        (folder / "node_modules").symlink_to(installed(EXAMPLES))
        program = ["node", str(folder / "scoreboard.mjs")]
    output = folder / "output.txt"
    with output.open("wb") as file:
        command = [*program, "--events", events, "--commands", commands, *options]
        process = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT)
    try:
        yield Scoreboard(process, output)
    finally:
        process.kill()
        process.wait(10)
