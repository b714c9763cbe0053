"""The commands of `restrike logs` by name."""

from services.cli.group import group
from services.cli.logs import PURPOSE, exporting, levels, reading_commands

app = group("logs", PURPOSE)
app.command("tail", epilog="Example: restrike logs tail pss-parser db-writer --ring ring-1 --follow")(
    reading_commands.tail
)
app.command("search", epilog="Example: restrike logs search refused --since 2h --level warning")(
    reading_commands.search
)
app.command("export", epilog="Example: restrike logs export --since 09:00 --out faults.zip")(exporting.export)
app.command("level", epilog="Example: restrike logs level pss-parser.datagrams debug")(levels.level)
