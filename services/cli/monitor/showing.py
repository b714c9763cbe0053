"""`restrike monitor show` and `watch`: the newest sample, once or again and again."""

import sys
from typing import Final

import typer

from services.cli import output
from services.cli.monitor.sample_tables import text_of
from shared.clock import unix_ns, wait_s
from shared.errors import NetworkError
from shared.messages.system import GetSystem, SystemSample
from shared.paths import Paths
from shared.rpc import Client, RefusedError

HOME_AND_CLEAR: Final = "\x1b[H\x1b[2J"
AGAIN_AFTER_S: Final = 1.0
"""Where there is no sample that says how often there is one."""


def show(*, json: output.Json = False) -> None:
    """Show the newest sample: processor, memory, disks, networks, UDP, clock, processes, OBS."""
    sample = Client(Paths.from_environment()).call(GetSystem())
    if json:
        output.document(sample)
    else:
        output.line(text_of(sample))


def watch(*, json: output.Json = False) -> None:
    """Show each sample anew, until Ctrl-C. With --json one document a line."""
    client = Client(Paths.from_environment())
    is_terminal = sys.stdout.isatty()
    shown_us = 0
    try:
        while True:
            pause_s = AGAIN_AFTER_S
            try:
                sample = client.call(GetSystem())
            except (NetworkError, RefusedError) as error:
                _tell(error, is_terminal=is_terminal, json=json)
            else:
                if sample.at_us != shown_us:
                    _show(sample, is_terminal=is_terminal, json=json)
                shown_us = sample.at_us
                pause_s = _until_next_s(sample)
            wait_s(pause_s)
    except KeyboardInterrupt:
        pass  # how watching is ended


def _until_next_s(sample: SystemSample) -> float:
    """Until the next sample should be there; at most a second, as the interval may be changed."""
    due_s = (sample.at_us / 1000 + sample.interval_ms - unix_ns() / 1e6) / 1000
    return min(max(due_s + 0.02, 0.05), AGAIN_AFTER_S)


def _show(sample: SystemSample, *, is_terminal: bool, json: bool) -> None:
    if json:
        output.document(sample, is_line=True)
    else:
        _print(text_of(sample), is_terminal=is_terminal)


def _tell(error: NetworkError | RefusedError, *, is_terminal: bool, json: bool) -> None:
    if json:
        output.document({"error": {"code": error.code, "message": error.message}}, is_line=True)
    else:
        _print(f"{output.local_time(unix_ns() // 1000)[:8]}  {error.message}", is_terminal=is_terminal)


def _print(text: str, *, is_terminal: bool) -> None:
    if is_terminal:
        typer.echo(HOME_AND_CLEAR, nl=False)
    output.line(text if is_terminal else f"{text}\n")
