"""Samples of the machine and its processes, alerts with their rules and deliveries, and what services went through.

Samples are averages over `period_s` (10 s or 60 s) that end at `sampled_at`. The tables of a sample's parts go with it.
Words of the contract (severity, kind, state and so on) have no CHECK: a new word must not need a new table.
"""

EDITED = """
            created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
            updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now'))"""
SAMPLE = "sample_id INTEGER NOT NULL REFERENCES resource_samples (id) ON DELETE CASCADE"
PARTS = ("disk_samples", "network_samples", "process_samples", "obs_samples")


def migrate(migrator, database, fake=False, **kwargs):
    make_samples(migrator)
    make_alerts(migrator)


def make_samples(migrator):
    migrator.sql(
        """
        CREATE TABLE resource_samples (
            id INTEGER PRIMARY KEY,
            sampled_at TEXT NOT NULL,
            period_s INTEGER NOT NULL,
            cpu_percent REAL NOT NULL,
            cpu_busiest_core_percent REAL NOT NULL,
            load_1 REAL NOT NULL,
            frequency_mhz REAL,
            temperature_c REAL,
            memory_total_bytes INTEGER NOT NULL,
            memory_available_bytes INTEGER NOT NULL,
            swap_used_bytes INTEGER NOT NULL,
            udp_received INTEGER NOT NULL,
            udp_dropped INTEGER NOT NULL,
            clock_offset_ms REAL,
            UNIQUE (period_s, sampled_at)
        )
        """
    )
    migrator.sql(
        f"""
        CREATE TABLE disk_samples (
            id INTEGER PRIMARY KEY,
            {SAMPLE},
            mount TEXT NOT NULL,
            total_bytes INTEGER NOT NULL,
            free_bytes INTEGER NOT NULL,
            read_bytes_per_s REAL,
            written_bytes_per_s REAL,
            busy_percent REAL,
            UNIQUE (sample_id, mount)
        )
        """
    )
    migrator.sql(
        f"""
        CREATE TABLE network_samples (
            id INTEGER PRIMARY KEY,
            {SAMPLE},
            interface TEXT NOT NULL,
            is_up INTEGER NOT NULL,
            received_bytes_per_s REAL NOT NULL,
            sent_bytes_per_s REAL NOT NULL,
            errors INTEGER NOT NULL,
            drops INTEGER NOT NULL,
            UNIQUE (sample_id, interface)
        )
        """
    )
    migrator.sql(
        f"""
        CREATE TABLE process_samples (
            id INTEGER PRIMARY KEY,
            {SAMPLE},
            name TEXT NOT NULL,
            kind TEXT NOT NULL,
            pid INTEGER NOT NULL,
            cpu_percent REAL NOT NULL,
            rss_bytes INTEGER NOT NULL,
            pss_bytes INTEGER,
            threads INTEGER NOT NULL,
            files INTEGER,
            read_bytes_per_s REAL,
            written_bytes_per_s REAL,
            UNIQUE (sample_id, pid)
        )
        """
    )
    migrator.sql(
        f"""
        CREATE TABLE obs_samples (
            id INTEGER PRIMARY KEY,
            {SAMPLE},
            connection TEXT NOT NULL,
            cpu_percent REAL NOT NULL,
            memory_mib REAL NOT NULL,
            fps REAL NOT NULL,
            frame_ms REAL NOT NULL,
            render_frames_skipped INTEGER NOT NULL,
            output_frames_skipped INTEGER NOT NULL,
            stream_frames_dropped INTEGER NOT NULL,
            stream_kbps INTEGER NOT NULL,
            UNIQUE (sample_id, connection)
        )
        """
    )


def make_alerts(migrator):
    migrator.sql(
        f"""
        CREATE TABLE alert_rules (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            is_enabled INTEGER NOT NULL,
            definition TEXT NOT NULL,{EDITED}
        )
        """
    )
    migrator.sql(
        f"""
        CREATE TABLE alerts (
            id INTEGER PRIMARY KEY,
            alert_key TEXT NOT NULL UNIQUE,
            rule TEXT NOT NULL,
            subject TEXT NOT NULL,
            severity TEXT NOT NULL,
            state TEXT NOT NULL,
            message TEXT NOT NULL,
            remedy TEXT,
            value REAL,
            raised_at TEXT NOT NULL,
            acknowledged_at TEXT,
            acknowledged_by TEXT,
            note TEXT,
            cleared_at TEXT,{EDITED}
        )
        """
    )
    migrator.sql("CREATE INDEX ix_alerts_raised_at ON alerts (raised_at)")
    migrator.sql("CREATE INDEX ix_alerts_rule ON alerts (rule, raised_at)")
    migrator.sql(
        """
        CREATE TABLE alert_deliveries (
            id INTEGER PRIMARY KEY,
            delivery_key TEXT NOT NULL UNIQUE,
            alert_key TEXT NOT NULL,
            channel TEXT NOT NULL,
            about TEXT NOT NULL,
            attempts INTEGER NOT NULL,
            delivered_at TEXT,
            error TEXT,
            updated_at TEXT NOT NULL
        )
        """
    )
    migrator.sql("CREATE INDEX ix_alert_deliveries_alert_key ON alert_deliveries (alert_key)")
    migrator.sql(
        """
        CREATE TABLE service_incidents (
            id INTEGER PRIMARY KEY,
            incident_key TEXT NOT NULL UNIQUE,
            service TEXT NOT NULL,
            kind TEXT NOT NULL,
            happened_at TEXT NOT NULL,
            pid INTEGER,
            detail TEXT
        )
        """
    )
    migrator.sql("CREATE INDEX ix_service_incidents_happened_at ON service_incidents (happened_at)")


def rollback(migrator, database, fake=False, **kwargs):
    for table in ("service_incidents", "alert_deliveries", "alerts", "alert_rules", *PARTS, "resource_samples"):
        migrator.sql(f"DROP TABLE {table}")
