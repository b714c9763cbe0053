"""The rows and panels of the dashboard for Grafana. Used by dashboard.py.

`$i` in a query stands for the machines that were chosen at the top.
"""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

COUNT, RATE, SECONDS, BYTES, SHARE = "short", "reqps", "s", "bytes", "percentunit"


class Query(Struct, frozen=True):
    """What is drawn, and how its lines are named."""

    text: str
    legend: str = ""
    is_instant: bool = False


class Panel(Struct, frozen=True, kw_only=True):
    """One picture; `width` of 24."""

    title: str
    queries: Sequence[Query]
    unit: str = COUNT
    kind: str = "timeseries"
    width: int = 8
    text: str = ""
    is_health: bool = False


def _quantiles(name: str, by: str, legend: str) -> list[Query]:
    return [
        Query(
            f"histogram_quantile({share}, sum by (le{by}) (rate({name}_bucket{{$i}}[$__rate_interval])))",
            f"{legend}p{share * 100:g}",
        )
        for share in (0.5, 0.99)
    ]


ROWS: Final[dict[str, tuple[Panel, ...]]] = {
    "At a glance": (
        Panel(title="Health", kind="stat", width=4, is_health=True, queries=[Query("max(restrike_health{$i})")]),
        Panel(
            title="Services",
            kind="stat",
            width=8,
            queries=[Query("restrike_service_up{$i}", "{{service}}")],
            text="1: heard within three seconds.",
        ),
        Panel(
            title="Alerts",
            kind="table",
            width=12,
            queries=[Query('restrike_alert{$i,state!="cleared"}', is_instant=True)],
        ),
        Panel(
            title="What is not well",
            kind="state-timeline",
            width=24,
            is_health=True,
            queries=[Query("restrike_health_item{$i} > 0", "{{subject}} {{name}}")],
        ),
    ),
    "Rings": (
        Panel(
            title="Datagrams",
            unit=RATE,
            queries=[Query("rate(restrike_ring_datagrams_total{$i}[$__rate_interval])", "{{ring}}")],
        ),
        Panel(
            title="Lost and refused",
            text="Datagrams that a full receive buffer dropped, entries that fell out of memory while the disk was"
            " full, datagrams of senders that may not send, and those that were too long.",
            queries=[
                Query("increase(restrike_ring_kernel_drops_total{$i}[$__rate_interval])", "{{ring}} dropped"),
                Query("increase(restrike_ring_lost_total{$i}[$__rate_interval])", "{{ring}} lost"),
                Query("increase(restrike_ring_refused_total{$i}[$__rate_interval])", "{{ring}} refused"),
                Query("increase(restrike_ring_cut_total{$i}[$__rate_interval])", "{{ring}} cut"),
            ],
        ),
        Panel(title="Silence", unit=SECONDS, queries=[Query("restrike_ring_silence_seconds{$i}", "{{ring}}")]),
        Panel(
            title="Match",
            kind="state-timeline",
            queries=[Query("restrike_ring_stage{$i} == 1", "{{ring}} {{stage}}")],
        ),
        Panel(
            title="Events",
            unit=RATE,
            queries=[
                Query("topk(12, sum by (event) (rate(restrike_pss_events_total{$i}[$__rate_interval])))", "{{event}}")
            ],
        ),
        Panel(
            title="What was not understood, and what does not add up",
            queries=[
                Query(
                    "sum by (ring, kind) "
                    '(increase(restrike_pss_results_total{$i,kind!="recognized"}[$__rate_interval]))',
                    "{{ring}} {{kind}}",
                ),
                Query(
                    "sum by (ring, rule) (increase(restrike_pss_findings_total{$i}[$__rate_interval]))",
                    "{{ring}} {{rule}}",
                ),
            ],
        ),
    ),
    "Latency and database": (
        Panel(
            title="From a datagram's arrival",
            unit=SECONDS,
            text="Journaled (published), understood (parsed), in the database (stored), OBS asked by a rule (acted).",
            queries=_quantiles("restrike_latency_seconds", ", hop", "{{hop}} "),
        ),
        Panel(
            title="Commits",
            unit=SECONDS,
            queries=[
                *_quantiles("restrike_journal_commit_seconds", "", "journal "),
                *_quantiles("restrike_db_commit_seconds", "", "database "),
            ],
        ),
        Panel(
            title="Behind the journal",
            text="Entries that a service has still to take.",
            queries=[
                Query(
                    "clamp_min(restrike_ring_entry{$i} - on (instance, ring) group_right "
                    'restrike_service_entry{$i,service!="udp-ingest"}, 0)',
                    "{{ring}} {{service}}",
                )
            ],
        ),
        Panel(
            title="Stored",
            unit=RATE,
            queries=[
                Query("rate(restrike_db_entries_total{$i}[$__rate_interval])", "entries"),
                Query("rate(restrike_db_messages_total{$i}[$__rate_interval])", "messages"),
                Query("rate(restrike_journal_entries_total{$i}[$__rate_interval])", "journal"),
            ],
        ),
        Panel(
            title="Waiting and failing",
            queries=[
                Query("restrike_db_waiting_batches{$i}", "batches that wait"),
                Query("restrike_db_rings_behind{$i}", "rings behind"),
                Query("increase(restrike_db_failures_total{$i}[$__rate_interval])", "failed transactions"),
                Query("increase(restrike_db_rows_refused_total{$i}[$__rate_interval])", "refused rows"),
                Query("increase(restrike_journal_failures_total{$i}[$__rate_interval])", "failed journal commits"),
            ],
        ),
        Panel(
            title="Journal that waits in memory",
            unit=BYTES,
            queries=[Query("restrike_journal_unwritten_bytes{$i}", "bytes")],
        ),
    ),
    "Services": (
        Panel(
            title="Processor",
            unit=SHARE,
            text="1 is a core.",
            queries=[Query("rate(restrike_service_cpu_seconds_total{$i}[$__rate_interval])", "{{service}}")],
        ),
        Panel(
            title="Memory",
            unit=BYTES,
            queries=[Query('restrike_process_resident_memory_bytes{$i,kind="service"}', "{{name}}")],
        ),
        Panel(
            title="Restarts in an hour",
            queries=[Query("resets(restrike_service_uptime_seconds{$i}[1h])", "{{service}}")],
        ),
        Panel(
            title="Lost, dropped, failed",
            queries=[
                Query("increase(restrike_service_lost_total{$i}[$__rate_interval])", "{{service}} lost"),
                Query("increase(restrike_service_dropped_total{$i}[$__rate_interval])", "{{service}} dropped"),
                Query("increase(restrike_service_undecodable_total{$i}[$__rate_interval])", "{{service}} undecodable"),
                Query("increase(restrike_service_faults_total{$i}[$__rate_interval])", "{{service}} faults"),
            ],
        ),
        Panel(title="Loop lag", unit=SECONDS, queries=[Query("restrike_service_loop_lag_seconds{$i}", "{{service}}")]),
        Panel(
            title="Commands of other programs",
            unit=RATE,
            queries=[
                Query("rate(restrike_gateway_requests_total{$i}[$__rate_interval])", "{{outcome}}"),
                Query("restrike_gateway_waiting{$i}", "under way"),
            ],
        ),
    ),
    "OBS": (
        Panel(title="Frames", unit="fps", queries=[Query("restrike_obs_fps{$i}", "{{connection}}")]),
        Panel(
            title="Skipped and dropped frames",
            queries=[
                Query(
                    "increase(restrike_obs_render_frames_skipped_total{$i}[$__rate_interval])",
                    "{{connection}} rendered",
                ),
                Query(
                    "increase(restrike_obs_output_frames_skipped_total{$i}[$__rate_interval])", "{{connection}} encoded"
                ),
                Query(
                    "increase(restrike_obs_stream_frames_dropped_total{$i}[$__rate_interval])", "{{connection}} sent"
                ),
            ],
        ),
        Panel(
            title="Processor",
            unit=SHARE,
            queries=[
                Query("restrike_obs_cpu_ratio{$i}", "{{connection}} (its own word, of all cores)"),
                Query('restrike_process_cpu_ratio{$i,kind=~"obs|ffmpeg"}', "{{name}} (of a core)"),
            ],
        ),
        Panel(
            title="Connected, recording, streaming",
            kind="state-timeline",
            queries=[
                Query("restrike_obs_connected{$i}", "{{connection}} connected"),
                Query("restrike_obs_recording{$i}", "{{connection}} recording"),
                Query("restrike_obs_streaming{$i}", "{{connection}} streaming"),
                Query("restrike_obs_replay_buffer{$i}", "{{connection}} replay buffer"),
            ],
        ),
        Panel(
            title="Requests",
            unit=SECONDS,
            queries=[
                *_quantiles("restrike_obs_request_seconds", ", connection", "{{connection}} "),
                Query("restrike_obs_round_trip_seconds{$i}", "{{connection}} ping"),
            ],
        ),
        Panel(
            title="Recordings, clips, rules",
            queries=[
                Query("sum by (state) (increase(restrike_obs_recordings_total{$i}[$__rate_interval]))", "{{state}}"),
                Query("increase(restrike_obs_clips_total{$i}[$__rate_interval])", "{{connection}} clips"),
                Query("increase(restrike_obs_firings_total{$i}[$__rate_interval])", "rules {{outcome}}"),
            ],
        ),
    ),
    "Machine": (
        Panel(
            title="Processor",
            unit=SHARE,
            queries=[
                Query("restrike_cpu_ratio{$i}", "all cores"),
                Query("restrike_cpu_waiting_ratio{$i}", "something waits"),
                Query("restrike_memory_waiting_ratio{$i}", "something waits for memory"),
            ],
        ),
        Panel(
            title="Memory",
            unit=BYTES,
            queries=[
                Query("restrike_memory_total_bytes{$i} - restrike_memory_available_bytes{$i}", "used"),
                Query("restrike_memory_total_bytes{$i}", "there is"),
                Query("restrike_swap_used_bytes{$i}", "swap"),
            ],
        ),
        Panel(title="Free on disks", unit=BYTES, queries=[Query("restrike_disk_free_bytes{$i}", "{{mount}}")]),
        Panel(
            title="Disks at work",
            unit="Bps",
            queries=[
                Query("restrike_disk_written_bytes_per_second{$i}", "{{mount}} written"),
                Query("restrike_disk_read_bytes_per_second{$i}", "{{mount}} read"),
            ],
        ),
        Panel(
            title="Network",
            unit="Bps",
            queries=[
                Query("restrike_network_received_bytes_per_second{$i}", "{{interface}} received"),
                Query("restrike_network_sent_bytes_per_second{$i}", "{{interface}} sent"),
            ],
        ),
        Panel(
            title="Network errors, UDP drops",
            queries=[
                Query("restrike_network_errors_per_second{$i}", "{{interface}} errors"),
                Query("restrike_network_drops_per_second{$i}", "{{interface}} drops"),
                Query("restrike_machine_udp_dropped_per_second{$i}", "UDP dropped"),
            ],
        ),
    ),
}
