"""Write what is generated: docs/messages.md, docs/asyncapi.json and docs/schemas/ from the contract, docs/streams.md
from the parser's streams, docs/database.md from the migrations, docs/settings.md from the catalogue of settings,
docs/queries.md from the questions of `restrike query`, the tables of docs/metrics.md and docs/configuration.md, the
schema of restrike.json, and the dashboard for Grafana from the metrics. Run by `make docs`.

The example programs that docs/subscribe.md shows are put in as they are, too.
With `--check` nothing is written, and the exit code is 1 when a file is not current.
"""

import argparse
import json
import re
import sys
from pathlib import Path

from deploy import (
    asyncapi,
    configuration_page,
    dashboard,
    database_page,
    messages_page,
    metrics_page,
    queries_page,
    schemas,
    settings_page,
    streams_page,
)
from shared.config import schema as restrike_json

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = re.compile(r"(<!-- (docs/examples/[\w.]+) -->)\n```(\w+)\n.*?```\n", re.DOTALL)


def generated() -> dict[Path, str]:
    """Every generated file by its path in the repository."""
    docs = Path("docs")
    files = {docs / "messages.md": messages_page.page(), docs / "asyncapi.json": _json(asyncapi.document())}
    files[docs / "streams.md"] = streams_page.page()
    files[docs / "database.md"] = database_page.page()
    files[docs / "queries.md"] = queries_page.page()
    files[docs / "settings.md"] = settings_page.page()
    guide = docs / "subscribe.md"
    files[guide] = with_examples((ROOT / guide).read_text(encoding="utf-8"))
    metrics = docs / "metrics.md"
    files[metrics] = metrics_page.with_tables((ROOT / metrics).read_text(encoding="utf-8"))
    files[Path("deploy/grafana/restrike.json")] = _json(dashboard.document())
    configuration = docs / "configuration.md"
    files[configuration] = configuration_page.with_keys((ROOT / configuration).read_text(encoding="utf-8"))
    files[docs / "schemas" / restrike_json.FILE] = _json(restrike_json.schema())
    return files | {docs / "schemas" / name: _json(schema) for name, schema in schemas.files().items()}


def with_examples(page: str) -> str:
    """`page` with the file's text in each code block under `<!-- docs/examples/NAME -->`."""

    def block(found: re.Match[str]) -> str:
        text = (ROOT / found[2]).read_text(encoding="utf-8")
        return f"{found[1]}\n```{found[3]}\n{text}```\n"

    return EXAMPLE.sub(block, page)


def _json(document: schemas.Schema) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def stale(root: Path, files: dict[Path, str]) -> list[str]:
    """Files under `root` that are missing, differ, or are generated no more."""
    found = [str(path) for path, text in files.items() if _read(root / path) != text]
    folder = Path("docs/schemas")
    extra = [folder / path.name for path in (root / folder).glob("*") if folder / path.name not in files]
    return sorted([*found, *map(str, extra)])


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


def write(root: Path, files: dict[Path, str]) -> list[str]:
    """Bring the files under `root` up to date; returns those that changed."""
    changed = stale(root, files)
    for name in changed:
        path = root / name
        text = files.get(Path(name))
        if text is None:
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return changed


def main() -> int:
    """Write or check; the exit code."""
    parser = argparse.ArgumentParser(description="Generate the references in docs/.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a file is not current")
    if not parser.parse_args().check:
        changed = write(ROOT, generated())
        print(f"{len(changed)} files changed." if changed else "All current.")
        return 0
    old = stale(ROOT, generated())
    if old:
        print(f"Not current: {', '.join(old)}. Run: make docs", file=sys.stderr)
    return 1 if old else 0


if __name__ == "__main__":
    sys.exit(main())
