"""Rings and their UDP sessions; matches, athletes, rounds, events, scores and warnings."""


def migrate(migrator, database, fake=False, **kwargs):
    migrator.sql(
        """
        CREATE TABLE network_interfaces (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL,
            address TEXT NOT NULL,
            netmask TEXT,
            broadcast TEXT,
            is_loopback INTEGER DEFAULT 0,
            is_active INTEGER DEFAULT 0,
            is_recommended INTEGER DEFAULT 0,
            speed_mbps INTEGER,
            mtu INTEGER,
            mac_address TEXT,
            interface_type TEXT,
            created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
            updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
            UNIQUE (name, address)
        )
        """
    )
    migrator.sql("CREATE INDEX ix_network_interfaces_is_active ON network_interfaces (is_active, is_recommended)")
    migrator.sql(
        """
        CREATE TABLE udp_server_configs (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            port INTEGER NOT NULL,
            bind_address TEXT NOT NULL,
            network_interface_id INTEGER REFERENCES network_interfaces (id),
            enabled INTEGER,
            auto_start INTEGER,
            max_packet_size INTEGER,
            buffer_size INTEGER,
            timeout_ms INTEGER,
            created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
            updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now'))
        )
        """
    )
    migrator.sql(
        """
        CREATE TABLE udp_server_sessions (
            id INTEGER PRIMARY KEY,
            server_config_id INTEGER REFERENCES udp_server_configs (id),
            start_time TEXT NOT NULL,
            end_time TEXT,
            status TEXT NOT NULL,
            packets_received INTEGER DEFAULT 0,
            packets_parsed INTEGER DEFAULT 0,
            parse_errors INTEGER DEFAULT 0,
            total_bytes_received INTEGER DEFAULT 0,
            average_packet_size REAL,
            max_packet_size_seen INTEGER,
            min_packet_size_seen INTEGER,
            unique_clients_count INTEGER DEFAULT 0,
            error_message TEXT,
            created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
            updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now'))
        )
        """
    )
    migrator.sql("CREATE INDEX ix_udp_server_sessions_status ON udp_server_sessions (status, start_time)")
    migrator.sql(
        """
        CREATE TABLE udp_client_connections (
            id INTEGER PRIMARY KEY,
            session_id INTEGER REFERENCES udp_server_sessions (id),
            client_address TEXT NOT NULL,
            client_port INTEGER NOT NULL,
            first_seen TEXT,
            last_seen TEXT,
            packets_received INTEGER DEFAULT 0,
            total_bytes_received INTEGER DEFAULT 0,
            is_active INTEGER DEFAULT 1,
            created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
            updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
            UNIQUE (session_id, client_address, client_port)
        )
        """
    )
    migrator.sql(
        """
        CREATE TABLE pss_event_types (
            id INTEGER PRIMARY KEY,
            event_code TEXT NOT NULL UNIQUE,
            event_name TEXT NOT NULL,
            description TEXT,
            category TEXT NOT NULL,
            is_active INTEGER DEFAULT 1,
            created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
            updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now'))
        )
        """
    )
    migrator.sql(
        """
        CREATE TABLE pss_matches (
            id INTEGER PRIMARY KEY,
            match_id TEXT NOT NULL UNIQUE,
            match_number TEXT,
            category TEXT,
            weight_class TEXT,
            division TEXT,
            total_rounds INTEGER,
            round_duration INTEGER,
            countdown_type TEXT,
            format_type TEXT,
            creation_mode TEXT,
            created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
            updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now'))
        )
        """
    )
    migrator.sql(
        """
        CREATE TABLE pss_athletes (
            id INTEGER PRIMARY KEY,
            athlete_code TEXT NOT NULL UNIQUE,
            short_name TEXT NOT NULL,
            long_name TEXT,
            country_code TEXT,
            flag_id INTEGER REFERENCES flags (id),
            created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
            updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now'))
        )
        """
    )
    migrator.sql(
        """
        CREATE TABLE pss_match_athletes (
            id INTEGER PRIMARY KEY,
            match_id INTEGER REFERENCES pss_matches (id),
            athlete_id INTEGER REFERENCES pss_athletes (id),
            athlete_position INTEGER NOT NULL CHECK (athlete_position IN (1, 2)),
            bg_color TEXT,
            fg_color TEXT,
            created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
            updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
            UNIQUE (match_id, athlete_position)
        )
        """
    )
    migrator.sql(
        """
        CREATE TABLE pss_rounds (
            id INTEGER PRIMARY KEY,
            match_id INTEGER REFERENCES pss_matches (id),
            round_number INTEGER NOT NULL,
            start_time TEXT,
            end_time TEXT,
            duration INTEGER,
            winner_athlete_position INTEGER,
            created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
            updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
            UNIQUE (match_id, round_number)
        )
        """
    )
    migrator.sql(
        """
        CREATE TABLE pss_events_v2 (
            id INTEGER PRIMARY KEY,
            session_id INTEGER NOT NULL REFERENCES udp_server_sessions (id),
            match_id INTEGER REFERENCES pss_matches (id),
            round_id INTEGER REFERENCES pss_rounds (id),
            event_type_id INTEGER NOT NULL REFERENCES pss_event_types (id),
            timestamp TEXT NOT NULL,
            raw_data TEXT NOT NULL,
            parsed_data TEXT,
            event_sequence INTEGER NOT NULL,
            event_index INTEGER NOT NULL DEFAULT 0,
            processing_time_ms REAL,
            is_valid INTEGER NOT NULL DEFAULT 1,
            error_message TEXT,
            UNIQUE (session_id, event_sequence, event_index)
        )
        """
    )
    migrator.sql("CREATE INDEX ix_pss_events_v2_timestamp ON pss_events_v2 (timestamp)")
    migrator.sql("CREATE INDEX ix_pss_events_v2_match_id ON pss_events_v2 (match_id, round_id)")
    migrator.sql(
        """
        CREATE TABLE pss_event_details (
            id INTEGER PRIMARY KEY,
            event_id INTEGER REFERENCES pss_events_v2 (id),
            detail_key TEXT NOT NULL,
            detail_value TEXT,
            detail_type TEXT NOT NULL,
            UNIQUE (event_id, detail_key)
        )
        """
    )
    migrator.sql(
        """
        CREATE TABLE pss_scores (
            id INTEGER PRIMARY KEY,
            match_id INTEGER REFERENCES pss_matches (id),
            round_id INTEGER REFERENCES pss_rounds (id),
            athlete_position INTEGER NOT NULL,
            score_type TEXT NOT NULL,
            score_value INTEGER NOT NULL,
            timestamp TEXT NOT NULL
        )
        """
    )
    migrator.sql("CREATE INDEX ix_pss_scores_match_id ON pss_scores (match_id, round_id, athlete_position)")
    migrator.sql(
        """
        CREATE TABLE pss_warnings (
            id INTEGER PRIMARY KEY,
            match_id INTEGER REFERENCES pss_matches (id),
            round_id INTEGER REFERENCES pss_rounds (id),
            athlete_position INTEGER NOT NULL,
            warning_type TEXT NOT NULL,
            warning_count INTEGER NOT NULL,
            timestamp TEXT NOT NULL
        )
        """
    )
    migrator.sql("CREATE INDEX ix_pss_warnings_match_id ON pss_warnings (match_id, round_id, athlete_position)")


def rollback(migrator, database, fake=False, **kwargs):
    migrator.sql("DROP TABLE pss_warnings")
    migrator.sql("DROP TABLE pss_scores")
    migrator.sql("DROP TABLE pss_event_details")
    migrator.sql("DROP TABLE pss_events_v2")
    migrator.sql("DROP TABLE pss_rounds")
    migrator.sql("DROP TABLE pss_match_athletes")
    migrator.sql("DROP TABLE pss_athletes")
    migrator.sql("DROP TABLE pss_matches")
    migrator.sql("DROP TABLE pss_event_types")
    migrator.sql("DROP TABLE udp_client_connections")
    migrator.sql("DROP TABLE udp_server_sessions")
    migrator.sql("DROP TABLE udp_server_configs")
    migrator.sql("DROP TABLE network_interfaces")
