"""`restrike pss`: what scoring systems send, and how it is read. `explain` needs no running suite."""

import subprocess
import sys
from typing import Annotated, Any

import msgspec
import typer

from services.cli import output, pss_rings
from services.cli.group import group
from shared.errors import RestrikeError
from shared.messages.rules import Dialect

app = group("pss", "What scoring systems send, and how it is read.")
pss_rings.register(app)
COLUMNS = ("at", "field", "sent", "read", "fault", "meaning")


@app.command(epilog="Example: restrike pss explain 'clk;01:59;'")
def explain(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="A datagram's text; - reads it from standard input.")],
    *,
    dialect: Annotated[
        Dialect | None, typer.Option("--dialect", help="Who speaks; if left out, what the text itself shows.")
    ] = None,
    json: output.Json = False,
) -> None:
    """Print how a datagram is read, field by field.

    a is TK-Strike Gen2, b is WT UDP 2.3 and Gen3.
    """
    body = sys.stdin.buffer.read() if text == "-" else text.encode(errors="surrogateescape")
    explained = _explained(body, dialect)
    if json:
        output.document(explained)
        return
    output.line(f"Dialect {explained['dialect']}, {explained['protocol']}: {explained['reason']}.")
    for message in explained["messages"]:
        output.line(_shown(message))


def _explained(body: bytes, dialect: Dialect | None) -> Any:
    """What the parser makes of it; a process of its own, as the command line has no part of the parser."""
    command = [sys.executable, "-P", "-m", "services.pss_parser.explain"]
    command += ["--dialect", dialect.value] if dialect else []
    ended = subprocess.run(command, input=body, capture_output=True, check=False)
    if ended.returncode:
        raise RestrikeError("pss.not_explained", f"The parser failed: {ended.stderr.decode(errors='replace').strip()}")
    return msgspec.json.decode(ended.stdout)


def _shown(message: dict[str, Any]) -> str:
    lines = ["", message["raw"] or "(nothing)", f"  {message['kind']}: {message['topic']}, {message['event']}"]
    lines.append(f"  {message['meaning']}")
    if message["fields"]:
        shown = output.table(COLUMNS, [_row(field) for field in message["fields"]])
        lines += [f"  {text}" for text in shown.splitlines()]
    if message["faults"]:
        lines.append(f"  Faults: {', '.join(message['faults'])}")
    return "\n".join(lines)


def _row(field: dict[str, Any]) -> tuple[object, ...]:
    value = field["value"]
    if isinstance(value, dict):
        value = " ".join(f"{name}={output.NOTHING if said is None else said}" for name, said in value.items())
    return (field["position"], field["name"], field["raw"], value, field["fault"], field["meaning"])
