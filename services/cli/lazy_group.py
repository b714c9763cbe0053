"""A command group of `restrike` that is loaded when one of its commands is asked for: the others start sooner."""

from functools import cache
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from services.cli.group import group


def lazy_group(name: str, purpose: str, module: str) -> typer.Typer:
    """A group that looks like `app` of `module`."""

    class Lazy(TyperGroup):
        def list_commands(self, ctx: Any) -> list[str]:
            return list(_loaded().list_commands(ctx))

        def get_command(self, ctx: Any, cmd_name: str) -> Any:
            return _loaded().get_command(ctx, cmd_name)

    @cache
    def _loaded() -> Any:
        return get_command(import_module(module).app)

    made = group(name, purpose)
    made.info.cls = Lazy
    return made
