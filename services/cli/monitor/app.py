"""The commands of `restrike monitor` by name."""

from services.cli.group import group
from services.cli.monitor import PURPOSE, history, incidents, showing, switching

app = group("monitor", PURPOSE)
app.command(epilog="Example: restrike monitor show")(showing.show)
app.command(epilog="Example: restrike monitor watch")(showing.watch)
app.command(epilog="Example: restrike monitor history --last 2h --metric process obs-bridge")(history.history)
app.command(epilog="Example: restrike monitor incidents --last 7d")(incidents.incidents)
app.command(epilog="Example: restrike monitor interval 0.5")(switching.interval)
app.command(epilog="Example: restrike monitor on")(switching.on)
app.command(epilog="Example: restrike monitor off")(switching.off)
