"""docs/settings.md: every setting with its type, default and rules, from the catalogue. Used by reference.py."""

from itertools import groupby
from typing import Any, Final

from shared.settings.catalogue import CATALOGUE
from shared.settings.key import Category, Key
from shared.settings.values import allowed, text_of

HEAD: Final = """\
# Settings

What operators change at run time. Made from `shared/settings/catalogue.py` by `make docs`; do not edit. What is \
needed before the database opens (rings, endpoints, log levels) is in `restrike.json` instead: `restrike config show`.

```
restrike settings list --changed
restrike settings set udp.clients_kept 500 --reason "a port scan at the venue"
restrike settings history udp.clients_kept
restrike settings reset udp.clients_kept
```

- A change is in force at once, in every service, unless the setting says that a service must start again; `set` says \
which. All of it works without the suite, too; then it is in force when the suite starts. A service that did not hear \
of a change looks by itself every 10 seconds.
- A refused value changes nothing, and the sentence names the rule (`min`, `max`, `enum`, `pattern`, `max_length`, \
`type`, `required`) and what is allowed. A pattern must match the whole text.
- Who changed what, when and why is kept: `restrike settings history`, and the operators' audit.
- `restrike settings export FILE` and `import FILE` carry settings to another machine. The file has what is not at its \
default; an import leaves alone what the file does not name, tells every fault at once, and sets all or nothing.

## Sensitive settings

They are encrypted in the database with the key file `secret.key` in the home (`RESTRIKE_HOME`), which only its owner \
may read. Nobody is shown them again: lists, history, exports, audit, logs and events have `********`. Type one when \
asked, or give it by `--stdin` or in `RESTRIKE_SETTING_VALUE`; never as an argument, as others can read command lines.

`restrike settings rotate-key` makes a new key and encrypts everything with it; interrupt it when you like, all stays \
readable. Keep a copy of `secret.key` apart from the database's backups, and a new one after each rotation: without it \
sensitive values can only be set again. All else works without it, and `restrike settings list` names what is missing.
"""


def page() -> str:
    """The whole page."""
    order = list(Category)
    keys = sorted(CATALOGUE.values(), key=lambda key: order.index(key.category))
    parts = [HEAD]
    for category, members in groupby(keys, key=lambda key: key.category):
        parts.append(f"\n## {category}\n")
        parts += [_section(key) for key in members]
    return "".join(parts)


def _section(key: Key[Any]) -> str:
    default = text_of(key, key.default)
    starting = f"when {', '.join(key.needs_restart)} starts again"
    lines = [
        f"### {key.name}",
        f"{key.title}. {key.description}",
        f"- Takes: {allowed(key)}",
        f"- Default: {f'`{default}`' if default else 'empty'}",
        f"- In force: {starting if key.needs_restart else 'at once'}",
    ]
    if key.is_sensitive:
        lines.append("- Sensitive")
    return "\n" + "\n".join([lines[0], "", lines[1], "", *lines[2:]]) + "\n"
