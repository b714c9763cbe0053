"""The commands of `restrike settings` by name."""

from services.cli.group import group
from services.cli.settings import PURPOSE, changing, documents, showing

app = group("settings", PURPOSE)
app.command("list", epilog="Example: restrike settings list --category udp")(showing.list_settings)
app.command("get", epilog="Example: restrike settings get udp.clients_kept")(showing.get_setting)
app.command("set", epilog="Example: restrike settings set udp.clients_kept 500 --reason 'a scan'")(changing.set_setting)
app.command("reset", epilog="Example: restrike settings reset udp.clients_kept")(changing.reset_setting)
app.command("history", epilog="Example: restrike settings history udp.clients_kept")(showing.list_history)
app.command("export", epilog="Example: restrike settings export venue.json")(documents.export_settings)
app.command("import", epilog="Example: restrike settings import venue.json --dry-run")(documents.import_settings)
app.command("rotate-key", epilog="Example: restrike settings rotate-key")(changing.rotate_key)
