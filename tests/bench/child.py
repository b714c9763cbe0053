"""A process of the bench: started as a module, asked in lines of JSON, gone when its standard input closes."""

import contextlib
import select
import subprocess
import sys
from collections.abc import Iterator
from typing import Any, Self, TypeVar

import msgspec

T = TypeVar("T")
END_WITHIN_S = 10


class Child:
    """One started process. `pid` is its process id."""

    def __init__(self, module: str, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", module, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.pid = self._process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def ask(self, question: object, answer: type[T]) -> T:
        """Send a line and read the line that answers it."""
        self.begin(question)
        return self.read(answer)

    def begin(self, question: object) -> None:
        """Send a line whose answer is read later."""
        assert self._process.stdin is not None, "it was made a pipe"
        self._process.stdin.write(msgspec.json.encode(question) + b"\n")
        self._process.stdin.flush()

    def read(self, answer: type[T]) -> T:
        """The next line that the process writes."""
        assert self._process.stdout is not None, "it was made a pipe"
        line = self._process.stdout.readline()
        assert line, f"{self._process.args!r} ended early, with {self._process.wait(END_WITHIN_S)}"
        return msgspec.json.decode(line, type=answer)

    def has_answer(self, *, within_s: float) -> bool:
        """Whether a line waits that nobody asked for."""
        assert self._process.stdout is not None, "it was made a pipe"
        return bool(select.select([self._process.stdout], [], [], within_s)[0])

    def close_input(self) -> None:
        """Tell the process that nothing more will be asked."""
        assert self._process.stdin is not None, "it was made a pipe"
        self._process.stdin.close()

    def end(self) -> None:
        """See the process off."""
        with contextlib.suppress(BrokenPipeError):
            self.close_input()
        try:
            self._process.wait(END_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        assert self._process.stdout is not None, "it was made a pipe"
        self._process.stdout.close()


def questions(kind: type[T]) -> Iterator[T]:
    """In the process itself: what is asked of it, until its standard input closes."""
    for line in sys.stdin.buffer:
        yield msgspec.json.decode(line, type=kind)


def answer(value: Any) -> None:
    """In the process itself: write one line."""
    sys.stdout.buffer.write(msgspec.json.encode(value) + b"\n")
    sys.stdout.buffer.flush()
