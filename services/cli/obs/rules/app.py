"""The commands of `restrike obs rules` by name."""

from services.cli.group import group
from services.cli.obs.rules import PURPOSE, documents_moved, editing, log, packed, showing, testing

app = group("rules", PURPOSE)
showing.register(app)
editing.register(app)
documents_moved.register(app)
packed.register(app)
testing.register(app)
log.register(app)
