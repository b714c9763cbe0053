"""The commands of `restrike license` by name."""

from services.cli.group import group
from services.cli.license import PURPOSE, acting, by_file, machine, showing

app = group("license", PURPOSE)
app.command(epilog="Example: restrike license status")(showing.status)
app.command(epilog="Example: restrike license features")(showing.features)
app.command(epilog="Example: restrike license activate (asks for the key)")(acting.activate)
app.command(epilog="Example: restrike license check")(acting.check)
app.command(epilog="Example: restrike license deactivate, or without a network: restrike license deactivate --offline")(
    acting.deactivate
)
app.command(epilog="Example: restrike license request -o /media/stick/license-request.json")(by_file.request)
app.command(epilog="Example: restrike license install /media/stick/answer.txt")(by_file.install)
app.command(epilog="Example: restrike license fingerprint")(machine.fingerprint)
