"""Secrets that come to `restrike` where nobody can read them: on standard input. Never as an argument, which everybody
on the machine can read.
"""

import sys


def on_stdin(*, most_bytes: int) -> str | None:
    """All of standard input without its last newline; None: it is no UTF-8 text of up to `most_bytes`."""
    body = sys.stdin.buffer.read(most_bytes + 1)
    try:
        return body.decode().removesuffix("\n") if len(body) <= most_bytes else None
    except UnicodeDecodeError:
        return None
