"""Rules for OBS as JSON documents; `restrike obs rules`."""

from typing import Final

from services.cli.rule_documents import RuleDocuments
from shared.automation.faults import faults_of
from shared.messages.automation import Rule

DOCUMENTS: Final = RuleDocuments(Rule, named_by="rule", faults_of=faults_of, subject="rules")
