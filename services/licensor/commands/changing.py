"""`restrike-licensor revoke|restore|renew|change|rekey|release|sign`: what becomes of a licence."""

from typing import Annotated

import typer
from msgspec import UNSET

from services.licensor import output, papers
from services.licensor.commands.issuing import (
    EveryHours,
    Features,
    GraceDays,
    LimitDays,
    PlanOption,
    Seats,
    WarnDays,
    WithChecks,
    checks_of,
    plan_words,
)
from services.licensor.office import Change, Office
from services.licensor.options import (
    Days,
    LicenseId,
    Out,
    PassphraseFile,
    features_of,
    home_of,
    now,
    passphrase_of,
    who,
)
from services.licensor.records import Entry


def revoke(
    context: typer.Context,
    license_id: LicenseId,
    *,
    why: Annotated[str, typer.Option(help="Why; the customer reads it.")],
    json: output.Json = False,
) -> None:
    """Revoke a licence: its machines hear so at their next check."""
    with home_of(context).books() as books:
        entry = Office(books, who=who(), now=now()).revoke(license_id, why=why)
    _tell(entry, f"{entry.license_id} of {entry.customer} is revoked. {_when_heard(entry)}", json=json)


def restore(context: typer.Context, license_id: LicenseId, *, json: output.Json = False) -> None:
    """Undo a revocation."""
    with home_of(context).books() as books:
        entry = Office(books, who=who(), now=now()).restore(license_id)
    _tell(entry, f"{entry.license_id} of {entry.customer} holds again. {_when_heard(entry)}", json=json)


def renew(
    context: typer.Context, license_id: LicenseId, *, plan: PlanOption, days: Days = None, json: output.Json = False
) -> None:
    """Extend a licence by a plan, from its end on; from now on where its days of grace are over, too."""
    with home_of(context).books() as books:
        entry = Office(books, who=who(), now=now()).renew(license_id, plan, days=days)
    _tell(entry, f"{entry.license_id} of {entry.customer}: {plan_words(entry)}. {_how_it_gets_there(entry)}", json=json)


def change(  # noqa: PLR0913  # the options of one command
    context: typer.Context,
    license_id: LicenseId,
    *,
    customer: Annotated[str | None, typer.Option(help="Who has it.")] = None,
    features: Features = None,
    seats: Seats = None,
    grace_days: GraceDays = None,
    checks: WithChecks = None,
    check_every_hours: EveryHours = None,
    warn_after_days: WarnDays = None,
    limit_after_days: LimitDays = None,
    json: output.Json = False,
) -> None:
    """Change what a licence says: customer, features, seats, days of grace, checks."""
    numbers = (check_every_hours, warn_after_days, limit_after_days)
    is_about_checks = checks is not None or any(number is not None for number in numbers)
    wanted = Change(
        customer=UNSET if customer is None else customer,
        features=UNSET if features is None else features_of(features),
        seats=UNSET if seats is None else seats,
        grace_days=UNSET if grace_days is None else grace_days,
        checks=checks_of(*numbers, wanted=checks, default=False) if is_about_checks else UNSET,
    )
    with home_of(context).books() as books:
        entry = Office(books, who=who(), now=now()).change(license_id, wanted)
    _tell(entry, f"{entry.license_id} of {entry.customer} is changed. {_how_it_gets_there(entry)}", json=json)


def rekey(context: typer.Context, license_id: LicenseId, *, json: output.Json = False) -> None:
    """Give a licence a new activation key; the old one opens nothing any more, machines keep what they have."""
    with home_of(context).books() as books:
        entry, key = Office(books, who=who(), now=now()).rekey(license_id)
    if json:
        output.document({"license": entry, "activation_key": key})
        return
    output.line(f"The activation key of {entry.license_id} is now {key}")
    output.note("It is shown only now: the books hold no copy of it.")


def release(
    context: typer.Context,
    license_id: LicenseId,
    machine: Annotated[str, typer.Argument(help="Its number, host or fingerprint, as in: restrike-licensor show")],
    *,
    json: output.Json = False,
) -> None:
    """Free the seat of a machine that cannot do it itself any more."""
    with home_of(context).books() as books:
        seat = Office(books, who=who(), now=now()).release(license_id, machine)
    if json:
        output.document({"seat": seat})
    else:
        output.line(f"The seat of {seat.name} is free. If that machine still asks, it hears so.")


def sign(
    context: typer.Context,
    license_id: LicenseId,
    *,
    out: Out = None,
    passphrase_file: PassphraseFile = None,
    json: output.Json = False,
) -> None:
    """Sign the text of a licence anew, for all machines that have it: for those without network, after a renewal."""
    from services.licensor.chest import Chest  # noqa: PLC0415  # what opens keys takes long to load

    papers.require_new(out)
    home = home_of(context)
    with home.books() as books:
        key = Chest(home.keys, passphrase_of(passphrase_file)).signing(books)
        text = Office(books, who=who(), now=now()).text(license_id, key)
    if json:
        output.document({"text": text})
    papers.hand_out(text, out, is_json=json)


def _when_heard(entry: Entry) -> str:
    if entry.checks is None:
        return "It has no checks: machines that have it do not hear of this."
    return "Its machines hear of it at their next check."


def _how_it_gets_there(entry: Entry) -> str:
    if entry.revoked_at is not None:
        return f"It is revoked, and stays so: restrike-licensor restore {entry.license_id}"
    by_file = f"Machines without network need a file: restrike-licensor sign {entry.license_id} --out FILE"
    return by_file if entry.checks is None else f"Machines get it at their next check. {by_file}"


def _tell(entry: Entry, sentence: str, *, json: bool) -> None:
    if json:
        output.document({"license": entry})
    else:
        output.line(sentence)
