"""The one list of operators' commands and who answers them; db-writer, or `once` without it."""

from collections.abc import Callable
from typing import Any, Final

from services.db_writer.office.alert_rules import remove_alert_rules, save_alert_rules
from services.db_writer.office.desk import Desk
from services.db_writer.office.flags.asked import flags_of, picture_of
from services.db_writer.office.flags.mappings import remove_mapping, save_mapping
from services.db_writer.office.flags.pictures import clear_flag, take_flags
from services.db_writer.office.imports.tables import import_rows
from services.db_writer.office.obs.connections import remove_connection, save_connection
from services.db_writer.office.obs.rules import enable_rules, remove_rules, save_rules
from services.db_writer.office.saved_queries import forget_query, save_query
from services.db_writer.office.settings import change_settings, rotate_key
from services.db_writer.office.tournament.assignments import assign_matches
from services.db_writer.office.tournament.tournaments import activate_day, remove_tournament, save_day, save_tournament
from shared.messages.alerts import RemoveAlertRules, SaveAlertRules
from shared.messages.flags import ClearFlag, GetFlagPicture, GetFlags, RemoveFlagMapping, SaveFlagMapping, TakeFlags
from shared.messages.obs_commands import EnableRules, RemoveObsConnection, RemoveRules, SaveObsConnection, SaveRules
from shared.messages.requests import Command
from shared.messages.saved_queries import ForgetQuery, SaveQuery
from shared.messages.settings import ChangeSettings, RotateKey
from shared.messages.tournaments import (
    ActivateDay,
    AssignMatches,
    ImportRows,
    RemoveTournament,
    SaveDay,
    SaveTournament,
)

HANDLERS: Final[dict[type[Command[Any]], Callable[[Desk, Any], Any]]] = {
    ChangeSettings: change_settings,
    RotateKey: rotate_key,
    SaveTournament: save_tournament,
    RemoveTournament: remove_tournament,
    SaveDay: save_day,
    ActivateDay: activate_day,
    AssignMatches: assign_matches,
    ImportRows: import_rows,
    SaveQuery: save_query,
    ForgetQuery: forget_query,
    SaveObsConnection: save_connection,
    RemoveObsConnection: remove_connection,
    SaveRules: save_rules,
    EnableRules: enable_rules,
    RemoveRules: remove_rules,
    SaveAlertRules: save_alert_rules,
    RemoveAlertRules: remove_alert_rules,
    GetFlags: flags_of,
    GetFlagPicture: picture_of,
    SaveFlagMapping: save_mapping,
    RemoveFlagMapping: remove_mapping,
    TakeFlags: take_flags,
    ClearFlag: clear_flag,
}
