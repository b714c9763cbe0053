"""The first sheet of the report: whose it is, when and where, its logo, and what it counts; `restrike export`."""

from typing import Final

from services.cli.export.cells import DATE_TIME, Cells
from services.cli.export.logo import Logo
from services.cli.export.report_content import Content
from services.cli.export.sheets import Book, zone_name
from services.cli.export.work import PRODUCT
from shared.clock import utc_now_iso

LABEL_WIDTH: Final = 36
TITLE_SIZE: Final = 20
LOGO_AT: Final = "D1"
LOGO_NOTE: Final = "The logo is no PNG or JPEG and is not on the cover."


def add_cover(book: Book, content: Content) -> None:
    """Add the sheet `Cover`."""
    sheet = book.sheet("Cover")
    sheet.column_dimensions["A"].width = LABEL_WIDTH
    sheet.column_dimensions["B"].width = LABEL_WIDTH
    cells = Cells(sheet, book.zone)
    logo = content.tournament.logo if content.tournament else None
    if logo is not None:
        picture = Logo.read(logo)
        if picture is None:
            book.notes.append(LOGO_NOTE)
        else:
            sheet.add_image(picture, LOGO_AT)
    sheet.append([cells.text(content.title, is_bold=True, size=TITLE_SIZE)])
    sheet.append([])
    for label, value in _facts(content, book).items():
        sheet.append([cells.text(label), cells.text(value)])
    made = cells.moment(utc_now_iso(), DATE_TIME)
    sheet.append([cells.text("Made at"), made])
    sheet.append([])
    for label, count in content.counts.items():
        sheet.append([cells.text(label), count])
    sheet.close()


def _facts(content: Content, book: Book) -> dict[str, str]:
    of = content.tournament
    facts = {"Report": "Results, athletes, reviews, interventions and findings"}
    if of:
        place = ", ".join(part for part in (of.location, of.noc) if part)
        facts |= {"Place": place or "-", "Dates": _dates(of.starts_on, of.ends_on)}
    asked = ", ".join(f"{name} {value}" for name, value in content.filters.items())
    return facts | {"Chosen": asked or "everything", "Times": zone_name(book.zone), "Made by": PRODUCT}


def _dates(first: str, last: str) -> str:
    return first if first == last else f"{first} to {last}"
