"""What the questions about matches have in common: the columns of a match, and the tables that they come from."""

from typing import Final

_NAME: Final = """coalesce({who}.short_name, {row}.shown_short_name) AS {side},
    coalesce({who}.country_code, {row}.shown_noc) AS {side}_noc"""
COLUMNS: Final = f"""m.first_loaded_at, m.ring, m.match_id, m.match_number, m.category AS phase, m.weight_class,
    {_NAME.format(side="chong", who="a1", row="p1")}, {_NAME.format(side="hong", who="a2", row="p2")},
    w.winner, w.decision, w.standing, w.rounds_won_chong, w.rounds_won_hong"""
# To be put behind a FROM that has `pss_matches m`.
JOINS: Final = """
LEFT JOIN match_results w ON w.match_id = m.id
LEFT JOIN pss_match_athletes p1 ON p1.match_id = m.id AND p1.athlete_position = 1
LEFT JOIN pss_athletes a1 ON a1.id = p1.athlete_id
LEFT JOIN pss_match_athletes p2 ON p2.match_id = m.id AND p2.athlete_position = 2
LEFT JOIN pss_athletes a2 ON a2.id = p2.athlete_id
"""
