"""`restrike backup` without the suite: made, checked, found damaged, scheduled."""

from pathlib import Path

from tests.support.cli import home_in


def test_without_the_suite(tmp_path: Path) -> None:
    """The same commands do their work in a process of their own; a damaged backup ends `verify` with 1 and is named."""
    with home_in(tmp_path / "home") as home:
        made = home.document("backup", "create", "--reason", "first", "--format", "json", "--without-datagrams")
        path = Path(made["path"])
        assert (path.parent, path.name) == (home.paths.backups, f"{made['name']}.jsonl.zst")
        content = bytearray(path.read_bytes())
        content[-1] ^= 1
        path.write_bytes(content)
        done = home.run("backup", "verify", "--latest")
        assert (done.returncode, done.stdout) == (1, f"{made['name']}: damaged\n")
        assert "SHA-256" in done.stderr
        (listed,) = home.document("backup", "list")["backups"]
        assert (listed["format"], listed["is_sound"], listed["state"]) == ("json", False, "ok")
        assert home.document("backup", "schedule", "--every", "3")["every_hours"] == 3
        assert home.run("backup", "verify", "--latest", "--all").returncode == 1
