"""`restrike.json`: what is needed before the database opens, and what of it changes while the suite runs.

Read by every service at its start and whenever it changed, and by `restrike`, which writes it, too.
"""

from shared.config.contradictions import faults_of, host_and_port, is_address
from shared.config.following import in_force
from shared.config.model import Bus, Config, Curve, Journal, Metrics, Ring
from shared.config.reading import load, load_file, not_from_environment, save

__all__ = [
    "Bus",
    "Config",
    "Curve",
    "Journal",
    "Metrics",
    "Ring",
    "faults_of",
    "host_and_port",
    "in_force",
    "is_address",
    "load",
    "load_file",
    "not_from_environment",
    "save",
]
