"""OBS: connections and how they record, recordings, clips, rules with what they did, and marks of other outboxes.

Words of the contract (state, kind, outcome and so on) have no CHECK: a new word must not need a new table. `match_key`
is the match's own key: what OBS did may be stored before its match is, and `match_id` follows. Triggers see to that,
and that a video review and its clip know of each other, whichever is stored first. They leave `updated_at` alone, so
that rows of a backup come back as they were, in any order.
"""

EDITED = """
            created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
            updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now'))"""
ROLES = '["recording","replay","streaming","scenes"]'
OF_MATCHES = ("obs_recording_sessions", "recorded_videos", "obs_rule_firings")
# The clip that is to be watched: one that our machine can open before one that only OBS's can.
CLIP = """
    UPDATE challenges SET replay_clip = (
        SELECT coalesce(v.path, v.obs_path) FROM recorded_videos v
        WHERE v.match_id = new.match_id AND v.kind = 'review' AND v.challenge_number = {number}
            AND v.deleted_at IS NULL AND coalesce(v.path, v.obs_path) IS NOT NULL
        ORDER BY v.path IS NULL, v.id LIMIT 1)
    WHERE match_id = new.match_id AND number = {number} AND EXISTS (
        SELECT 1 FROM recorded_videos v
        WHERE v.match_id = new.match_id AND v.kind = 'review' AND v.challenge_number = {number});"""
# How a review ended is what the scoring system says last, whatever was known when the clip was stored.
OUTCOME = """
    UPDATE recorded_videos SET outcome = c.status FROM challenges c
    WHERE c.match_id = new.match_id AND c.number = {number} AND c.status <> 'requested'
        AND recorded_videos.match_id = new.match_id AND recorded_videos.kind = 'review'
        AND recorded_videos.challenge_number = {number} AND recorded_videos.outcome IS NOT c.status;"""
TRIGGERS = {
    "tr_pss_matches_recorded": "INSERT ON pss_matches",
    "tr_challenges_asked": "INSERT ON challenges",
    "tr_challenges_decided": "UPDATE OF status ON challenges",
    "tr_recorded_videos_stored": "INSERT ON recorded_videos",
    "tr_recorded_videos_changed": (
        "UPDATE OF kind, match_id, challenge_number, path, obs_path, outcome, deleted_at ON recorded_videos"
    ),
}


def migrate(migrator, database, fake=False, **kwargs):
    make_outboxes(migrator)
    migrator.sql(f"ALTER TABLE obs_connections ADD COLUMN roles TEXT NOT NULL DEFAULT '{ROLES}'")
    migrator.sql("ALTER TABLE obs_connections ADD COLUMN rings TEXT NOT NULL DEFAULT '[]'")
    migrator.sql("ALTER TABLE obs_connections ADD COLUMN path_map TEXT NOT NULL DEFAULT '{}'")
    make_recordings(migrator)
    make_rules(migrator)
    make_links(migrator)


def make_outboxes(migrator):
    migrator.sql(
        """
        CREATE TABLE outbox_marks (
            id INTEGER PRIMARY KEY,
            producer TEXT NOT NULL,
            outbox_id TEXT NOT NULL,
            entry INTEGER NOT NULL,
            updated_at TEXT NOT NULL,
            UNIQUE (producer, outbox_id)
        )
        """
    )
    migrator.sql(
        """
        CREATE TABLE refused_facts (
            id INTEGER PRIMARY KEY,
            producer TEXT NOT NULL,
            outbox_id TEXT NOT NULL,
            entry INTEGER NOT NULL,
            body BLOB NOT NULL,
            error TEXT NOT NULL,
            created_at TEXT NOT NULL,
            UNIQUE (producer, outbox_id, entry)
        )
        """
    )


def make_recordings(migrator):
    migrator.sql(
        f"""
        CREATE TABLE obs_recording_config (
            id INTEGER PRIMARY KEY,
            connection_id INTEGER NOT NULL UNIQUE REFERENCES obs_connections (id) ON DELETE CASCADE,
            records_matches INTEGER NOT NULL,
            root TEXT,
            folder TEXT NOT NULL,
            file_name TEXT NOT NULL,
            format TEXT,
            start_on TEXT NOT NULL,
            pre_roll_ms INTEGER NOT NULL,
            post_roll_ms INTEGER NOT NULL,
            chapters INTEGER NOT NULL,
            split_rounds INTEGER NOT NULL,
            least_free_mib INTEGER NOT NULL,
            keeps_replay INTEGER NOT NULL,
            clip_folder TEXT NOT NULL,
            clip_name TEXT NOT NULL,
            review_lead_ms INTEGER NOT NULL,
            picture_delay_ms INTEGER NOT NULL,{EDITED}
        )
        """
    )
    migrator.sql(
        f"""
        CREATE TABLE obs_recording_sessions (
            id INTEGER PRIMARY KEY,
            video_key TEXT NOT NULL UNIQUE,
            connection TEXT NOT NULL,
            ring TEXT NOT NULL,
            match_key TEXT,
            match_id INTEGER REFERENCES pss_matches (id),
            part INTEGER NOT NULL,
            by_hand INTEGER NOT NULL,
            state TEXT NOT NULL,
            reason TEXT,
            obs_path TEXT,
            prepared_at TEXT,
            started_at TEXT,
            ended_at TEXT,
            failed_at TEXT,{EDITED}
        )
        """
    )
    migrator.sql("CREATE INDEX ix_obs_recording_sessions_match_id ON obs_recording_sessions (match_id)")
    migrator.sql(
        f"""
        CREATE TABLE recorded_videos (
            id INTEGER PRIMARY KEY,
            video_key TEXT NOT NULL UNIQUE,
            kind TEXT NOT NULL,
            connection TEXT NOT NULL,
            ring TEXT NOT NULL,
            match_key TEXT,
            match_id INTEGER REFERENCES pss_matches (id),
            part INTEGER NOT NULL,
            obs_path TEXT,
            path TEXT,
            started_at TEXT,
            ended_at TEXT,
            duration_ms INTEGER,
            size_bytes INTEGER,
            sha256 TEXT,
            is_whole INTEGER NOT NULL,
            in_ms INTEGER,
            out_ms INTEGER,
            challenge_number INTEGER,
            athlete_position INTEGER,
            round_number INTEGER,
            clock_ms INTEGER,
            decisive_ms INTEGER,
            outcome TEXT,
            is_kept INTEGER NOT NULL,
            deleted_at TEXT,
            problem TEXT,{EDITED}
        )
        """
    )
    migrator.sql("CREATE INDEX ix_recorded_videos_match_id ON recorded_videos (match_id)")
    migrator.sql("CREATE INDEX ix_recorded_videos_started_at ON recorded_videos (started_at)")
    migrator.sql(
        """
        CREATE TABLE recorded_video_events (
            id INTEGER PRIMARY KEY,
            video_id INTEGER NOT NULL REFERENCES recorded_videos (id),
            kind TEXT NOT NULL,
            label TEXT NOT NULL,
            offset_ms INTEGER NOT NULL,
            happened_at TEXT NOT NULL,
            session_uuid TEXT NOT NULL,
            entry INTEGER NOT NULL,
            entry_index INTEGER NOT NULL,
            match_key TEXT,
            athlete_position INTEGER,
            round_number INTEGER,
            clock_ms INTEGER,
            score_chong INTEGER,
            score_hong INTEGER,
            UNIQUE (video_id, session_uuid, entry, entry_index, kind, happened_at)
        )
        """
    )


def make_rules(migrator):
    migrator.sql(
        f"""
        CREATE TABLE obs_rules (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            is_enabled INTEGER NOT NULL,
            priority INTEGER NOT NULL,
            pack TEXT,
            description TEXT,
            definition TEXT NOT NULL,{EDITED}
        )
        """
    )
    migrator.sql(
        """
        CREATE TABLE obs_rule_firings (
            id INTEGER PRIMARY KEY,
            firing_key TEXT NOT NULL UNIQUE,
            rule TEXT NOT NULL,
            happening TEXT NOT NULL,
            ring TEXT NOT NULL,
            match_key TEXT,
            match_id INTEGER REFERENCES pss_matches (id),
            round_number INTEGER,
            clock_ms INTEGER,
            session_uuid TEXT NOT NULL,
            entry INTEGER NOT NULL,
            entry_index INTEGER NOT NULL,
            happened_at TEXT NOT NULL,
            fired_at TEXT NOT NULL,
            latency_ms REAL,
            outcome TEXT NOT NULL,
            actions TEXT NOT NULL
        )
        """
    )
    migrator.sql("CREATE INDEX ix_obs_rule_firings_fired_at ON obs_rule_firings (fired_at)")
    migrator.sql("CREATE INDEX ix_obs_rule_firings_rule ON obs_rule_firings (rule, fired_at)")
    migrator.sql("CREATE INDEX ix_obs_rule_firings_match_id ON obs_rule_firings (match_id)")


def make_links(migrator):
    for table in OF_MATCHES:
        migrator.sql(f"CREATE INDEX ix_{table}_waiting ON {table} (match_key) WHERE match_id IS NULL")
    link = "".join(
        f"\n    UPDATE {table} SET match_id = new.id WHERE match_key = new.match_id AND match_id IS NULL;"
        for table in OF_MATCHES
    )
    review = (CLIP + OUTCOME).format(number="new.number")
    clip = (CLIP + OUTCOME).format(number="new.challenge_number")
    for name, when in TRIGGERS.items():
        body = {"pss_matches": link, "challenges": review, "recorded_videos": clip}[when.rpartition(" ")[2]]
        migrator.sql(f"CREATE TRIGGER {name} AFTER {when} BEGIN{body}\nEND")


def rollback(migrator, database, fake=False, **kwargs):
    for trigger in TRIGGERS:
        migrator.sql(f"DROP TRIGGER {trigger}")
    for table in (
        "obs_rule_firings",
        "obs_rules",
        "recorded_video_events",
        "recorded_videos",
        "obs_recording_sessions",
        "obs_recording_config",
        "refused_facts",
        "outbox_marks",
    ):
        migrator.sql(f"DROP TABLE {table}")
    for column in ("path_map", "rings", "roles"):
        migrator.sql(f"ALTER TABLE obs_connections DROP COLUMN {column}")
