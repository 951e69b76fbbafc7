"""The posts that say most are kept, in their order, and the style is read from all of them."""

from personas.posts import MAX_POSTS, choose_posts, describe_style, says_something

NOUNS = ("garden", "letter", "kitchen", "brother", "lesson", "engine", "morning", "promise", "window", "ladder", "pocket",
         "river", "mirror", "candle", "basket")  # fmt: skip
POSTS = [
    "I never told my friends how much that summer meant to me.",
    "My brother and I built the whole engine by hand.",
]


def test_post_that_says_little_is_not_kept() -> None:
    posts = [
        "ok",
        "[link]",
        "[link] [link] [link]",
        "18/37 55 66 77 88 99 12 a b c d e",
        ":) :) :)",
        "lol same here",
        *POSTS,
    ]
    assert choose_posts(posts) == tuple(POSTS)


def test_at_most_twelve_posts_are_kept_in_their_order() -> None:
    words = [f"I {noun} {noun}s, {noun}ing and {noun}ed as {noun}ish as anyone can" for noun in NOUNS]
    chosen = choose_posts(words)
    assert len(chosen) == MAX_POSTS
    assert sorted(chosen, key=words.index) == list(chosen)


def test_posts_that_say_the_same_are_kept_once() -> None:
    one = "My brother left the kitchen window open during the storm again"
    assert len(choose_posts([one, f"{one}!", f"Well: {one.lower()}"])) == 1


def test_cut_post_ends_at_its_last_whole_sentence() -> None:
    post = "I kept the old kitchen clock because my brother loved it. " * 3 + "And then he never came to see it agai..."
    [kept] = choose_posts([post])
    assert kept.endswith("loved it.")


def test_talk_about_types_comes_last() -> None:
    talk = "I am sure my [type] and his [type] and their [types] are all like that"
    assert choose_posts([talk, POSTS[0]], most=1) == (POSTS[0],)


def test_masks_are_not_words() -> None:
    assert not says_something("[handle] [link] [type] [types] [email] [phone] yes")


def test_style_is_read_from_habits() -> None:
    posts = [
        "why would i even go there? lol...and then what?",
        "maybe. i guess. no idea? :happy:",
        "so what? haha ok",
    ] * 3
    style = describe_style(posts)
    assert style.startswith("Writes short sentences, mostly without capitals.")
    assert "asks many questions" in style.lower()


def test_long_plain_sentences_have_no_habit() -> None:
    posts = [
        "We walked along the river until the evening came and nobody in the whole company said a single word about it."
    ] * 6
    assert describe_style(posts) == "Writes long sentences."


def test_too_few_posts_tell_no_style() -> None:
    assert describe_style(["Why? Why? Why!"] * 4) == ""
