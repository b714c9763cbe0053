"""How a command group of `restrike` is made, so that all of them look and fail alike."""

import typer


def group(name: str, purpose: str) -> typer.Typer:
    """A command group; without a command it prints its help. Plain text, as rich costs a third of the start."""
    return typer.Typer(
        name=name,
        help=purpose,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
