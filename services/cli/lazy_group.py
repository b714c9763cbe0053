"""A command group of `restrike` that is loaded when one of its commands is asked for: the others start sooner."""

from collections.abc import Callable
from functools import cache
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from services.cli.group import group


def lazy_group(name: str, purpose: str, load: Callable[[], typer.Typer]) -> typer.Typer:
    """A group that looks like the one that `load` imports."""

    class Lazy(TyperGroup):
        def list_commands(self, ctx: Any) -> list[str]:
            return list(_loaded().list_commands(ctx))

        def get_command(self, ctx: Any, cmd_name: str) -> Any:
            return _loaded().get_command(ctx, cmd_name)

    @cache
    def _loaded() -> Any:
        return get_command(load())

    made = group(name, purpose)
    made.info.cls = Lazy
    return made
