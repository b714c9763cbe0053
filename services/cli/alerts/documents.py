"""Rules for alerts as JSON documents; `restrike alerts rules`."""

from typing import Final

from services.cli.rule_documents import RuleDocuments
from shared.alerts.faults import faults_of
from shared.messages.alerts import AlertRule

DOCUMENTS: Final = RuleDocuments(AlertRule, named_by="name", faults_of=faults_of, subject="alerts")
