"""`restrike-licensor issue`: a new licence, with the key that activates it, or the text that needs none."""

from typing import Annotated

import typer

from services.licensor import output, papers
from services.licensor.office import Office, Order
from services.licensor.options import (
    Days,
    Out,
    PassphraseFile,
    features_of,
    home_of,
    now,
    passphrase_of,
    plan_of,
    time_of,
    who,
)
from services.licensor.records import Entry
from shared.licensing.features import FEATURES
from shared.licensing.statements import Checks, Plan

PlanOption = Annotated[
    Plan, typer.Option(parser=plan_of, metavar="|".join(Plan), help="Months, for ever, or to try it.")
]
Features = Annotated[str | None, typer.Option(metavar="A,B", help=f"Of {', '.join(FEATURES)}; all if left out.")]
Seats = Annotated[int | None, typer.Option(help="On how many machines (1); 0: bound to none.")]
Machines = Annotated[
    list[str] | None, typer.Option("--machine", metavar="FINGERPRINT", help="A machine that gets it at once, offline.")
]
GraceDays = Annotated[int | None, typer.Option(help="So long it goes on after its end (14; a trial: 0).")]
Begins = Annotated[str | None, typer.Option("--from", metavar="DATE", help="When it begins (UTC); now if left out.")]
WithChecks = Annotated[
    bool | None, typer.Option("--checks/--no-checks", help="Whether your server is asked if it still holds.")
]
EveryHours = Annotated[int | None, typer.Option("--check-every-hours", min=1, max=720, help="How often (24).")]
WarnDays = Annotated[
    int | None, typer.Option("--warn-after-days", min=1, max=365, help="Without an answer: warn after (5).")
]
LimitDays = Annotated[
    int | None, typer.Option("--limit-after-days", min=1, max=365, help="Without an answer: limit after (7).")
]


def issue(  # noqa: PLR0913  # the options of one command
    context: typer.Context,
    *,
    customer: Annotated[str, typer.Option(help="Who has it.")],
    plan: PlanOption,
    features: Features = None,
    seats: Seats = None,
    machine: Machines = None,
    grace_days: GraceDays = None,
    begins: Begins = None,
    days: Days = None,
    checks: WithChecks = None,
    check_every_hours: EveryHours = None,
    warn_after_days: WarnDays = None,
    limit_after_days: LimitDays = None,
    out: Out = None,
    passphrase_file: PassphraseFile = None,
    json: output.Json = False,
) -> None:
    """Issue a licence. The activation key is shown now and never again; with --machine or --seats 0 there is a signed
    text besides, which needs neither key nor network, and is asked about at your server only with --checks.
    """
    machines = tuple(machine or ())
    count = max(1, len(machines)) if seats is None else seats
    is_offline = bool(machines) or count == 0
    order = Order(
        customer=customer,
        plan=plan,
        features=features_of(features),
        seats=count,
        machines=machines,
        grace_days=(0 if plan is Plan.TRIAL else 14) if grace_days is None else grace_days,
        checks=checks_of(check_every_hours, warn_after_days, limit_after_days, wanted=checks, default=not is_offline),
        begins_at=now() if begins is None else time_of(begins),
        days=days,
    )
    _issue(context, order, is_offline=is_offline, out=out, passphrase_file=passphrase_file, json=json)


def _issue(  # noqa: PLR0913  # as above
    context: typer.Context,
    order: Order,
    *,
    is_offline: bool,
    out: Out,
    passphrase_file: PassphraseFile,
    json: bool,
) -> None:
    from services.licensor.chest import Chest  # noqa: PLC0415  # what opens keys takes long to load

    if out is not None and not is_offline:
        raise typer.BadParameter("--out is for the text of a licence with --machine or --seats 0")
    papers.require_new(out)
    home, text = home_of(context), None
    with home.books() as books:
        # First of all, so that no licence is made whose text could not be signed.
        key = Chest(home.keys, passphrase_of(passphrase_file)).signing(books) if is_offline else None
        office = Office(books, who=who(), now=now())
        entry, activation_key = office.issue(order)
        if key is not None:
            text = office.text(entry.license_id, key)
    if json:
        document = {"license": entry, "activation_key": activation_key, "text": text}
        output.document(document)
    else:
        _tell(entry, activation_key)
    if text is not None:
        papers.hand_out(text, out, is_json=json)


def checks_of(
    every_hours: int | None, warn_days: int | None, limit_days: int | None, *, wanted: bool | None, default: bool
) -> Checks | None:
    """The checks that options ask for."""
    given = {"every_hours": every_hours, "warn_after_days": warn_days, "limit_after_days": limit_days}
    named = {name: value for name, value in given.items() if value is not None}
    if wanted is False and named:
        raise typer.BadParameter("--no-checks leaves nothing to say about checks")
    return Checks(**named) if wanted or named or (wanted is None and default) else None


def _tell(entry: Entry, activation_key: str) -> None:
    output.line(
        output.facts(
            (
                ("Licence", entry.license_id),
                ("Customer", entry.customer),
                ("Plan", plan_words(entry)),
                ("Features", ", ".join(entry.features) or "none"),
                ("Machines", entry.seats or "any: it is bound to none"),
                ("Checks", checks_words(entry.checks)),
                ("Key", activation_key),
            )
        )
    )
    output.note("The activation key is shown only now: the books hold no copy of it.")


def plan_words(entry: Entry) -> str:
    """The plan, its beginning and its end (UTC)."""
    months = entry.plan.months
    plan = entry.plan.value if months is None else f"{months} month{'s' if months > 1 else ''}"
    begins = f"from {output.moment(entry.begins_at)} " if entry.begins_at > entry.made_at else ""
    if entry.expires_at is None:
        return f"{plan}, {begins}without end"
    grace = f", and {entry.grace_days} days of grace" if entry.grace_days else ""
    return f"{plan}, {begins}until {output.moment(entry.expires_at)} UTC{grace}"


def checks_words(checks: Checks | None) -> str:
    """When the server is asked, and what happens without an answer."""
    if checks is None:
        return "none"
    days = f"warns after {checks.warn_after_days} days without an answer, limits after {checks.limit_after_days}"
    return f"every {checks.every_hours} h; {days}"
