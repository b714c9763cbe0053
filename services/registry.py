"""The one list of processes: name -> module. supervisord.conf is tested against it."""

from typing import Final

SERVICES: Final = {
    "broker": "services.broker.main",
    "udp-ingest": "services.udp_ingest.main",
    "pss-parser": "services.pss_parser.main",
    "db-writer": "services.db_writer.main",
    "obs-bridge": "services.obs_bridge.main",
    "cpu-monitor": "services.cpu_monitor.main",
    "license": "services.license.main",
}
