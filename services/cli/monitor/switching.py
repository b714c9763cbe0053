"""`restrike monitor interval`, `on` and `off`: settings that db-writer stores, running or not."""

from typing import Annotated, Final

import typer

from services.cli import output
from services.cli.author import Author, author_of
from shared.messages.settings import ChangeSettings, SettingValue
from shared.paths import Paths
from shared.settings.monitor_keys import MONITOR_ENABLED, MONITOR_INTERVAL_MS

LEAST_S: Final = 0.2
MOST_S: Final = 60.0
Seconds = Annotated[
    float, typer.Argument(metavar="SECONDS", min=LEAST_S, max=MOST_S, help="Between two samples: 0.2 to 60.")
]


def interval(seconds: Seconds, *, author: Author = None, json: output.Json = False) -> None:
    """Measure the machine every so many seconds, from now on. What is stored stays averages of 10 s and 60 s."""
    wanted = round(seconds * 1000)
    is_changed, when = _change(MONITOR_INTERVAL_MS.name, wanted, author=author)
    if json:
        output.document({"interval_ms": wanted, "changed": is_changed})
    else:
        output.line(f"The machine is measured every {wanted / 1000:g} s{'' if is_changed else ' already'}.{when}")


def on(*, author: Author = None, json: output.Json = False) -> None:
    """Measure the machine, its disks and networks, and the processes of the suite, OBS and ffmpeg."""
    _switch(is_on=True, author=author, json=json)


def off(*, author: Author = None, json: output.Json = False) -> None:
    """Measure nothing, until it is switched on. Nobody is then warned of a full disk or a starving OBS."""
    _switch(is_on=False, author=author, json=json)


def _switch(*, is_on: bool, author: str | None, json: bool) -> None:
    is_changed, when = _change(MONITOR_ENABLED.name, is_on, author=author)
    if json:
        output.document({"enabled": is_on, "changed": is_changed})
    else:
        output.line(f"Measuring is {'on' if is_on else 'off'}{'' if is_changed else ' already'}.{when}")


def _change(name: str, value: SettingValue, *, author: str | None) -> tuple[bool, str]:
    """Whether that was a change, and from when on it holds, where that is not now."""
    from services.cli.writer import ask, is_running  # noqa: PLC0415  # start time: only here

    paths = Paths.from_environment()
    done = ask(ChangeSettings(author=author_of(author), values={name: value}), paths=paths)
    return bool(done.changed), "" if is_running(paths) else " It holds when the suite starts."
