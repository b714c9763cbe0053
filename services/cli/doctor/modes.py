"""Checks: the home belongs to one user, who alone can read it; socket paths are short enough; what was left behind."""

import os
import pwd
import socket
import stat
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

from msgspec import Struct

from services.cli.doctor.disk import TRIAL
from services.cli.doctor.result import Mend, Result, failed, ok, warning
from services.cli.doctor.site import Site
from shared.clock import NS_PER_S, unix_ns
from shared.config import Config
from shared.paths import MAX_SOCKET_PATH_BYTES, Paths

OTHERS: Final = 0o077
OLD_S: Final = 24 * 3600
"""A file that is being made is younger; one that was given up may be deleted."""
PARTIALS: Final = ("*.partial", ".*.partial", "*.new", f"{TRIAL}-*")
NEW_KEYS: Final = ", and make new keys, as others may have read it: restrike settings rotate-key, restrike config keys"


class Found(Struct, frozen=True, kw_only=True):
    """A file or folder as it is. `exposed` is for what must be its owner's alone: what to do besides, where others
    could read it.
    """

    path: Path
    mode: int
    owner: int
    is_folder: bool
    exposed: str | None = None


def look_at_modes(site: Site) -> list[Result]:
    """The home, its folders, its databases, and what is secret."""
    paths = site.paths
    if not paths.home.exists():
        mend = Mend(what=f"make {paths.home} and its folders", command=f"mkdir -m 700 {paths.home}", act=paths.prepare)
        return [warning(f"There is no {paths.home}.", "restrike up makes it.", "home", mend)]
    found = [one for path in _private(paths) if (one := described(path)) is not None]
    secrets = [described(path, exposed=NEW_KEYS) for path in _secrets(paths, site.config)]
    found += [one for one in (*secrets, *_sealed(paths)) if one is not None]
    return [*judge_modes(found, home=paths.home), *foreign(paths.home), *missing(paths)]


def foreign(home: Path) -> list[Result]:
    """Whether the home is another user's, who is not asked here."""
    owner = home.stat().st_uid
    if os.geteuid() in (0, owner):
        return []
    fix = f"sudo -u {_name_of(owner)} restrike doctor"
    return [warning(f"It is {_name_of(owner)}'s: much of it cannot be looked at.", fix, "user")]


def _private(paths: Paths) -> Iterator[Path]:
    yield from (paths.home, paths.data, paths.parser_states, paths.run, paths.logs, paths.backups, paths.archive)
    yield from (paths.license, paths.sockets, paths.config)
    yield from sorted(paths.data.glob("*.db*")) if paths.data.is_dir() else ()


def _secrets(paths: Paths, config: Config) -> Iterator[Path]:
    yield paths.home / "secret.key"
    yield from sorted((paths.home / "keys").glob("*secret*"))
    if config.bus.curve is not None:
        yield Path(config.bus.curve.secret_key_file)


def _sealed(paths: Paths) -> Iterator[Found | None]:
    """What belongs to the licence: nobody goes by a key that others may read."""
    if os.access(paths.license, os.R_OK | os.X_OK):
        yield from (described(path, exposed="") for path in sorted(paths.license.iterdir()))


def described(path: Path, *, exposed: str | None = None) -> Found | None:
    """The file or folder; None where there is none, or where this user may not see it."""
    try:
        at = path.lstat()
    except OSError:
        return None
    if stat.S_ISLNK(at.st_mode):
        return None
    is_folder = stat.S_ISDIR(at.st_mode)
    return Found(path=path, mode=stat.S_IMODE(at.st_mode), owner=at.st_uid, is_folder=is_folder, exposed=exposed)


def judge_modes(found: Iterable[Found], *, home: Path) -> list[Result]:
    """Whether the owner of the home owns all of it, and nobody else can read it."""
    known = {one.path: one for one in found}
    owner = known[home].owner
    results = [_mode(one, home=home) for one in known.values() if one.mode & OTHERS]
    strangers = [one for one in known.values() if one.owner != owner]
    if strangers:
        name = _name_of(owner)
        files = ", ".join(_shown(one.path, home) for one in strangers)
        fix = f"sudo chown -R {name}: {home}"
        results.append(failed(f"Not {name}'s, who owns the home: {files}.", fix, "owner"))
    if not results:
        results.append(ok(f"Only {_name_of(owner)} can read {home} ({len(known)} files and folders looked at)."))
    return results


def _mode(one: Found, *, home: Path) -> Result:
    right = 0o700 if one.is_folder else 0o600
    command = f"chmod {right:o} {one.path}"
    mend = Mend(what=f"set the mode of {one.path} to {right:o}", command=command, act=partial(one.path.chmod, right))
    text = f"Others than its owner can use it: its mode is {one.mode:o}, it should be {right:o}."
    if one.exposed is not None:
        return failed(text, command + one.exposed, _shown(one.path, home), mend)
    is_outermost = one.path == home
    return (failed if is_outermost else warning)(text, command, _shown(one.path, home), mend)


def missing(paths: Paths) -> list[Result]:
    """The folders that a start would make."""
    folders = (paths.data, paths.run, paths.logs, paths.backups, paths.sockets)
    lacking = [folder for folder in dict.fromkeys(folders) if not folder.exists()]
    if not lacking:
        return []
    names = ", ".join(_shown(folder, paths.home) for folder in lacking)
    mend = Mend(what=f"make {names}", command="mkdir -m 700 " + " ".join(map(str, lacking)), act=paths.prepare)
    return [warning(f"There is no {names}.", "restrike up makes it.", "folders", mend)]


def _shown(path: Path, home: Path) -> str:
    return "home" if path == home else str(path.relative_to(home)) if path.is_relative_to(home) else str(path)


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def look_at_sockets(site: Site) -> list[Result]:
    """Whether the paths of the sockets fit, and which of them nobody answers at."""
    paths = site.paths
    # A service that starts anew makes its socket again: while the suite runs, one that is silent may be just that.
    stale = [] if site.running else stale_sockets(paths.sockets)
    return [judge_path(paths.run, paths.sockets), *stale, *given_up(paths)]


def judge_path(run: Path, sockets: Path) -> Result:
    """A socket's path may have 107 bytes."""
    longest = len(os.fsencode(sockets / "supervisor.12345"))
    if longest > MAX_SOCKET_PATH_BYTES:
        fix = "Set RESTRIKE_HOME to a shorter path."
        return failed(f"Paths of sockets have {longest} bytes, at most {MAX_SOCKET_PATH_BYTES} fit.", fix, "path")
    where = "" if run == sockets else f", as {run} is too long"
    return ok(f"Sockets are in {sockets} ({longest} bytes at most){where}.", "path")


def stale_sockets(folder: Path) -> list[Result]:
    """Sockets that a killed process left behind; one that ends in order takes its own away."""
    if not folder.is_dir():
        return []
    found = sorted(path for path in folder.iterdir() if path.is_socket() and not _answers(path))
    sentence = "Nobody answers at {}: a process that did not end in order (killed, or the power went) left it."
    return [_left(path, sentence.format(path.name), partial(_remove_stale, path)) for path in found]


def _remove_stale(path: Path) -> None:
    """Remove it, unless somebody began to listen there meanwhile."""
    if not _answers(path):
        path.unlink(missing_ok=True)


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(0.2)
        try:
            probe.connect(str(path))
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        except OSError:  # full, or not ours: somebody has it
            return True
        return True


def given_up(paths: Paths) -> list[Result]:
    """Files that somebody began to write and never finished."""
    before_s = unix_ns() / NS_PER_S - OLD_S
    folders = [folder for folder in (paths.home, paths.data, paths.backups, paths.archive) if folder.is_dir()]
    files = [path for folder in folders for pattern in PARTIALS for path in folder.glob(pattern) if path.is_file()]
    old = [path for path in dict.fromkeys(files) if path.stat().st_mtime < before_s and ".db" not in path.name]
    sentence = "{} was begun more than a day ago and never finished."
    return [_left(path, sentence.format(path), partial(path.unlink, missing_ok=True)) for path in old]


def _left(path: Path, text: str, act: Callable[[], None]) -> Result:
    mend = Mend(what=f"remove {path}", command=f"rm {path}", act=act)
    return warning(text, f"rm {path}", path.name, mend)


def look_at_key(site: Site) -> list[Result]:
    """The key that reads what is encrypted."""
    from services.cli.doctor.secret_texts import encrypted  # noqa: PLC0415  # it opens the database

    texts = encrypted(site.paths)
    path = site.paths.home / "secret.key"
    if not texts:
        return [ok("Nothing secret is stored, so no key is needed." if not path.exists() else f"{path} is there.")]
    faults = [name for name, is_readable in texts.items() if not is_readable]
    if faults:
        fix = f"Put {path} back from where you keep it, or set these again."
        return [failed(f"{path} does not read: {', '.join(faults)}.", fix)]
    return [ok(f"{path} reads all that is stored encrypted ({len(texts)}).")]
