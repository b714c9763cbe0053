"""docs/queries.md: the usual questions as SQL, and how to ask one's own. Used by reference.py."""

from typing import Final

from services.cli.query.app import QUESTIONS
from services.cli.query.boxed import ANSWER_BYTES, MEMORY_BYTES
from services.cli.query.question import Question
from services.cli.query.source import WITHIN_S

HEAD: Final = """\
# Questions

How to ask the database, by `restrike query` or with SQL of your own. The second half of this page is made from \
`services/cli/query` by `make docs`; change it there. Every SQL block of this page is run by the tests, and none of \
the usual questions may read a large table from end to end.

What the tables and columns mean is in the [data dictionary](database.md).

## By command

```
restrike query events --match 101 --kind technique --clock 0:10-0:00
restrike query head-to-head 'Marija ČAČIĆ' 'Dunja ĐURIĆ'
restrike query techniques --by country --tournament active
restrike query search čačić
restrike query sql 'SELECT ring, count(*) FROM pss_matches GROUP BY ring'
restrike query save medals 'SELECT short_name FROM pss_athletes WHERE country_code = :noc'
restrike query run medals --param noc=CRO
```

Filters add up. A name may be a part of a name, without accents; if it fits several people they are listed, and the \
number of one is what to give. Times are local (`2026-03-01`, `2026-03-01T09:30`, `09:30`, `2h` ago); what is \
stored, and what `--json` prints, is UTC. `--database FILE` puts a question to another file, such as a copy; \
`--archive NAME` to an archived month, with the matches and athletes that its events speak of. `restrike query \
COMMAND --help` lists the filters.

A question is ended after {within:g} s. `restrike query sql` can be given more time (`--within`) and shows 1,000 \
rows unless told otherwise (`--limit`); it can read everything and change nothing: the file is opened read-only, and \
whatever is not reading is refused, `ATTACH` and `PRAGMA` too. It is asked in a process of its own, which has \
{memory} MiB of memory and gives at most {answer} MiB of rows, and which is ended when the time is up, or by Ctrl-C, \
whatever SQLite is about; so is a saved query, and one that is to be saved is looked at there first. Values belong \
in parameters (`:noc` and `--param noc=CRO`), never into the text.

## From another program

The database is SQLite, `data/restrike.db` under `RESTRIKE_HOME`, in WAL mode. db-writer writes it; everybody may \
read it at any time, and nobody waits: a reader sees what was committed when its statement began, and the writer \
goes on.

- Open it read-only, by its URI: `file:…/restrike.db?mode=ro`. Never `immutable=1` (it would miss what is in the \
WAL), never a copy of the one file (the newest commits are in `restrike.db-wal`): a copy is made by `restrike backup \
create`.
- SQLite needs the files `-wal` and `-shm` beside it, so the database must be on a local disk, and who reads it must \
be allowed to read the folder.
- Set a busy timeout (5 s is ours): after a power cut the first to open the file repairs it, and the others wait.
- Keep reads short. As long as one statement is open, the WAL cannot be taken into the file and grows; read all \
rows, or page by key, and close.
- In Python:

```python
import sqlite3

connection = sqlite3.connect("file:/path/to/restrike.db?mode=ro", uri=True, timeout=5)
rows = connection.execute("SELECT match_id, ring FROM pss_matches ORDER BY id DESC LIMIT 10").fetchall()
connection.close()
```

A program that only follows what happens should subscribe to the [events](subscribe.md) and not poll the database.

## What to ask

| you want | ask | not |
|---|---|---|
| anything per match: points, gam-jeoms, techniques, reviews, findings | `match_summaries`, a row each | the events |
| anything per athlete | `athlete_summaries`, a row each | the events, the matches |
| how much per minute, hour, day, ring, kind | `event_counts`, a row for each of them | `count(*)` of events |
| how much of a ring was received | `packets_received` of `udp_server_sessions` | `count(*)` of `raw_datagrams` |
| who won, and how sure that is | `match_results`, `round_results` | the messages `WIN` and `WMH` |
| words in names or messages | `search_names`, `search_events` with `MATCH`, plain letters (`duric`) | `LIKE '%…%'` |
| single events | `pss_events_v2` by one of its indexes, with a `LIMIT` | all rows |

Summaries and counts are written in the same transaction as the events, so they are never behind. The text index is: \
it is filled at quiet turns, up to `search_progress.through_event_id`.

The large tables are `pss_events_v2`, `pss_event_details`, `raw_datagrams`, and with some distance `pss_scores`, \
`match_stages` and `findings`. `pss_events_v2` is found by

| index | serves |
|---|---|
| `id` (primary key) | the newest events; what came after an id |
| `ix_pss_events_v2_match_id` (match_id, round_id) | a match, a round of a match |
| `ix_pss_events_v2_timestamp` | a window of time |
| `ix_pss_events_v2_event_type_id` (event_type_id, timestamp) | a kind of event, in a window of time, in order |
| (session_id, event_sequence, event_index) | a journal entry of a session |

## A fast question of your own

Begin with the smallest table that knows what you want, and go from there by an index:

```sql
SELECT a.short_name, a.country_code, s.points, s.head_kicks
FROM athlete_summaries s JOIN pss_athletes a ON a.id = s.athlete_id
WHERE a.country_code = 'CRO'
ORDER BY s.points DESC LIMIT 10
```

Events of a kind, the newest first, without reading the others; a time window is two comparisons of the column itself:

```sql
SELECT e.timestamp, e.clock_ms, e.raw_data
FROM pss_events_v2 e
WHERE e.event_type_id = (SELECT id FROM pss_event_types WHERE event_code = 'TH')
    AND e.timestamp >= '2026-03-01T09:00' AND e.timestamp < '2026-03-01T10:00'
ORDER BY e.timestamp DESC LIMIT 20
```

What a message said is in `parsed_data`, as JSON; choose the rows first, and then look into them:

```sql
SELECT e.parsed_data ->> '$.athlete' AS side, count(*) AS kicks
FROM pss_events_v2 e
WHERE e.match_id = (SELECT max(id) FROM pss_matches)
    AND e.event_type_id = (SELECT id FROM pss_event_types WHERE event_code = 'K')
GROUP BY 1
```

Page by key, not by `OFFSET`, which reads what it leaves out:

```sql
SELECT id, timestamp, raw_data FROM pss_events_v2 WHERE id > 1000 ORDER BY id LIMIT 500
```

Then ask how SQLite would do it:

```sql
EXPLAIN QUERY PLAN
SELECT timestamp, raw_data FROM pss_events_v2 WHERE match_id = 1 ORDER BY id
```

`SEARCH … USING INDEX` is what you want. `SCAN` of a small table (matches, summaries, athletes) does no harm; `SCAN` \
of a large one reads all of it, even `SCAN … USING INDEX`, unless a `LIMIT` ends it early.

- No function around a column that has an index: `substr(timestamp, 1, 10) = '2026-03-01'` reads everything, \
`timestamp >= '2026-03-01' AND timestamp < '2026-03-02'` an hour's worth.
- `:ring IS NULL OR ring = :ring` uses no index: write the condition only when there is a value. On small tables it \
does not matter.
- `OR` and `IN` over several kinds with an `ORDER BY` sort everything that fits before the `LIMIT`. A `UNION ALL` of \
one branch for each, every one with its own `ORDER BY` and `LIMIT`, does not; see the findings that matter, below.
- Find the ids first and read the rows afterwards, as the questions below do: what is sorted is then small.
- `CROSS JOIN` keeps the order of the tables as you wrote it, and `+` before a column keeps SQLite from using its \
index. The questions below hold with and without the statistics that `ANALYZE` gathers.
- Times are UTC text that sorts: `2026-03-01T09:30:12.345678Z`. A shorter beginning of one is a good boundary.
- `restrike db health` names the slowest of the usual questions right now, and the indexes that none of them uses.

## The usual questions

What is measured on two million events is in [proof.md](proof.md).
"""


def page() -> str:
    """The whole page."""
    head = HEAD.format(within=WITHIN_S, memory=MEMORY_BYTES >> 20, answer=ANSWER_BYTES >> 20)
    return head + "".join(_section(question) for question in QUESTIONS)


def _section(question: Question) -> str:
    sql = question.sql.strip()
    used = ", ".join(f"`:{name}`" for name in question.example)
    parameters = f" Parameters: {used}." if used else ""
    heading = question.name[0].upper() + question.name[1:]
    command = f"`restrike query {question.command}`. Served by {question.served_by}.{parameters}"
    return f"\n### {heading}\n\n{question.purpose}\n\n{command}\n\n```sql\n{sql}\n```\n"
