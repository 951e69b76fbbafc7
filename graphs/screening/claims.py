"""Facts that people state about themselves, read from plain English by rules: the fact, its value, the words.

Only outright statements in the first person and the present are read. "If I were married", "people think I'm single",
"when I was a nurse" and quoted speech state nothing: a rule that is unsure reads nothing.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from graphs.screening.occupations import jobs_named
from graphs.screening.phrases import any_of, plain, unquoted


class Claim(NamedTuple):
    """One statement: which fact, its value, and the words it was read from."""

    fact: str
    value: str
    said: str


_DETAILS = (
    r"(?:(?:a|an|the|his|her|their|your|still|now|currently|happily|also|actually|just|only|newly|already|basically|very"
    r"|really|proud|old|older|young|younger|grown|working|busy|single|married|divorced|widowed|retired|middle-aged"
    r"|stay-at-home|new|good|bad|terrible|better|straight|gay|quiet|simple|normal|regular|\d\d[- ]years?[- ]old) ){0,4}"
)
"""Words that may stand between "I'm" and what one is."""
_I_AM = rf"I(?:'m| am) {_DETAILS}"
_AS = rf"(?:(?:^|(?<=[.!?,;:] )|(?<=speaking ))as|being) an? {_DETAILS}"
_I_AM_LIKE = rf"(?:{_I_AM}|I (?:feel|felt) like {_DETAILS})"
_OWN_GOES_ON = r"(?=,? (?:I|I'm|my|me|myself)\b|[.!?]|$)"
_END = r"(?![\w'-]| (?:scout|in law|enough))"
_FEMALE = r"(?:woman|lady|female|mother|mom|mum|wife|daughter|sister|grandmother|grandma|aunt|girl|widow|housewife)"
_MALE = r"(?:man|guy|male|father|dad|husband|son|brother|grandfather|grandpa|uncle|boy|dude|widower|bloke)"
_NO = r"I (?:don't|do not) have (?:any |a )?"
_KIN = r"(mother|mom|mum|father|dad|husband|wife|grandmother|grandma|grandfather|grandpa|son|daughter|brother|sister|dog|cat)"

_PLAIN = (
    ("gender", "female", any_of(rf"{_I_AM_LIKE}{_FEMALE}{_END}|{_AS}{_FEMALE}{_OWN_GOES_ON}")),
    ("gender", "male", any_of(rf"{_I_AM_LIKE}{_MALE}{_END}|{_AS}{_MALE}{_OWN_GOES_ON}")),
    (
        "relationship",
        "single",
        any_of(
            rf"{_I_AM}single(?! (?:now|again|mom|mother|mum|dad|father|parent|person|one))",
            rf"{_NO}(?:boyfriend|girlfriend|partner|husband|wife)",
        ),
    ),
    (
        "relationship",
        "never married",
        any_of(r"I(?:'ve| have)? never (?:been|got(?:ten)?) married|I(?:'m| am) not married"),
    ),
    ("relationship", "married", any_of(rf"{_I_AM}married", r"my (?:husband|wife|spouse)")),
    ("relationship", "engaged", any_of(rf"{_I_AM}engaged(?! (?:in|with|at|by))", r"my fianc[eé]e?")),
    (
        "relationship",
        "dating",
        any_of(r"my (?:new |current )?(?:boyfriend|girlfriend)", r"I(?:'m| am) (?:dating|seeing) (?:someone|a)"),
    ),
    ("relationship", "divorced", any_of(rf"{_I_AM}divorced")),
    ("relationship", "widowed", any_of(rf"{_I_AM}(?:widowed|widow|widower)")),
    ("spouse", "husband", any_of(r"my husband")),
    ("spouse", "wife", any_of(r"my wife")),
    (
        "children",
        "some",
        any_of(
            r"I have (?:\w+ )?(?:kids|children|sons?|daughters?|toddlers?)",
            r"my (?:\w+ )?(?:kids|son|daughter|toddler)(?!-)",
        ),
    ),
    (
        "children",
        "none",
        any_of(
            rf"(?:{_NO}|I have no |I(?:'ve| have)? never had (?:any )?)(?:kids|children)",
            r"I(?:'m| am) child(?:less|-?free)",
        ),
    ),
    (
        "siblings",
        "some",
        any_of(r"my (?:(?:older|elder|younger|little|big|twin|baby|half) )?(?:brother|sister)s?(?!-in| in law)"),
    ),
    ("siblings", "none", any_of(rf"I(?:'m| am) an only child|(?:{_NO}|I have no )(?:siblings|brothers or sisters)")),
)
_NAMED = (
    (
        "name",
        re.compile(
            r"\b(?:[Mm]y name(?:'s| is)|(?:[Yy]ou can|[Jj]ust|[Pp]lease) call me|[Ii](?:'m| am) called) ([A-Z][\w-]+|user_\w+)"
        ),
    ),
    ("mbti", any_of(r"(?:I'm|I am|as|being)(?: (?:an?|the|such an|a typical|clearly|definitely))? ([EI][NS][FT][JP])")),
    (
        "age",
        any_of(
            r"(?:I(?:'m| am)(?: (?:only|just|now|already|turning))?|I(?:'ve)?(?: just| recently)? turned|(?:as|being) an?)"
            r" (?:an? )?(\d\d)(?:[- ]years?[- ]old|(?=\s*(?:[.!?;,)]|$)| (?:and|but|now|already|so)\b))"
        ),
    ),
)
_WORK = any_of(
    r"(?:I (?:currently )?work(?: \w+-time)? as|I(?:'m| am) (?:working|employed) as|my (?:job|work|career) (?:as|is)"
    r"|by trade I(?:'m| am)|for a living,? I(?:'m| am)) (?:an? |the )?((?:[a-z-]+ ?){1,4})"
)
_IDENTITY = any_of(rf"(?:{_I_AM}|{_AS})((?:[a-z-]+ ?){{1,3}})")
_FATE = (
    ("dead", any_of(rf"my {_KIN} (?:just )?(?:died|passed (?:away|on)|is dead|is gone forever)")),
    (
        "alive",
        any_of(
            rf"my {_KIN} (?:is (?:\w+ing|here|home|alive|fine|well)"
            r"|keeps|wants|calls|says|thinks|lives|loves|likes|visits|tells|texts|will)"
        ),
    ),
)
_OUTCOME = any_of(
    r"I (?:just |finally |actually |barely )?(passed|aced|failed|flunked|won|lost|got|didn't get|did not get)"
    r" (?:my|the|an?|that|our) (?:[a-z-]+ )?(test|exam|finals?|class|course|interview|job|promotion|match|game|race|contest"
    r"|competition|tournament|case|scholarship|role|part|bet|lottery)"
)
_GOOD_OUTCOMES = ("passed", "aced", "won", "got")

_NOT_A_FACT = re.compile(
    r"\b(?:if|like|when|whenever|until|unless|whether|think|thinks|thought|say|says|said|assumes?|pretend(?:ing)?|wish"
    r"|imagine|told|believes?|ex|late|former|future|was|were|friend's)\W+(?:\w+\W+)?$",
    re.IGNORECASE,
)
_ANOTHER_TIME = any_of(
    r"(?:first|last|second|other|next) (?:time|year|one|attempt)|before|previous|ago|almost|nearly|would|if"
)
LOOK_BACK_CHARS = 30


def read_claims(text: str) -> tuple[Claim, ...]:
    """Read every fact that a text states about its writer, in a fixed order of facts."""
    return tuple(dict.fromkeys(_read(unquoted(plain(text)))))


def _read(text: str) -> Iterator[Claim]:
    for fact, value, pattern in _PLAIN:
        yield from (Claim(fact, value, match[0]) for match in _outright(pattern, text))
    for fact, pattern in _NAMED:
        yield from (Claim(fact, match[1].lower(), match[0]) for match in _outright(pattern, text))
    for pattern, hobbies in ((_WORK, True), (_IDENTITY, False)):
        for match in _outright(pattern, text):
            yield from (Claim("occupation", job, match[0].strip()) for job in jobs_named(match[1], hobbies=hobbies))
    for value, pattern in _FATE:
        yield from (Claim(f"fate of {match[1].lower()}", value, match[0]) for match in pattern.finditer(text))
    if not _ANOTHER_TIME.search(text):
        for match in _OUTCOME.finditer(text):
            value = "good" if match[1].lower() in _GOOD_OUTCOMES else "bad"
            yield Claim(f"outcome of {match[2].lower()}", value, match[0])


def _outright(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """Leave out what is only supposed, reported, wished or over."""
    for match in pattern.finditer(text):
        if not _NOT_A_FACT.search(text[max(0, match.start() - LOOK_BACK_CHARS) : match.start()]):
            yield match
