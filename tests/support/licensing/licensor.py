"""A vendor as one works: commands of `restrike-licensor`, and its activation server with TLS as a process."""

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from services.licensor.app import main
from tests.support.certificates import own_certificate
from tests.support.wait import eventually

WITHIN_S: Final = 20.0
COMMAND: Final = str(Path(sys.executable).with_name("restrike-licensor"))


class Licensor:
    """A vendor with one key in `folder / home`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.home = folder / "home"
        self.log = folder / "server.log"
        _, self.certificate = own_certificate(folder)
        self._private = folder / "own.key"
        self.run("keys", "create", "k1", "--no-passphrase")

    def run(self, *arguments: str | Path) -> str:
        """One command of the vendor, which succeeds, in this process: what it printed."""
        said, words = io.StringIO(), ["--home", str(self.home), *map(str, arguments)]
        before, code = os.umask(0o077), None  # the command sets it, too
        try:
            with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
                main(words)
        except SystemExit as ended:
            code = ended.code
        finally:
            os.umask(before)
        assert code == 0, f"restrike-licensor {' '.join(words)}: {said.getvalue()}"
        return said.getvalue()

    def document(self, *arguments: str | Path) -> Any:
        """The JSON document that a command prints."""
        return json.loads(self.run(*arguments, "--json"))

    def seats(self, license_id: str) -> int:
        """How many machines have a licence."""
        return int(self.document("show", license_id)["taken"])

    @contextlib.contextmanager
    def serving(self) -> Iterator[str]:
        """The activation server on a free port of loopback: its address. Gone at the end of the block."""
        tls = ["--cert", str(self.certificate), "--key", str(self._private)]
        command = [COMMAND, "--home", str(self.home), "serve", "--host", "127.0.0.1", "--port", "0", "--json", *tls]
        with self.log.open("ab") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
            try:
                yield eventually(lambda: self._address(process), within=WITHIN_S, what="the activation server")
            finally:
                process.kill()

    def _address(self, process: "subprocess.Popen[bytes]") -> str:
        said = self.log.read_text(encoding="utf-8")
        if process.poll() is not None:
            raise RuntimeError(f"the activation server ended: {said}")
        lines = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
        return next((str(line["url"]) for line in lines if line["event"] == "listening"), "")
