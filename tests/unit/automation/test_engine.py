"""Which rules fire: order, once per round or match, debounce, cooldown, age, and that a restart repeats nothing."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from shared.automation.engine import ONCE, RECENT, Engine, EngineState, Firing, id_of
from shared.automation.happenings import Happened
from shared.messages.automation import Conditions, Happening, OncePer, Rule
from tests.support.happenings import AT_US, Mat, rule

NO_SCENES = frozenset[str]()


def on(engine: Engine, happened: Happened, *, late_s: float = 0.0) -> list[Firing]:
    """What fires for `happened`, heard of `late_s` after it."""
    return engine.on(happened, happened.at_us + round(late_s * 1e6), lambda _rule, _ring: NO_SCENES)


def names(firings: list[Firing]) -> list[str]:
    return [one.rule.rule for one in firings]


def at_us(seconds: float) -> int:
    return AT_US + round(seconds * 1e6)


def kept(engine: Engine, *rules: Rule) -> Engine:
    """The engine after a restart."""
    state = msgspec.msgpack.decode(msgspec.msgpack.encode(engine.state()), type=EngineState)
    again = Engine(rules)
    again.restore(state)
    return again


def test_only_what_it_waits_for(mat: Mat) -> None:
    """A rule fires for its own events, when its conditions are met, and while it is switched on."""
    engine = Engine(
        [
            rule("point"),
            rule("load", Happening.MATCH_LOADED),
            rule("third", when=Conditions(rounds=(3,))),
            rule("off", is_enabled=False),
        ]
    )
    assert names(on(engine, mat.happened())) == ["point"]
    assert names(on(engine, mat.happened(Happening.MATCH_LOADED))) == ["load"]
    assert names(on(engine, mat.happened(Happening.BREAK_BEGAN))) == []


def test_higher_priority_comes_first(mat: Mat) -> None:
    """By priority, then by name, however they were given."""
    engine = Engine([rule("b"), rule("a"), rule("last", priority=-1), rule("first", priority=5)])
    assert names(on(engine, mat.happened())) == ["first", "a", "b", "last"]


def test_the_scene_of_its_connections(mat: Mat) -> None:
    """Whoever asks is told for which rule and ring; the scene is only asked for where a rule minds."""
    asked = []

    def scene_of(one: Rule, ring: str) -> set[str]:
        asked.append((one.rule, ring))
        return {"Winner"}

    engine = Engine([rule("any"), rule("winner", when=Conditions(scenes=("Winner",)))])
    happened = mat.happened()
    assert names(engine.on(happened, happened.at_us, scene_of)) == ["any", "winner"]
    assert asked == [("winner", "ring-1")]


def test_once_per_round_and_match(mat: Mat) -> None:
    """A round or match is known again after another one; another ring is another matter."""
    engine = Engine([rule("round", once_per=OncePer.ROUND), rule("match", once_per=OncePer.MATCH)])
    seen = [
        names(on(engine, mat.happened(view={"match_id": match, "round": number})))
        for match, number in [("A", 1), ("A", 1), ("A", 2), ("A", 1), ("B", 1), ("A", 2), ("B", 1)]
    ]
    assert seen == [["match", "round"], [], ["round"], [], ["match", "round"], [], []]
    assert names(on(engine, mat.happened(view={"ring": "ring-2", "match_id": "A", "round": 1}))) == ["match", "round"]


def test_once_without_a_match_is_not_counted(mat: Mat) -> None:
    """What happens while no match is loaded belongs to none."""
    engine = Engine([rule("r", once_per=OncePer.MATCH)])
    assert [len(on(engine, mat.happened(view={"match_id": None}))) for _ in range(2)] == [1, 1]


def test_cooldown(mat: Mat) -> None:
    """Not again within its time; what is held back does not lengthen it."""
    engine = Engine([rule("r", cooldown_ms=1_000)])
    fired = [bool(on(engine, mat.happened(at_s=at))) for at in (0, 0.5, 0.999, 1.0, 1.5, 2.0)]
    assert fired == [True, False, False, True, False, True]


def test_cooldown_survives_a_clock_that_is_set_back(mat: Mat) -> None:
    """A wall clock that was set back by an hour does not keep a rule quiet for an hour."""
    engine = Engine([rule("r", cooldown_ms=1_000)])
    assert on(engine, mat.happened(at_s=3600))
    assert on(engine, mat.happened(at_s=0))


def test_debounce_fires_after_quiet(mat: Mat) -> None:
    """It fires for the last event, once it was quiet for long enough, and not before."""
    engine = Engine([rule("r", debounce_ms=500)])
    events = [mat.happened(at_s=at) for at in (0, 0.3, 0.6)]
    assert [on(engine, one) for one in events] == [[], [], []]
    assert engine.next_due_us == at_us(1.1)
    assert engine.due(at_us(1.099)) == []
    (fired,) = engine.due(at_us(1.1))
    assert (fired.happened, fired.fired_at_us) == (events[2], at_us(1.1))
    assert engine.next_due_us is None
    assert engine.due(at_us(9)) == []


def test_debounce_is_per_ring_and_in_order(mat: Mat) -> None:
    """Rings do not wait for each other; what is due first comes first, then by priority."""
    engine = Engine([rule("slow", debounce_ms=800), rule("a", debounce_ms=500), rule("b", debounce_ms=500, priority=1)])
    on(engine, mat.happened(at_s=0.2, view={"ring": "ring-2"}))
    on(engine, mat.happened(at_s=0))
    fired = [(one.rule.rule, one.happened.ring) for one in engine.due(at_us(5))]
    assert fired == [
        ("b", "ring-1"),
        ("a", "ring-1"),
        ("b", "ring-2"),
        ("a", "ring-2"),
        ("slow", "ring-1"),
        ("slow", "ring-2"),
    ]


def test_debounce_with_once_and_cooldown(mat: Mat) -> None:
    """What waits for quiet is counted when it fires."""
    engine = Engine([rule("r", debounce_ms=100, once_per=OncePer.ROUND)])
    on(engine, mat.happened(at_s=0))
    assert len(engine.due(at_us(1))) == 1
    on(engine, mat.happened(at_s=2))
    assert engine.due(at_us(3)) == []


def test_pending_can_be_forgotten(mat: Mat) -> None:
    """Nothing comes of what waited: automation was paused, or the rule was changed or switched off."""
    one = rule("r", debounce_ms=100)
    for forget in (
        Engine.forget_pending,
        lambda engine: engine.change([replace(one, is_enabled=False)]),
        lambda engine: engine.change([replace(one, debounce_ms=900)]),
        lambda engine: engine.change([]),
    ):
        engine = Engine([one])
        on(engine, mat.happened())
        forget(engine)
        assert engine.due(at_us(9)) == []
    engine = Engine([one])
    on(engine, mat.happened())
    engine.change([rule("another"), one])
    assert len(engine.due(at_us(9))) == 1


def test_what_is_too_old_is_recorded_only(mat: Mat) -> None:
    """An event older than the limit gives a firing that says so, with a debounce too, and uses nothing up."""
    engine = Engine([rule("r", once_per=OncePer.MATCH), rule("quiet", debounce_ms=100)], act_within_ms=5_000)
    late = on(engine, mat.happened(), late_s=5.001)
    assert [(one.rule.rule, one.is_too_old) for one in late] == [("quiet", True), ("r", True)]
    assert engine.next_due_us is None
    assert [one.is_too_old for one in on(engine, mat.happened(), late_s=5.0)] == [False]


def test_too_old_ones_do_not_flood(mat: Mat) -> None:
    """Of a rule that fires once per round, only one in a round is told as too old; and none after it fired."""
    engine = Engine([rule("r", once_per=OncePer.ROUND)])
    assert [len(on(engine, mat.happened(at_s=at), late_s=60)) for at in range(3)] == [1, 0, 0]
    assert len(on(engine, mat.happened(at_s=4))) == 1
    assert on(engine, mat.happened(at_s=5), late_s=60) == []


def test_a_restart_repeats_nothing(mat: Mat) -> None:
    """The same event, heard of again, does not fire again; once and cooldown go on as they were."""
    rules = [rule("plain"), rule("once", once_per=OncePer.MATCH), rule("cool", cooldown_ms=10_000)]
    engine = Engine(rules)
    first = mat.happened()
    assert len(on(engine, first)) == 3
    again = kept(engine, *rules)
    assert on(again, first) == []
    assert names(on(again, mat.happened(at_s=1))) == ["plain"]
    assert names(on(again, mat.happened(at_s=11, view={"match_id": "B"}))) == ["cool", "once", "plain"]


def test_ids_are_of_rule_and_place(mat: Mat) -> None:
    """The same for the same rule and place; another for another rule, place, event, athlete or connection."""
    first = mat.happened(athlete=1)
    others = [
        mat.happened(athlete=1),
        replace(first, index=1),
        replace(first, athlete=2),
        replace(first, what=Happening.SCORE_CHANGED),
        replace(first, session="t"),
        replace(first, session="", entry=0, connection="a"),
        replace(first, session="", entry=0, connection="b"),
        replace(first, connection="a"),
        replace(first, connection="b"),
    ]
    ids = [id_of(rule("r"), one) for one in [first, *others]] + [id_of(rule("s"), first)]
    assert len(set(ids)) == len(ids)
    assert id_of(rule("r", priority=3), first) == ids[0]


def test_the_state_stays_small(mat: Mat) -> None:
    """It is kept at each firing: a day of a rule that fires each second does not make it grow."""
    engine = Engine([rule("r", once_per=OncePer.ROUND), rule("s")])
    for number in range(3 * RECENT):
        on(engine, mat.happened(at_s=number, view={"match_id": str(number)}))
    state = engine.state()
    assert len(state.recent) == RECENT
    assert len(msgspec.msgpack.encode(state)) < 20_000


def test_the_state_of_a_full_house_stays_small(mat: Mat) -> None:
    """Forty rules on eight mats, and a day of matches: what is written at each firing is some kilobytes, and what never
    fired is no part of it.
    """
    engine = Engine([rule(f"rule {number}", once_per=OncePer.MATCH) for number in range(40)])
    for number in range(2 * ONCE):
        for ring in range(8):
            view = {"ring": f"ring-{ring}", "match_id": f"ring-{ring}.0123456789abcdef.{number}"}
            on(engine, mat.happened(at_s=number, view=view))
    assert len(msgspec.msgpack.encode(engine.state())) < 100_000
    idle = Engine([rule("r", cooldown_ms=1)])
    on(idle, mat.happened())
    assert [one.is_late for one in idle.state().counted] == [False]


def test_the_last_matches_are_known(mat: Mat) -> None:
    """A match is loaded again, though another one was on the mat meanwhile: not once more."""
    engine = Engine([rule("r", once_per=OncePer.MATCH)])
    seen = [len(on(engine, mat.happened(view={"match_id": match}))) for match in ("A", "B", "C", "D", "A", "B")]
    assert seen == [1, 1, 1, 1, 0, 0]


def test_each_obs_that_connects_is_set_up(mat: Mat) -> None:
    """Two of one mat: the rule fires for both, and again when one is back; for one that serves three mats once, not
    three times.
    """
    engine = Engine([rule("r", Happening.OBS_CONNECTED)])
    seen = []
    for number, (name, ring) in enumerate([("a", 1), ("b", 1), ("b", 2), ("b", 3), ("a", 1)]):
        place = 1 if name == "b" else number
        view = {"ring": f"ring-{ring}"}
        one = mat.happened(Happening.OBS_CONNECTED, session="boot", entry=place, connection=name, view=view)
        seen.append(len(on(engine, one)))
    assert seen == [1, 1, 0, 0, 1]
    same = mat.happened(Happening.OBS_CONNECTED, session="boot", entry=1, connection="c")
    assert len(on(engine, same)) == 1


def test_what_lies_in_the_future_is_late(mat: Mat) -> None:
    """The wall clock was set back: what came before that looks like the future, and is as old as it lies ahead."""
    engine = Engine([rule("r"), rule("quiet", debounce_ms=100)])
    late = on(engine, mat.happened(at_s=3600), late_s=-3600)
    assert [(one.rule.rule, one.is_too_old) for one in late] == [("quiet", True), ("r", True)]
    assert engine.next_due_us is None
    assert [one.is_too_old for one in on(engine, mat.happened(at_s=4), late_s=-4)] == [False]


def test_debounce_is_counted_by_the_steady_clock(mat: Mat) -> None:
    """Whoever gives one need not mind a wall clock that is set; the age of the event is taken off."""
    engine = Engine([rule("r", debounce_ms=500)])
    happened = mat.happened()
    heard_us = happened.at_us + 40_000
    assert engine.on(happened, heard_us, lambda _rule, _ring: NO_SCENES, steady_us=7_000_000) == []
    assert engine.next_due_us == 7_460_000
    assert engine.due(7_459_999) == []
    (fired,) = engine.due(7_460_000)
    assert fired.fired_at_us == happened.at_us + 500_000


def test_changed_rules_keep_their_count(mat: Mat) -> None:
    """A rule that is edited in mid-match does not fire once more; one that was removed and made anew does."""
    one = rule("r", once_per=OncePer.MATCH)
    engine = Engine([one])
    on(engine, mat.happened())
    engine.change([replace(one, priority=4)])
    assert on(engine, mat.happened()) == []
    engine.change([])
    engine.change([one])
    assert len(on(engine, mat.happened())) == 1


def test_another_connection_is_not_minded(mat: Mat) -> None:
    """A rule for one OBS does not fire when another one connects; it does for what another one recorded."""
    engine = Engine([rule("a", Happening.OBS_CONNECTED, Happening.RECORDING_STARTED, connections=("a",))])
    fired = [
        len(on(engine, mat.happened(what, session="", connection=name)))
        for what, name in [
            (Happening.OBS_CONNECTED, "a"),
            (Happening.OBS_CONNECTED, "b"),
            (Happening.RECORDING_STARTED, "b"),
        ]
    ]
    assert fired == [1, 0, 1]


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["A", "B"]),
        st.integers(1, 3),
        st.integers(0, 4_000),
        st.sampled_from([0, 0, 0, 6]),
        st.booleans(),
    ),
    max_size=30,
)


@given(STEPS, st.integers(0, 3_000), st.integers(0, 3_000), st.sampled_from([None, *OncePer]))
def test_a_restart_anywhere_changes_nothing(
    steps: list[tuple[str, int, int, int, bool]], debounce_ms: int, cooldown_ms: int, once_per: OncePer | None
) -> None:
    """Whatever happens in whatever order, with a restart after any event: no event fires twice, once is once, and
    without a debounce exactly the same fires as without restarts.
    """
    one = rule("r", once_per=once_per, debounce_ms=debounce_ms, cooldown_ms=cooldown_ms)
    steady, restarted, mat = Engine([one]), Engine([one]), Mat()
    plain: list[Firing] = []
    cut: list[Firing] = []
    at_ms = 0
    for match, number, after_ms, late_s, is_restart in steps:
        at_ms += after_ms
        happened = mat.happened(at_s=at_ms / 1000, view={"match_id": match, "round": number})
        for engine, fired in ((steady, plain), (restarted, cut)):
            fired += [*engine.due(happened.at_us), *on(engine, happened, late_s=late_s)]
        if is_restart:
            restarted = kept(restarted, one)
            assert on(restarted, happened, late_s=late_s) == [] or debounce_ms
    for fired in (plain, cut):
        assert len({one.firing_id for one in fired}) == len(fired)
        acted = [one for one in fired if not one.is_too_old]
        keys = [(f.happened.view.match_id, f.happened.view.round if once_per is OncePer.ROUND else 0) for f in acted]
        assert once_per is None or len(set(keys)) == len(keys)
    assert debounce_ms or plain == cut
