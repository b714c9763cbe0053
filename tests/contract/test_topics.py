"""The contract keeps its own rules: one list per thing, names with units, words for everything, no I/O."""

import ast
import inspect
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import inspect as look

from services.registry import SERVICES
from shared import messages
from shared.messages import commands, facts, match, pss, topics
from shared.messages.commands import COMMANDS
from shared.messages.requests import Command
from shared.messages.service import ANY_SERVICE
from shared.messages.topic import CONNECTION, MARK_PREFIX, ON_BUS_FRAME, RING, SERVICE, listed
from shared.messages.topics import TOPICS
from tests.contract.examples import messages as all_messages

FOLDER = Path(inspect.getfile(messages)).parent
MODULES = sorted(FOLDER.glob("*.py"))
NUMBERS_WITHOUT_UNIT = re.compile(r"(time|duration|clock|delay|size|length|age|uptime|lag|silence|deadline)(_[a-z]+)?$")
UNITS = ("_ms", "_us", "_s", "_bytes")
ALLOWED_IMPORTS = {"enum", "typing", "msgspec", "shared.messages"}


def test_names_and_keys() -> None:
    """Names are lower case, in one or two words with a dot, keyed by ring, service or connection to OBS."""
    assert len(TOPICS) > 30
    for name, topic in TOPICS.items():
        assert topic.name == name
        assert re.fullmatch(r"[a-z_]+\.[a-z_]+", name), name
        assert topic.keyed_by in (RING, SERVICE, CONNECTION)
        assert topic.frame("x") == f"{name}/x/".encode()


def test_no_frame_is_the_prefix_of_another() -> None:
    """A subscription to one frame never receives another one, whatever the keys are."""
    frames = [topic.frame(key) for topic in TOPICS.values() for key in ("ring-1", "ring-11", "db", "db-writer")]
    frames += [MARK_PREFIX + b"f00/", MARK_PREFIX + b"f001/", ON_BUS_FRAME]
    assert len(frames) == len(set(frames))
    for frame in frames:
        assert frame.endswith(b"/")
        assert [other for other in frames if other != frame and other.startswith(frame)] == []


def test_marks_are_subscribed_last() -> None:
    """Subscriptions travel in byte order: a mark sorts after every topic."""
    assert all(topic.prefix < MARK_PREFIX for topic in TOPICS.values())


def test_a_topic_cannot_be_listed_twice() -> None:
    """Two topics, or two commands, of one name fail at import."""
    one = next(iter(TOPICS.values()))
    with pytest.raises(ValueError, match="twice"):
        listed([one, one])
    with pytest.raises(ValueError, match="twice"):
        commands.listed([commands.GetHealth, commands.GetHealth])


def test_every_owner_is_a_service() -> None:
    """Whoever publishes a topic or answers a command exists."""
    known = {*SERVICES, ANY_SERVICE}
    assert {topic.producer for topic in TOPICS.values()} <= known
    assert {command.service for command in COMMANDS.values()} <= known


def test_every_reading_and_deduction_has_a_topic() -> None:
    """Nothing can be read or deduced that nobody could subscribe to, and every union knows all its members."""
    readings, deductions = set(pss.Reading.__subclasses__()), set(match.Deduction.__subclasses__())
    assert len(readings) > 15
    assert len(deductions) > 5
    assert readings == set(topics.READING_TOPICS) == set(pss.AnyReading.__args__)
    assert deductions == set(topics.DEDUCTION_TOPICS) == set(match.AnyMatchEvent.__args__)
    assert set(facts.Fact.__subclasses__()) == set(facts.AnyFact.__args__)


def test_every_command_is_listed() -> None:
    """A command class that is not in COMMANDS could be sent and never be passed on by the gateway."""
    ours = {command for command in Command.__subclasses__() if command.__module__.startswith("shared.messages.")}
    assert ours == set(COMMANDS.values())
    assert len(COMMANDS) > 10
    for command in COMMANDS.values():
        assert re.fullmatch(r"[a-z]+(_[a-z]+)+|snapshot", command.name)
        assert 0 < command.deadline_s <= 30


def test_everything_has_its_words() -> None:
    """Every class of the contract says what it is, in its own docstring, and every topic has its line."""
    classes = [cls for module in MODULES for cls in _classes(module)]
    assert len(classes) > 60
    for cls in classes:
        assert ast.get_docstring(cls), f"{cls.name} has no docstring"
    assert all(topic.doc.strip() for topic in TOPICS.values())


def test_numbers_have_units() -> None:
    """A field that measures time or size says in what: `_ms`, `_us`, `_s`, `_bytes`."""
    fields = {field for kind in all_messages().values() for field in _number_fields(look.type_info(kind))}
    assert {"clock_ms", "received_at_us", "uptime_s", "max_packet_bytes"} <= fields
    nameless = sorted(name for name in fields if NUMBERS_WITHOUT_UNIT.search(name) and not name.endswith(UNITS))
    assert nameless == []
    assert sorted(name for name in fields if name.endswith("_at")) == []


def test_structs_are_frozen() -> None:
    """A message that is on its way cannot be changed by one of its handlers."""
    structs = {cls for kind in all_messages().values() for cls in _structs(look.type_info(kind))}
    assert len(structs) > 50
    assert [cls.__name__ for cls in structs if not cls.__struct_config__.frozen] == []


def test_the_contract_imports_nothing_and_does_nothing() -> None:
    """shared/messages imports only itself, msgspec, enum and typing, and opens, sends, prints and waits for nothing."""
    imported, called = set(), set()
    assert len(MODULES) > 5
    for module in MODULES:
        tree = ast.parse(module.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                imported |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, module.name
                imported.add(node.module or "")
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                called.add(node.func.id)
    assert {name for name in imported if not _is_allowed(name)} == set()
    assert called & {"open", "print", "input", "exec", "eval", "__import__", "compile"} == set()


def _is_allowed(name: str) -> bool:
    return any(name == allowed or name.startswith(f"{allowed}.") for allowed in ALLOWED_IMPORTS)


def _classes(module: Path) -> list[ast.ClassDef]:
    return [node for node in ast.parse(module.read_text(encoding="utf-8")).body if isinstance(node, ast.ClassDef)]


def _number_fields(node: Any) -> set[str]:
    if isinstance(node, look.StructType):
        own = {field.name for field in node.fields if _is_number(field.type)}
        return own.union(*(_number_fields(field.type) for field in node.fields))
    return set().union(*(_number_fields(inner) for inner in _inside(node)))


def _is_number(node: Any) -> bool:
    kinds = node.types if isinstance(node, look.UnionType) else (node,)
    return any(isinstance(kind, look.IntType | look.FloatType) for kind in kinds)


def _structs(node: Any) -> set[type[msgspec.Struct]]:
    if isinstance(node, look.StructType):
        cls = getattr(node.cls, "__origin__", node.cls)
        return {cls}.union(*(_structs(field.type) for field in node.fields))
    return set().union(*(_structs(inner) for inner in _inside(node)))


def _inside(node: Any) -> list[Any]:
    several = [*getattr(node, "types", ()), *getattr(node, "item_types", ())]
    return several + [getattr(node, name) for name in ("item_type", "value_type") if hasattr(node, name)]
