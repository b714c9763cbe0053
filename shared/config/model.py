"""What `restrike.json` may say. Every field has a default, so no file is needed.

Each field's description stands in the JSON Schema for editors and in docs/configuration.md.
"""

from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from shared.messages.rules import Strictness
from shared.rules import DEFAULT_RULES

KIB: Final = 1024
MIB: Final = 1024 * KIB
TEN_YEARS_H: Final = 10 * 366 * 24
VERSIONS_KEPT: Final = 100
"""A season of changes; a version is some KiB."""

Name = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")]
Port = Annotated[int, Meta(ge=1, le=65535)]


class Ring(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One ring: a port, or a port and the one source address that its scoring system sends from."""

    name: Annotated[Name, Meta(description="Its name: a-z, 0-9 and -, at most 32, such as ring-1.")]
    port: Annotated[Port, Meta(description="The UDP port that it listens on.")] = 8888
    bind: Annotated[
        str,
        Meta(description="An IPv4 address of this machine, 0.0.0.0 for all, or auto for the recommended interface."),
    ] = "127.0.0.1"
    source: Annotated[
        str | None,
        Meta(description="The only IPv4 address that its scoring system sends from; rings may then share a port."),
    ] = None
    allow: Annotated[
        list[str], Meta(description='Addresses or networks ("10.1.2.0/24") that may send; empty allows all.')
    ] = []
    auto_start: Annotated[bool, Meta(description="Whether it listens without being asked to.")] = True
    max_packet_bytes: Annotated[
        int,
        Meta(ge=64, le=65535, description="Longer datagrams are cut; the largest that UDP can carry, so none is."),
    ] = 65535
    receive_buffer_bytes: Annotated[
        int,
        Meta(
            ge=4 * KIB,
            le=1024 * MIB,
            description="What the kernel is asked for: 4 MiB hold two seconds of the highest rate that we measured.",
        ),
    ] = 4 * MIB
    rules: Annotated[str, Meta(description="The rule set that it is judged by: restrike pss rules.")] = DEFAULT_RULES
    dialect: Annotated[
        str,
        Meta(pattern="^(auto|a|b)$", description="a: TK-Strike Gen2; b: WT UDP 2.3, Gen3; auto: detected."),
    ] = "auto"
    unknown_streams: Annotated[Strictness, Meta(description="What a message of an unknown stream is.")] = (
        Strictness.WARN
    )
    encodings: Annotated[list[str], Meta(description="Tried in turn for text that is not UTF-8.")] = msgspec.field(
        default_factory=lambda: ["cp1250", "latin-1"]
    )
    resync_port: Annotated[
        Port | None,
        Meta(
            description="Where the scoring system is asked how the match stands, after a start and after a gap; "
            "TK-Strike answers. Off by default: nothing is sent to a scoring system unasked."
        ),
    ] = None
    resync_every_s: Annotated[int, Meta(ge=1, le=3600, description="It is asked this often at most.")] = 30


class Curve(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Keys for endpoints beyond loopback, as `restrike config keys` makes them."""

    secret_key_file: Annotated[str, Meta(description="The file with the suite's secret key, for its owner alone.")]
    clients: Annotated[
        dict[str, Annotated[str, Meta(min_length=40, max_length=40)]],
        Meta(description="The public keys of the clients that may connect, by name."),
    ]


class Bus(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where other programs meet the suite."""

    events: Annotated[str, Meta(description="The event bus; beyond loopback with keys only.")] = "tcp://127.0.0.1:5556"
    commands: Annotated[str, Meta(description="The command gateway; beyond loopback with keys only.")] = (
        "tcp://127.0.0.1:5557"
    )
    curve: Annotated[Curve | None, Meta(description="Keys: restrike config keys.")] = None
    subscriber_queue: Annotated[
        int,
        Meta(
            ge=1,
            le=10_000_000,
            description="Events that wait for one slow subscriber before it loses some: 20,000 are 15 s of the "
            "busiest venue.",
        ),
    ] = 20_000


class Journal(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The datagrams as they came, beside the database."""

    keep_hours: Annotated[
        int, Meta(ge=1, le=TEN_YEARS_H, description="How long datagrams are kept beside the database.")
    ] = 48
    memory_bytes: Annotated[
        int,
        Meta(ge=64 * KIB, le=64 * 1024 * MIB, description="How much memory may stand in while the disk is full."),
    ] = 64 * MIB


class Metrics(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What cpu-monitor serves to Prometheus: counts and names, no secrets."""

    endpoint: Annotated[
        str | None, Meta(description="Address and port of http://…/metrics; null: it is served nowhere.")
    ] = "127.0.0.1:9464"
    allow_remote: Annotated[
        bool, Meta(description="Lets endpoint be beyond loopback, so that everybody on that network may read it.")
    ] = False
    every_s: Annotated[int, Meta(ge=1, le=5, description="How often services tell their counts.")] = 5


class Config(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of `restrike.json`."""

    rings: Annotated[list[Ring], Meta(description="The rings.")] = msgspec.field(
        default_factory=lambda: [Ring(name="ring-1")]
    )
    bus: Annotated[Bus, Meta(description="Where other programs meet the suite.")] = Bus()
    journal: Annotated[Journal, Meta(description="The datagrams as they came, beside the database.")] = Journal()
    metrics: Annotated[Metrics, Meta(description="What cpu-monitor serves to Prometheus.")] = Metrics()
    log_level: Annotated[
        str, Meta(pattern="^(debug|info|warning|error)$", description="What the services write into their logs.")
    ] = "info"
    log_levels: Annotated[
        dict[str, str],
        Meta(description='The same of one service or subsystem: {"obs-bridge": "debug", "pss-parser.bus": "warning"}.'),
    ] = {}
    history: Annotated[
        Annotated[int, Meta(ge=2, le=10_000)],
        Meta(description="Accepted versions of this file that are kept in data/config/: a season of changes."),
    ] = VERSIONS_KEPT
    schema: Annotated[str | None, Meta(description="For editors: the JSON Schema of this file.")] = msgspec.field(
        default=None, name="$schema"
    )

    def ring(self, name: str) -> Ring | None:
        """The ring of that name, or None."""
        return next((ring for ring in self.rings if ring.name == name), None)
