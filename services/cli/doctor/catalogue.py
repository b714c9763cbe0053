"""The one list of what `restrike doctor` looks at, in the order in which it is told."""

from typing import Final

from services.cli.doctor import disk, firewall, licence, machine, modes, ports, rings, store, suite, times
from services.cli.doctor.result import Check

CHECKS: Final = (
    Check(name="configuration", doc="restrike.json can be used.", look=suite.look_at_configuration),
    Check(name="services", doc="Every service that should run answers.", look=suite.look_at_services),
    Check(name="ports", doc="Ports of the suite are free, or its own.", look=ports.look),
    Check(name="interfaces", doc="The interface of each ring is up.", look=rings.look_at_interfaces),
    Check(name="firewall", doc="The firewall lets the rings' datagrams in.", look=firewall.look),
    Check(name="buffers", doc="The kernel gives the receive buffers that are asked for.", look=rings.look_at_buffers),
    Check(name="obs", doc="Every OBS is there, and set up for its roles.", look=suite.look_at_obs, within_s=6.0),
    Check(name="permissions", doc="Only the home's owner can read it.", look=modes.look_at_modes),
    Check(name="key", doc="The key reads what is stored encrypted.", look=modes.look_at_key),
    Check(name="licence", doc="The licence allows what it ought to.", look=licence.look_at_licence),
    Check(name="sockets", doc="Paths of sockets fit; nothing was left behind.", look=modes.look_at_sockets),
    Check(name="sqlite", doc="SQLite is safe for a WAL.", look=store.look_at_sqlite),
    Check(name="databases", doc="The databases are of this program's version.", look=store.look_at_databases),
    Check(name="backups", doc="There is a recent backup.", look=store.look_at_backups),
    Check(name="space", doc="The disks have free space.", look=disk.look_at_space),
    Check(name="filesystem", doc="data/ lies on a local disk, which can be written.", look=disk.look_at_file_system),
    Check(name="disk", doc="The disk writes and syncs fast enough.", look=disk.look_at_speed, alone=True),
    Check(name="clock", doc="The clock follows a time server.", look=times.look_at_clock),
    Check(name="zone", doc="The time zone is set.", look=times.look_at_zone),
    Check(name="memory", doc="There is memory left.", look=machine.look_at_memory),
    Check(name="processor", doc="The processor may run at full speed.", look=machine.look_at_governor),
    Check(name="files", doc="Processes may open enough files.", look=machine.look_at_files),
    Check(name="unit", doc="The suite starts with the machine.", look=machine.look_at_unit),
    Check(name="programs", doc="Programs that some things need.", look=machine.look_at_programs),
    Check(name="versions", doc="Versions of all that it is made of.", look=machine.look_at_versions),
)
NAMES: Final = tuple(check.name for check in CHECKS)
