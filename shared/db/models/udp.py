"""Models of interfaces, rings, sessions and raw datagrams (migrations 004 to 006)."""

import peewee as pw

from shared.db.models.record import EditedRecord, Record


class NetworkInterface(EditedRecord):
    """An address of this machine as last detected; `speed_mbps` in Mbit/s, `mtu` in bytes."""

    name = pw.TextField()
    address = pw.TextField()
    netmask = pw.TextField(null=True)
    broadcast = pw.TextField(null=True)
    is_loopback = pw.BooleanField(null=True, default=False)
    is_active = pw.BooleanField(null=True, default=False)
    is_recommended = pw.BooleanField(null=True, default=False)
    speed_mbps = pw.IntegerField(null=True)
    mtu = pw.IntegerField(null=True)
    mac_address = pw.TextField(null=True)
    interface_type = pw.TextField(null=True)

    class Meta:
        table_name = "network_interfaces"


class UdpServerConfig(EditedRecord):
    """A ring as last started: a mirror of the configuration file, never read back."""

    name = pw.TextField(unique=True)
    port = pw.IntegerField()
    bind_address = pw.TextField()
    network_interface = pw.ForeignKeyField(NetworkInterface, null=True, backref="+")
    enabled = pw.BooleanField(null=True)
    auto_start = pw.BooleanField(null=True)
    max_packet_size = pw.IntegerField(null=True)
    buffer_size = pw.IntegerField(null=True)
    timeout_ms = pw.IntegerField(null=True)

    class Meta:
        table_name = "udp_server_configs"


class UdpServerSession(EditedRecord):
    """The time between a ring's start and its stop, with its counters; `last_entry` is the journal's number.

    `dialect` is the one that was detected in it, if it was; `last_match` the one that its messages belonged to last.
    """

    server_config = pw.ForeignKeyField(UdpServerConfig, null=True, backref="+")
    start_time = pw.TextField()
    end_time = pw.TextField(null=True)
    status = pw.TextField()
    packets_received = pw.IntegerField(null=True, default=0)
    packets_parsed = pw.IntegerField(null=True, default=0)
    parse_errors = pw.IntegerField(null=True, default=0)
    total_bytes_received = pw.IntegerField(null=True, default=0)
    average_packet_size = pw.FloatField(null=True)
    max_packet_size_seen = pw.IntegerField(null=True)
    min_packet_size_seen = pw.IntegerField(null=True)
    unique_clients_count = pw.IntegerField(null=True, default=0)
    error_message = pw.TextField(null=True)
    ring = pw.TextField(default="")
    session_uuid = pw.TextField(null=True, unique=True)
    last_entry = pw.IntegerField(null=True)
    dialect = pw.TextField(null=True)
    dialect_reason = pw.TextField(null=True)
    last_match = pw.DeferredForeignKey("Match", null=True, backref="+")

    class Meta:
        table_name = "udp_server_sessions"


class UdpClientConnection(EditedRecord):
    """An address and port that sent to a session."""

    session = pw.ForeignKeyField(UdpServerSession, null=True, backref="+")
    client_address = pw.TextField()
    client_port = pw.IntegerField()
    first_seen = pw.TextField(null=True)
    last_seen = pw.TextField(null=True)
    packets_received = pw.IntegerField(null=True, default=0)
    total_bytes_received = pw.IntegerField(null=True, default=0)
    is_active = pw.BooleanField(null=True, default=True)

    class Meta:
        table_name = "udp_client_connections"


class RawDatagram(Record):
    """A datagram as it came; `entry` is its number in the ring's journal, `origin` live, replay or answer."""

    session = pw.ForeignKeyField(UdpServerSession, backref="+")
    ring = pw.TextField()
    entry = pw.IntegerField()
    received_at = pw.TextField()
    source_address = pw.TextField()
    source_port = pw.IntegerField()
    origin = pw.TextField()
    body = pw.BlobField()

    class Meta:
        table_name = "raw_datagrams"


class Watermark(Record):
    """The last journal entry of a session whose consequences are all stored."""

    journal_id = pw.TextField()
    ring = pw.TextField()
    session_uuid = pw.TextField()
    entry = pw.IntegerField()
    updated_at = pw.TextField()

    class Meta:
        table_name = "watermarks"
        primary_key = pw.CompositeKey("journal_id", "ring", "session_uuid")
