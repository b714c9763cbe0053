"""The last sheet of the report: what its words mean; `restrike export report`."""

from typing import Final

from services.cli.export.cells import Cells
from services.cli.export.report_content import Content
from services.cli.export.sheets import Book, zone_name

WORDS: Final = {
    "Sheets": "",
    "Day …": "All matches of a day in the order of their start: who fought, rounds won, winner, decision.",
    "Finals": "Finals, semifinals and contests for a medal, as the phase of the match says.",
    "Athletes": "The figures of each athlete, of matches that are over; empty until they are summed up.",
    "Video reviews": "Who asked for a review, when, and how it ended.",
    "Gam-jeoms and interventions": "Gam-jeoms, injury times, para timeouts and corrections at the scoring system.",
    "Findings": "What does not add up in what was received, warnings and errors only. It changes no result.",
    "Result is": "",
    "agreed": "What was declared is what follows from the rules.",
    "declared": "The rules alone do not say it: officials, a withdrawal, a disqualification.",
    "contradicted": "What was declared is not what follows from the rules; a finding says why.",
    "undetermined": "What was received does not say it, or contradicts itself.",
    "edited": "A person decided; 'Edited by' says who.",
    "open": "The match is not over.",
    "Decision": "",
    "PTF": "Points at the end of the match.",
    "PTG": "Point gap.",
    "GDP": "Golden point.",
    "SUP": "Superiority.",
    "PUN": "Punitive declaration: too many gam-jeoms.",
    "RSC": "The referee stopped the contest.",
    "WDR": "Withdrawal.",
    "DSQ": "Disqualification.",
    "DQB": "Disqualification for unsportsmanlike behaviour.",
    "Outcome of a review": "",
    "won, lost": "The request was granted, or not.",
    "accepted": "The review was made; its outcome was not sent.",
    "rejected, cancelled": "The review was not made, or was taken back.",
    "requested": "Nothing more was heard of it.",
    "Figures": "",
    "Points": "What an athlete scored, over all rounds.",
    "Hits": "Hits that the sensors measured and that gave no points are among them.",
    "Comebacks": "Matches that were won after the first round was lost.",
    "Time fought": "Time for which the clock ran, minutes:seconds.",
}
"""Words and what they mean; one without a meaning is a heading."""


def add_explanation(book: Book, content: Content) -> None:
    """Add the sheet `Explanation`."""
    sheet = book.sheet("Explanation")
    sheet.column_dimensions["A"].width = 30
    sheet.column_dimensions["B"].width = 100
    cells = Cells(sheet, book.zone)
    for said, meaning in WORDS.items():
        if not meaning:
            sheet.append([])
        sheet.append([cells.text(said, is_bold=not meaning), cells.text(meaning, is_wrapped=True)])
    sheet.append([])
    zone = f"Times are those of {zone_name(content.zone)}; names and results are shown with all edits that hold."
    for note in (zone, *book.notes):
        sheet.append([cells.text("Note"), cells.text(note, is_wrapped=True)])
    sheet.close()
