"""The commands of `restrike alerts` by name."""

from services.cli.alerts import PURPOSE, history, now
from services.cli.alerts.rules import app as rules
from services.cli.group import group

app = group("alerts", PURPOSE)
now.register(app)
history.register(app)
app.add_typer(rules)
