"""THE list of consistency checks: what each means, what is to be done; db-writer runs them, `restrike` tells them."""

from typing import Final

from msgspec import Struct


class Check(Struct, frozen=True, kw_only=True):
    """One check. `meaning` says what is wrong when it finds something, `advice` what to do. What `is_repaired` by
    `restrike db check --repair` loses nothing; what `is_slow` is left out by `--quick`; what `is_information` is no
    fault.
    """

    name: str
    meaning: str
    advice: str
    is_repaired: bool = False
    is_slow: bool = False
    is_information: bool = False


_REPAIR: Final = "restrike db check --repair"

CHECKS: Final = (
    Check(
        name="pages",
        meaning="The file is damaged: a page or an index is not what SQLite wrote. A failing disk does this.",
        advice="restrike backup list, then restrike backup restore NAME: the journal adds what came after it.",
    ),
    Check(
        name="references",
        meaning="A row refers to a row that is not there.",
        advice="restrike backup list, then restrike backup restore NAME.",
    ),
    Check(
        name="text_index",
        meaning="The full-text index is damaged; searches miss events or fail. No event is lost.",
        advice=f"{_REPAIR} empties it; db-writer fills it again in quiet moments.",
        is_repaired=True,
    ),
    Check(
        name="search_progress",
        meaning="The full-text index claims to hold events that do not exist.",
        advice=f"{_REPAIR} puts it back to the newest event.",
        is_repaired=True,
    ),
    Check(
        name="open_sessions",
        meaning="A session counts as open, though its ring has begun a newer one.",
        advice=f"{_REPAIR} marks it as broken.",
        is_repaired=True,
    ),
    Check(
        name="watermarks",
        meaning="More of a session counts as stored than its last entry: datagrams may have been skipped.",
        advice="restrike backup list, then restrike backup restore NAME of a time before it.",
    ),
    Check(
        name="doubled_entries",
        meaning="Two sessions of one ring and journal have the same entries: datagrams may be stored twice.",
        advice="Look at both with restrike db stats, then restrike backup restore NAME of a time before it.",
    ),
    Check(
        name="unowned_events",
        meaning="An event was heard while a match was on, and belongs to none.",
        advice=f"{_REPAIR} gives it to that match.",
        is_repaired=True,
        is_slow=True,
    ),
    Check(
        name="orphaned_details",
        meaning="A detail belongs to no event.",
        advice=f"{_REPAIR} removes it: nobody can reach it.",
        is_repaired=True,
        is_slow=True,
    ),
    Check(
        name="rounds",
        meaning="A round belongs to no match.",
        advice=f"{_REPAIR} gives it to the match of its events; where there are none it stays.",
        is_repaired=True,
    ),
    Check(
        name="results",
        meaning="A result of a match or a round is of a match that is not there.",
        advice="restrike backup list, then restrike backup restore NAME of a time before it.",
    ),
    Check(
        name="summaries",
        meaning="The summary of a match or an athlete is missing or is not what a recount gives.",
        advice=f"{_REPAIR} counts it anew.",
        is_repaired=True,
        is_slow=True,
    ),
    Check(
        name="event_counts",
        meaning="The count of events of a minute is not that of its events. Months in the archive are not looked at.",
        advice=f"{_REPAIR} counts the minute anew.",
        is_repaired=True,
        is_slow=True,
    ),
    Check(
        name="planned_matches",
        meaning="A planned match is linked to a fought match of another number.",
        advice=f"{_REPAIR} takes the link away.",
        is_repaired=True,
    ),
    Check(
        name="backups",
        meaning="A backup is listed whose file is gone.",
        advice=f"{_REPAIR} marks it as removed.",
        is_repaired=True,
    ),
    Check(
        name="archives",
        meaning="An archive's file is gone or has another size, or moving its rows was broken off.",
        advice="Put the file back into archive/. What was broken off goes on with restrike db archive or restrike db"
        " unarchive NAME.",
    ),
    Check(
        name="settings",
        meaning="A setting has a value that this program does not know or does not accept; its default is in force.",
        advice="restrike settings reset KEY, or install the program that knows it.",
        is_information=True,
    ),
    Check(
        name="unlisted_files",
        meaning="A backup or an archive lies in its folder, and the database does not list it.",
        advice="Nothing: it can be restored by its name. Remove it by hand once you know where it is from.",
        is_information=True,
    ),
    Check(
        name="athletes",
        meaning="An athlete has no match and no planned match.",
        advice="Nothing: an imported list has such athletes.",
        is_information=True,
    ),
)
"""In this order: what is worst comes first."""
