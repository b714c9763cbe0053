"""`restrike config`: all its commands."""

from services.cli.config import PURPOSE, checking, editing, keys, reloading, showing, versions
from services.cli.group import group

app = group("config", PURPOSE)

for part in (showing, checking, reloading, versions, editing, keys):
    part.register(app)
