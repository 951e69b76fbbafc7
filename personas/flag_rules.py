"""What makes a person look at a persona first: patterns over what the persona says of itself (our choice, in English).

They are meant to catch too much rather than too little, since a person reads what they point at. Every repeat is bounded.
A rule is tried only where one of its `needs` stands in the lower-case text, so that most texts cost next to nothing.
"""

import re
from typing import Literal, NamedTuple

Reason = Literal[
    "minor", "identifier", "injection", "markup", "contradiction", "sensitive", "duplicate", "type", "little"
]  # fmt: skip

REASONS: dict[Reason, str] = {
    "minor": "may be under 18",
    "identifier": "identifier left",
    "injection": "speaks to a model",
    "markup": "markup or formula",
    "contradiction": "contradiction",
    "sensitive": "sensitive",
    "duplicate": "near-duplicate",
    "type": "type named in text",
    "little": "too little said",
}
"""Why a row is worth a look, the most pressing first: the order of the queue."""


class Rule(NamedTuple):
    """A pattern, what finding it says, and the fields in which it is looked for (all, where none is named)."""

    reason: Reason
    says: str
    needs: tuple[str, ...]
    pattern: re.Pattern[str]
    fields: tuple[str, ...] = ()


def _rule(reason: Reason, says: str, needs: str, pattern: str, *fields: str) -> Rule:
    wanted = tuple(word.replace("~", " ") for word in needs.split())
    return Rule(reason, says, wanted, re.compile(pattern, re.IGNORECASE), fields)


_I_AM = r"\bi(?:\sam|['’]?m)\s"
_AGE = r"(?:[6-9]|1[0-7]|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen)"
_NO_AGE = (
    r"(?!\w|\s?[%:/$€£]|[.,]\d|['’-]\d|\s?(?:st|nd|rd|th|am|pm|k)\b|\s(?:of|out|to|times|percent|points?|minutes?|mins?"
    r"|hours?|hrs?|days?|weeks?|months?|feet|foot|ft|inches|cm|lbs?|kgs?|pounds|miles|km|grand|stone|people|weeks"
    r"|(?:years?|yrs?)\s(?!old\b|young\b))|\sin\s(?:a|the)\s)"
)
_GRADE = r"(?:(?:6|7|8|9|10|11)th|sixth|seventh|eighth|ninth|tenth|eleventh)\sgrade"
_SCHOOL = rf"(?:(?:high|middle|secondary)\s?school|junior\shigh|{_GRADE}|(?:grade|year)\s(?:[6-9]|1[01]))\b"
_SCHOOL_AGE = "high~school middle~school secondary~school junior~high grade year~"
_DIGITS = "6 7 8 9 10 11 12 13 14 15 16 17"
_AGES = f"{_DIGITS} six seven eight nine ten eleven twelve teen"

_MINOR = (
    _rule(
        "minor",
        "says an age under 18",
        _AGES,
        rf"(?:{_I_AM}|\bi\s(?:just\s|only\s)?turned\s|\bi(?:\swill|['’]?ll)\sbe\s|\bi(?:'?m|\sam)?\s?turning\s)"
        rf"(?:(?:only|just|almost|nearly|about|currently|still|barely)\s){{0,2}}{_AGE}{_NO_AGE}",
    ),
    _rule(
        "minor",
        "says an age under 18",
        _AGES,
        rf"(?:^|\bas\san?\s|{_I_AM}an?\s|[(])(?:only\s|just\s)?{_AGE}[\s-]?(?:(?:years?|yrs?)[\s-]?old|y/?o)\b"
        rf"|\bage[d:]?\s?[:=]\s?{_AGE}\b|\b(?:[mf]|male|female|girl|boy)\s?/\s?{_AGE}\b(?!/)|(?<!/)\b{_AGE}\s?/\s?(?:[mf]|male|female)\b",
    ),
    _rule("minor", "begins with an age under 18", _DIGITS, rf"^\s?{_AGE}(?=\s?(?:[,;|/.·]|$)(?!\d))", "about", "signature"),
    _rule(
        "minor",
        "speaks of being at school",
        _SCHOOL_AGE,
        rf"{_I_AM}(?:(?:still|currently|only|just|a|now|also)\s){{0,3}}"
        rf"(?:(?:freshman|sophomore|junior|senior|student|pupil)\s)?(?:(?:in|at)\s)?(?:my\s)?{_SCHOOL}(?!\s(?:teacher|counsel|librarian|coach|dropout|graduate))",
    ),
    _rule("minor", "is a pupil", "school pupil", r"\b(?:high|middle|secondary|primary)\s?-?school(?:er|\s?(?:student|pupil|girl|boy))\b|\bpupil\b|\bschool(?:girl|boy)\b", "occupation"),
)  # fmt: skip

_INJECTION = (
    _rule(
        "injection",
        "tells a model what to do",
        "ignore disregard forget override bypass",
        r"\b(?:ignore|disregard|forget|override|bypass)\s(?:(?:everything|the|my|of|and)\s){0,3}"
        r"(?:(?:all|any|every|your|these|those|previous|prior|above|earlier|preceding|safety|system)\s(?:(?:of|the|other)\s){0,2}){1,4}"
        r"(?:instructions?|prompts?|rules|guidelines|directions)\b"
        r"|\b(?:ignore|disregard|forget)\s(?:everything|all|the)\s(?:that\s(?:is|was|stands)\s)?above\b",
    ),
    _rule(
        "injection",
        "names a prompt or a model",
        "prompt instruction model assistant chatgpt jailbreak role",
        r"\b(?:system|developer)\s(?:prompt|message|instructions?)\b|\byou\sare\s(?:now\s)?(?:an?\s)?(?:helpful\s)?(?:ai\b|assistant|chatgpt|language\smodel|dan\b)"
        r"|\bas\san\sai\b|\bjailbreak|#{2,}\s?(?:instruction|system|response|assistant)|(?:^|\n)\s?(?:system|assistant)\s?:|\"role\"\s?:",
    ),
    _rule(
        "injection",
        "asks for a decision or an answer",
        "decision output respond reply answer solved score",
        r"\bdecision\b[^.]{0,24}\b(?:solved|pass|fail)\b|\bcall\s(?:it\s)?(?-i:SOLVED)\b|(?-i:\bSOLVED\b)"
        r"|\b(?:respond|reply|answer|output)\sonly\s(?:with|in|the)\b|\bgive\s(?:it\s|this\s|me\s)?(?:a\s)?(?:score|rating)\sof\s\d",
    ),
    _rule(
        "injection",
        "holds a token of chat models",
        "im_start im_end endoftext <| |> [inst </ _begin _end begin_of",
        r"[<(|]{1,2}/?(?:im_start|im_end|endoftext|eot_id|begin_of_text|end_of_turn)[>)|]{1,2}|<\||\|>|\[/?inst\]|</?\w{1,30}\s[0-9a-f]{16}>"
        r"|\b(?:understanding|reasoning|emotion|response)_(?:begin|end)\b",
    ),
)  # fmt: skip

_TAGS = "a|abbr|audio|b|base|body|br|button|code|div|embed|font|form|h[1-6]|head|html|i|iframe|img|input|li|link|math|meta|object|ol|p|pre|script|span|style|svg|table|td|textarea|tr|u|ul|video"
_MARKUP = (
    _rule("markup", "holds HTML", "<", rf"</?(?:{_TAGS})(?:[\s/][^<>]{{0,400}})?/?>|<!--|<(?:script|img|iframe|svg)\b"),
    _rule("markup", "holds script", "javascript onerror onload onclick onmouse data: vbscript", r"\b(?:java|vb)script\s?:|\bon(?:error|load|click|mouse\w{2,6})\s?=|\bdata:\w{2,12}/"),
    _rule("markup", "holds Markdown or forum markup", "](: [quote [url [img [/ ](", r"!?\[[^\[\]\n]{0,200}\]\([^()\s]{1,500}\)|\[/?(?:quote|url|img|b|i|u|color|size|spoiler|media|video)(?:=[^\[\]\n]{0,200})?\]"),
    _rule("markup", "begins like a formula", "= + @ -", r"^\s?(?:=[\s+-]{0,3}[a-z(@\"'+-]|[+@-]\s?(?:[a-z]{2,12}\(|cmd\|)|[=+@-]\s?\d{1,9}[+*/-]\d)"),
    _rule("markup", "holds a placeholder", "{{ }} ${ {% <%", r"\{\{|\}\}|\$\{|\{%|<%"),
)  # fmt: skip

_SELF = rf"(?:{_I_AM}|\bi\s(?:have|had|got|was|suffer(?:\sfrom|ed\sfrom)?|struggle\swith|live\swith|identify\sas)\s|\bi['’]?ve\s(?:got|had|been)\s|\bas\s)"
_A_FEW = r"(?:(?:a|an|also|very|really|just|still|actually|basically|mostly|openly|half|part|once|diagnosed|with|as|the|severe|mild|clinical|devout|proud|being|type)\s){0,4}"
_SENSITIVE = (
    _rule(
        "sensitive",
        "speaks of own health",
        "diagnos bipolar schizo anorex bulimi autis asperger adhd ptsd ocd hiv cancer epilep diabet depress anxiety borderline pregnan"
        " miscarr abortion therap psychiatr medicat meds disorder alcoholic addict rehab",
        rf"{_SELF}{_A_FEW}(?:diagnosed|bipolar|schizo\w+|anorexi\w+|bulimi\w+|autis\w+|aspergers?|asperger['’]s|adhd|add\b|ptsd|ocd|hiv|cancer|epilep\w+|diabet\w+"
        r"|depress(?:ion|ed\b)|anxiety|borderline|pregnant|miscarriage|abortion|alcoholic|addict(?:ed)?\b|rehab)"
        r"|\bmy\s(?:own\s)?(?:depression|anxiety|bipolar|adhd|add|ptsd|ocd|autism|aspergers?|cancer|therapist|therapy|psychiatrist|psychologist|medication|meds"
        r"|antidepressants|miscarriage|abortion|(?:eating|anxiety|personality|mood)\sdisorder|addiction|diagnosis|illness|disability)\b",
    ),
    _rule(
        "sensitive",
        "speaks of own orientation or sex life",
        "gay lesbian bisexual pansexual asexual queer trans binary sex virgin porn masturbat orgasm homosexual",
        rf"{_SELF}{_A_FEW}(?:gay|lesbian|bi|bisexual|homosexual|pansexual|asexual|demisexual|queer|trans(?:gender|sexual)?|non-?binary|virgin)\b"
        r"|\bmy\s(?:sex\s?life|sexuality|sexual|virginity|sex\sdrive|libido)\b|\b(?:masturbat\w+|orgasms?|porn\w{0,9})\b|\b(?:had|have|having)\ssex\b",
    ),
    _rule(
        "sensitive",
        "speaks of own belief",
        "christian catholic muslim jew hindu buddhist atheist agnostic mormon sikh pagan wicca evangelical baptist church mosque god religio",
        rf"{_SELF}{_A_FEW}(?:christian|catholic|muslim|jew|jewish|hindu|buddhist|atheist|agnostic|mormon|sikh|pagan|wiccan|evangelical|baptist|religious)\b"
        r"|\bmy\s(?:faith|church|religion|mosque|synagogue)\b|\bi\s(?:don['’]?t\s)?believe\sin\sgod\b",
    ),
    _rule(
        "sensitive",
        "speaks of own politics",
        "republican democrat liberal conservative socialist communist libertarian anarchist marxist vote politic union",
        rf"{_SELF}{_A_FEW}(?:republican|democrat|liberal|conservative|socialist|communist|libertarian|anarchist|marxist|left-?wing|right-?wing|unionist)\b"
        r"|\bi\s(?:always\s)?voted?\s(?:for|against)\b|\bmy\s(?:politics|political|trade\sunion|union\srep)\b",
    ),
    _rule(
        "sensitive",
        "speaks of own origin",
        "black white asian latin hispanic african arab native mixed indigenous roma ",
        rf"{_I_AM}{_A_FEW}(?:black|white|asian|latin[oa]|hispanic|african(?:[\s-]american)?|arab|native\samerican|mixed[\s-]race|indigenous|romani)\b(?!\s(?:out|as))"
        r"|\bmy\s(?:ethnicity|race|skin\scolou?r)\b",
    ),
    _rule(
        "sensitive",
        "speaks of violence suffered",
        "rape molest abuse assault beat",
        r"\bi(?:\swas|\sgot|['’]?ve\sbeen|\shave\sbeen)\s(?:\w{1,12}\s){0,2}(?:raped|molested|abused|assaulted|beaten)\b|\b(?:raped|molested|abused|beats?|assaulted)\sme\b(?!\s(?:at|to|in|by|again\sat))|\bmy\s(?:rapist|abuser|abuse)\b",
    ),
    _rule(
        "sensitive",
        "speaks of an own offence",
        "arrest prison jail convict probation felon police",
        rf"{_SELF}(?:\w{{1,12}}\s){{0,2}}(?:arrested|convicted|in\s(?:prison|jail)|on\sprobation|a\sfelon)\b|\bmy\s(?:conviction|criminal\srecord|probation)\b",
    ),
    _rule("sensitive", "speaks of harming themselves", "suicid cut burn harm", r"\bi\s(?:\w{1,12}\s){0,2}(?:cut|burn|hurt|harm)(?:ting|ing|ed)?\smyself\b|\bself[\s-]?harm|\bsuicidal\b|\bmy\ssuicide"),
)  # fmt: skip

RULES: tuple[Rule, ...] = (*_MINOR, *_INJECTION, *_MARKUP, *_SENSITIVE)

RISK_NEEDS = (
    "die", "dying", "dead", "kill", "suicid", "myself", "life", "end it", "overdos", "alive", "wake up", "disappear",
    "pills", "harm", "wrist", "unalive", "goodbye", "better off", "hang ", "jump", "gone",
)  # fmt: skip
"""Words without which the pack's patterns of risk are not tried."""

SAID_TYPE = re.compile(
    rf"(?i)(?:{_I_AM}|\bas\s|\bmy\stype\sis\s|\bi\stest(?:ed)?\s(?:as\s)?)(?:an?\s|the\s|basically\s|actually\s){{0,2}}"
    r"(?P<type>[EI][NS][FT][JP])\b(?!s)|\b(?P<here>[EI][NS][FT][JP])\shere\b"
)
"""A type that a text states for its author; any other mention ("INFJs are odd") states none."""

SAID_GENDER = {
    "female": re.compile(
        rf"(?i)(?:{_I_AM}|\bas\s)an?\s(?:\w{{1,12}}\s)?(?:woman|girl|lady|female|mother|mom|mum|wife|housewife)\b"
    ),
    "male": re.compile(rf"(?i)(?:{_I_AM}|\bas\s)an?\s(?:\w{{1,12}}\s)?(?:man|guy|boy|dude|male|father|dad|husband)\b"),
}
SAID_SPOUSE = re.compile(r"(?i)\bmy\s(?:wife|husband|spouse)\b(?!['’]?s?\s(?:one|some)\s?day)")
_ALONE = re.compile(r"(?i)\s*(?:single|never married|unmarried|not married)\b")


def gender_of(stated: str) -> str:
    """`female` or `male` where a gender field states one of them, else nothing."""
    word = stated.strip().casefold()
    return {"f": "female", "woman": "female", "girl": "female", "m": "male", "man": "male", "boy": "male"}.get(
        word, word if word in SAID_GENDER else ""
    )


def says_single(relationship: str) -> bool:
    """Whether the relationship field says that there is no spouse."""
    return bool(_ALONE.match(relationship))
