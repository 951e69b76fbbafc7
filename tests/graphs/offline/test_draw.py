from graphs.offline.draw import Draw, compile_phrase, fresh, pools, render


def test_a_draw_depends_on_its_key_alone() -> None:
    first, same = Draw(3, b"a", b"b"), Draw(3, b"a", b"b")
    assert [first.unit() for _ in range(5)] == [same.unit() for _ in range(5)]
    others = {Draw(seed, key).unit() for seed in range(5) for key in (b"a", b"b")}
    assert len(others) == 10


def test_a_draw_is_the_same_in_every_version() -> None:
    assert [Draw(0, b"kardia").below(1000) for _ in range(2)] == [Draw(0, b"kardia").below(1000)] * 2
    assert round(Draw(0, b"kardia").unit(), 6) == 0.534666


def test_a_draw_is_spread_evenly() -> None:
    counts = [0] * 5
    for number in range(5000):
        counts[Draw(0, str(number).encode()).below(5)] += 1
    assert all(900 < count < 1100 for count in counts)


def test_a_phrase_is_filled_with_choices_and_slots() -> None:
    phrase = compile_phrase("@done {so|well}, {topic} {|again} .")
    assert phrase.needs == {"done", "topic"}
    texts = {render(phrase, Draw(0, str(n).encode()), {"topic": "the rain"}) for n in range(50)}
    assert texts == {"So, the rain.", "Well, the rain.", "So, the rain again.", "Well, the rain again."}


def test_fresh_takes_only_what_fits_and_was_not_said() -> None:
    pool = pools("[x]\nI waited all evening.\n@who {who} waited with me.\nNobody came to the door at all, not one.")[
        "x"
    ]
    draw = Draw(0, b"k")
    assert {fresh(pool, draw, {}, "so i waited all evening. ", 99) for _ in range(20)} == {pool[2]}
    assert {fresh(pool, draw, {"who": "Ann"}, "", 5) for _ in range(20)} == {pool[0], pool[1]}
    assert fresh(pool, draw, {}, "i waited all evening and nobody came to the door at all, not one", 99) is None


def test_an_empty_pool_gives_nothing() -> None:
    assert fresh((), Draw(0, b"k"), {}) is None
