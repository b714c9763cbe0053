"""Filters as SQL: which matches a question is about. For `restrike query`.

The conditions are on `pss_matches m`; values are always bound.
"""

from typing import Any, Final

from msgspec import Struct, field

from services.cli.query import moments, names
from services.cli.query.filters import Filters
from services.cli.query.source import Source
from shared.paths import Paths

MATCHES: Final = "m.id IN (SELECT value FROM json_each(:matches))"
FOUGHT_BY: Final = "m.id IN (SELECT match_id FROM pss_match_athletes WHERE athlete_id = :athlete)"
OF_COUNTRY: Final = """m.id IN (SELECT x.match_id FROM pss_athletes y JOIN pss_match_athletes x ON x.athlete_id = y.id
    WHERE y.country_code = :country)"""
OF_TOURNAMENT: Final = "m.tournament_day_id IN (SELECT id FROM tournament_days WHERE tournament_id = :tournament)"
ON_DAY: Final = """(m.tournament_day_id IN (SELECT id FROM tournament_days WHERE date = :day)
    OR (m.tournament_day_id IS NULL AND {at} >= :day_from AND {at} < :day_to))"""
OF_WEIGHT: Final = "m.weight_class IN (SELECT value FROM json_each(:weights))"


class Scope(Struct):
    """Conditions that all must hold, and the values of their parameters."""

    conditions: list[str] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)

    def add(self, condition: str, **values: object) -> None:
        """One more condition."""
        self.conditions.append(condition)
        self.values |= values

    @property
    def where(self) -> str:
        """The conditions as SQL; something that is always true where there is none."""
        return " AND ".join(self.conditions) or "TRUE"


def scope_of(  # noqa: PLR0913  # what a filter means depends on the question
    source: Source,
    filters: Filters,
    *,
    at: str = "m.first_loaded_at",
    athlete: str = FOUGHT_BY,
    country: str = OF_COUNTRY,
    ring: str = "m.ring = :ring",
) -> Scope:
    """`filters` as conditions; `at` is the time that --from and --to speak of, the others what
    their filters are on.

    Raises:
        ValidationError: a filter names nothing that there is.
    """
    scope = Scope()
    if filters.match is not None:
        scope.add(MATCHES, matches=names.matches(source, filters.match))
    if filters.athlete is not None:
        scope.add(athlete, athlete=names.athlete(source, filters.athlete)["id"])
    if filters.ring is not None:
        scope.add(ring, ring=filters.ring)
        check_ring(source, filters.ring)
    _add_times(source, filters, scope, at=at)
    if filters.weight is not None:
        scope.add(OF_WEIGHT, weights=names.weights(source, filters.weight))
    if filters.country is not None:
        scope.add(country, country=filters.country.upper())
    if filters.phase is not None:
        scope.add("m.category = :phase COLLATE NOCASE", phase=filters.phase)
    return scope


def _add_times(source: Source, filters: Filters, scope: Scope, *, at: str) -> None:
    if filters.tournament is not None:
        scope.add(OF_TOURNAMENT, tournament=names.tournament(source, filters.tournament))
    if filters.day is not None:
        start, end = moments.day(filters.day)
        scope.add(ON_DAY.format(at=at), day=moments.date_of(filters.day), day_from=start, day_to=end)
    if filters.since is not None:
        scope.add(f"{at} >= :since", since=moments.moment(filters.since))
    if filters.until is not None:
        scope.add(f"{at} < :until", until=moments.moment(filters.until))


def check_ring(source: Source, ring: str) -> None:
    """Refuse a ring that nobody knows. Raises ValidationError: it names those that there are."""
    if source.value("SELECT 1 FROM udp_server_sessions WHERE ring = :ring LIMIT 1", ring=ring) is None:
        from services.cli.known_rings import check_ring as check_known  # noqa: PLC0415  # loads SQLite, only here

        check_known(Paths.from_environment(), ring)
