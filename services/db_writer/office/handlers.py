"""The one list of operators' commands and who answers them; db-writer, or `once` without it."""

from collections.abc import Callable
from typing import Any, Final

from services.db_writer.office.desk import Desk
from shared.messages.requests import Command

HANDLERS: Final[dict[type[Command[Any]], Callable[[Desk, Any], Any]]] = {}
