"""Makes commands of what OBS can be told and asked: a function that gives the action, or the question, becomes a
command with `--on` and `--json`; obs-bridge carries it out.
"""

import inspect
from collections.abc import Callable
from typing import Annotated, Any, Final, TypeVar

import typer

from services.cli import output
from services.cli.author import Author, author_of
from shared.messages.obs_actions import Answer, AnyAction, AnyQuestion
from shared.messages.obs_commands import ActionDone, ActOnObs, AskObs
from shared.paths import Paths
from shared.rpc import Client

A = TypeVar("A", bound=Callable[..., AnyAction])
Q = TypeVar("Q", bound=Callable[..., AnyQuestion])
Parameter: Final = inspect.Parameter
OBS: Final = "OBS "

On = Annotated[
    str | None, typer.Option("--on", metavar="NAME", help="Which connection; needed only where several could be meant.")
]


def does(parent: typer.Typer, name: str, example: str, *, takes_minus: bool = False) -> Callable[[A], A]:
    """Make a command of a function that gives an action; its parameters and its docstring are the command's.

    `takes_minus`: an argument may be a negative number.
    """

    def register(make: A) -> A:
        def act(*, on: str | None, author: str | None, json: bool, **given: Any) -> None:
            command = ActOnObs(connection=on, action=make(**given), author=author_of(author))
            tell_done(Client(Paths.from_environment()).call(command), json=json)

        settings = {"ignore_unknown_options": True} if takes_minus else None
        made = parent.command(name, epilog=f"Example: restrike obs {example}", context_settings=settings)
        made(with_options(act, make, {"on": On, "author": Author, "json": output.Json}))
        return make

    return register


def asks(
    parent: typer.Typer,
    name: str,
    example: str,
    show: Callable[[Any], str],
    *,
    pick: Callable[[Answer], Answer] | None = None,
) -> Callable[[Q], Q]:
    """Make a command of a function that gives a question; `show` makes text of the answer, `pick` takes the part of it
    that is meant.
    """

    def register(make: Q) -> Q:
        def ask(*, on: str | None, json: bool, **given: Any) -> None:
            said = Client(Paths.from_environment()).call(AskObs(connection=on, question=make(**given)))
            answer = pick(said.answer) if pick else said.answer
            if json:
                output.document({"connection": said.connection, "answer": answer})
            else:
                output.line(show(answer))

        made = parent.command(name, epilog=f"Example: restrike obs {example}")
        made(with_options(ask, make, {"on": On, "json": output.Json}))
        return make

    return register


def with_options(
    run: Callable[..., None], like: Callable[..., object], options: dict[str, object]
) -> Callable[..., None]:
    """`run` as typer is to see it: with the parameters and the docstring of `like`, and more options by name, which are
    False or None if left out.
    """
    own = inspect.signature(like).parameters.values()
    more = [
        Parameter(name, Parameter.KEYWORD_ONLY, default=False if kind is output.Json else None, annotation=kind)
        for name, kind in options.items()
    ]
    parameters = [*own, *more]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # Python looks it up there
    run.__annotations__ = {one.name: one.annotation for one in parameters}
    run.__doc__ = like.__doc__
    return run


def tell_done(done: ActionDone, *, json: bool) -> None:
    """Print what OBS did, and how sure that is."""
    if json:
        output.document(done)
        return
    proof = f"confirmed in {_time(done.took_ms)}" if done.confirmed else "not confirmed"
    output.line(output.one_line(f"{_named(done).rstrip('. ')} ({proof})."))


def _named(done: ActionDone) -> str:
    """What is known, with which OBS it is: `OBS records to …` as `OBS main records to …`."""
    if done.message.startswith(OBS) and done.message[len(OBS) : len(OBS) + 1].isalpha():  # not `OBS 29.0.2 cannot …`
        return f"{OBS}{done.connection} {done.message.removeprefix(OBS)}"
    return f"{OBS}{done.connection}: {done.message}"


def _time(milliseconds: float) -> str:
    return f"{milliseconds:.0f} ms" if milliseconds < 1000 else f"{milliseconds / 1000:.1f} s"
