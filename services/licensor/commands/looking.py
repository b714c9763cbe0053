"""`restrike-licensor list|show|audit`: what stands in the books."""

from typing import Annotated

import typer

from services.licensor import output
from services.licensor.commands.issuing import checks_words, plan_words
from services.licensor.options import LicenseId, home_of, now
from services.licensor.records import Entry, Seat, Token, Trace

SHOWN_TRACES = 10


def list_licenses(context: typer.Context, *, json: output.Json = False) -> None:
    """List the licences, the newest first."""
    with home_of(context).books() as books:
        entries, taken = books.licenses(), books.taken()
    at = now()
    if json:
        output.document({"licenses": [_document(entry, at, taken.get(entry.license_id, 0)) for entry in entries]})
        return
    rows = [
        (
            entry.license_id,
            output.cut(entry.customer, 30),
            entry.plan.value,
            f"{taken.get(entry.license_id, 0)} of {entry.seats or 'any'}",
            output.moment(entry.expires_at) or "never",
            entry.condition(at).value,
        )
        for entry in entries
    ]
    output.line(output.table(("LICENCE", "CUSTOMER", "PLAN", "MACHINES", "EXPIRES (UTC)", "STATE"), rows))


def show(context: typer.Context, license_id: LicenseId, *, json: output.Json = False) -> None:
    """Show a licence: its machines with their last contact, the texts that were handed out, its history."""
    with home_of(context).books() as books:
        entry = books.find(license_id)
        seats, tokens = books.seats(entry.license_id), books.tokens(entry.license_id)
        traces = books.traces(last=SHOWN_TRACES, license_id=entry.license_id)
    at, taken = now(), sum(seat.released_at is None for seat in seats)
    if json:
        output.document({**_document(entry, at, taken), "machines": seats, "texts": tokens, "history": traces})
        return
    output.line(
        output.facts(
            (
                ("Licence", entry.license_id),
                ("Customer", entry.customer),
                ("State", entry.condition(at).value + (f": {entry.revoked_why}" if entry.revoked_why else "")),
                ("Plan", plan_words(entry)),
                ("Features", ", ".join(entry.features) or "none"),
                ("Machines", f"{taken} of {entry.seats or 'any'}"),
                ("Checks", checks_words(entry.checks)),
                ("Key", f"…-{entry.key_end}"),
                ("Made", output.moment(entry.made_at)),
            )
        )
    )
    _show_rest(seats, tokens, traces)


def _show_rest(seats: list[Seat], tokens: list[Token], traces: list[Trace]) -> None:
    machines = [
        (
            seat.number,
            output.cut(seat.host, 18),
            output.cut(seat.machine, 20),
            *(output.moment(at) for at in (seat.seen_at, seat.taken_at, seat.released_at)),
        )
        for seat in seats
    ]
    if machines:
        headers = ("NO", "HOST", "MACHINE", "LAST CONTACT", "SINCE (UTC)", "FREED (UTC)")
        output.line(f"\n{output.table(headers, machines)}")
    if tokens:
        texts = [(token.token_id, token.seat, output.moment(token.issued_at), token.key_id) for token in tokens]
        output.line(f"\n{output.table(('TEXT', 'FOR', 'ISSUED (UTC)', 'KEY'), texts[:SHOWN_TRACES])}")
    output.line(f"\n{_history(traces)}")


def audit(
    context: typer.Context,
    *,
    last: Annotated[int, typer.Option(min=1, max=100_000, help="So many lines.")] = 50,
    license_id: Annotated[
        str | None, typer.Option("--license", metavar="LICENCE", help="Of this licence only.")
    ] = None,
    json: output.Json = False,
) -> None:
    """Show who did what, and what became of it; the newest last."""
    with home_of(context).books() as books:
        traces = books.traces(last=last, license_id=license_id.strip().upper() if license_id else None)
    if json:
        output.document({"audit": traces})
    else:
        output.line(_history(traces))


def _history(traces: list[Trace]) -> str:
    rows = [
        (
            output.moment(trace.at),
            output.cut(trace.who, 24),
            trace.act,
            output.cut(trace.outcome, 21),
            trace.license_id or (f"key …{trace.key_end}" if trace.key_end else None),
            f"{trace.times} times" if trace.times > 1 else trace.detail,
        )
        for trace in traces
    ]
    return output.table(("AT (UTC)", "WHO", "ACT", "OUTCOME", "LICENCE", "DETAIL"), rows)


def _document(entry: Entry, at: int, taken: int) -> dict[str, object]:
    return {"license": entry, "state": entry.condition(at).value, "taken": taken}
