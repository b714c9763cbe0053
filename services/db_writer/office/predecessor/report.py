"""What an import of the predecessor's file does, told table by table; made by the child, kept in `imports.report`."""

from typing import Final

from msgspec import Struct

EXAMPLES: Final = 20
"""Of each problem; the counts are of all."""
EXAMPLE_CHARACTERS: Final = 200
MOST_LINES: Final = 500
"""Of each list of settings, tables and columns."""


class TableReport(Struct, kw_only=True):
    """Rows of an old table: each that was read is imported, merged into another one, or dropped."""

    read: int = 0
    imported: int = 0
    merged: int = 0
    dropped: int = 0


class Problem(Struct, kw_only=True):
    """Something that is not as it should be, how often, and the first examples."""

    table: str
    problem: str
    count: int = 0
    examples: list[str] = []


class Report(Struct, kw_only=True):
    """Everything that is told of an import. `notes` are sentences; `times` says per column how its times were read;
    `settings_mapped` are `old=value -> our.key=value`; `written` and `there_already` count what the run itself did.
    """

    file: str = ""
    sha256: str = ""
    schema_version: int | None = None
    ring: str | None = None
    time_zone: str = "UTC"
    imported_before: str | None = None
    tables: dict[str, TableReport] = {}
    problems: list[Problem] = []
    notes: list[str] = []
    times: list[str] = []
    unknown_tables: list[str] = []
    unknown_columns: list[str] = []
    not_taken: list[str] = []
    settings_mapped: list[str] = []
    settings_unmapped: list[str] = []
    settings_refused: list[str] = []
    written: dict[str, int] = {}
    there_already: dict[str, int] = {}

    def table(self, name: str) -> TableReport:
        """The counts of an old table."""
        return self.tables.setdefault(name, TableReport())

    def tell(self, table: str, problem: str, example: object) -> None:
        """Count a problem of a table, and keep the first examples of it."""
        found = next((one for one in self.problems if (one.table, one.problem) == (table, problem)), None)
        if found is None:
            found = Problem(table=table, problem=problem, examples=[])
            self.problems.append(found)
        found.count += 1
        if len(found.examples) < EXAMPLES:
            found.examples.append(str(example)[:EXAMPLE_CHARACTERS])

    def shorten(self) -> None:
        """Cut the lists that a strange file makes too long, and say so."""
        for lines in (
            self.settings_mapped,
            self.settings_unmapped,
            self.settings_refused,
            self.unknown_tables,
            self.unknown_columns,
        ):
            if len(lines) > MOST_LINES:
                lines[MOST_LINES:] = [f"… and {len(lines) - MOST_LINES} more"]

    def drop(self, table: str, problem: str, example: object) -> None:
        """A row is left out, and why."""
        self.table(table).dropped += 1
        self.tell(table, problem, example)

    def merge(self, table: str, problem: str, example: object) -> None:
        """A row became a part of another one, and why."""
        self.table(table).merged += 1
        self.tell(table, problem, example)
