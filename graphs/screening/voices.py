"""Who speaks: a user who talks like a helper, or a helper who tells a life of its own (English).

Clear turns of phrase settle it alone. Otherwise the voice is weighed: a helper speaks of the other person ("you",
"your", questions, gentle commands), a person in need of themselves ("I", "my"). The weights are our choice, the
thresholds in the pack's `screening:` were set on ESConv, where people play both sides. A swap that lasts is found
nearly always, a single line that a helper might say mostly is not: that takes a model (benchmarks/screening.py).
"""

import re

from graphs.screening.phrases import any_of

_HELPER_CLEARLY = any_of(
    r"how (?:does|did|do|is|was) (?:that|this|it|all (?:that|this|of this)) (?:make|making|made) you feel",
    r"how (?:can|could|may|might|do) I (?:best )?(?:help|support|assist) you",
    r"(?:what|who) (?:brings|brought) you (?:here|in)",
    r"I(?:'m| am|'ll be| will be) (?:always |right |still )?here (?:for you|to (?:listen|help|support|talk))",
    r"I(?:'m| am) (?:so |really |very |truly )*sorry (?:to hear )?(?:that )?(?:about )?"
    r"(?:your|you(?:'re|'ve| are| have| had| went| feel))",
    r"(?:it|that) (?:sounds|seems|must be|must feel) (?:\w+ ){0,4}(?:for you|you(?:'re|'ve| are| have| feel|r))",
    r"thank you for (?:(?:sharing|telling me) (?:this|that|it|your|with|something|what)|opening up|trusting me|confiding)",
    r"your (?:feelings?|reaction|emotions?|frustration|sadness|anger|pain|grief|worry|fear) (?:is|are|makes?)",
    r"I (?:(?:can|could) )?(?:really |truly |completely )?(?:understand|hear|sense|see|imagine|notice) "
    r"(?:that|how|what|why|where) (?:\w+ ){0,6}(?:you|your|you're|you've)",
    r"I(?:'d| would)? (?:gently |strongly )?(?:suggest|recommend|encourage|advise|urge) (?:that )?you",
    r"my (?:advice|suggestion|recommendation) (?:to|for) you",
    r"as (?:your|an?) (?:helper|therapist|counsell?or|supporter|assistant|listener)",
    r"would you (?:like|be willing|feel comfortable) (?:to (?:talk|share|tell|explore|say)|sharing|talking|telling)",
    r"(?:tell|share with) me (?:a (?:bit|little) )?more about (?:how|what|your|that feeling|why you)",
    r"I want you to know (?:that )?(?:you|your|I)|(?:I(?:'m| am)|so) (?:so |very |really )?proud of you",
)
_USER_CLEARLY = any_of(
    r"I(?:'m| am) (?:actually |really )?the (?:user|one (?:who (?:needs|came|asked|has)|asking|needing))",
    r"I(?:'m| am) (?:actually |really )?the person (?:who came|asking|seeking)|as the user",
    r"(?:can|could|would) you (?:please )?(?:help|advise|comfort) me",
    r"I (?:really )?(?:need|want|could use) (?:your|some|any) (?:help|advice|support)",
    r"(?:thanks|thank you) (?:so much )?for (?:your (?:help|advice|support)|listening to me|helping me|hearing me)",
    r"what (?:should|do) I do(?! (?:to|for) (?:help|support|you))",
    r"I (?:just )?(?:don't|do not) know what (?:to do|I should do)",
    r"talking (?:to|with) you (?:has |really )*(?:helps?|helped|made|makes) me|talking (?:to|with) you (?:has )?help(?:s|ed) me",
    r"I feel (?:so |really |very |completely )*"
    r"(?:alone|lonely|hopeless|worthless|ashamed|devastated|humiliated|guilty|betrayed|anxious|depressed)",
)
_ABOUT_YOU = any_of(
    r"you(?:'re|'ve|'d| are| were| have| had| feel| felt| seem| sound| must| don't have| deserve| can| could| should| might"
    r"| may| need)(?! (?:right|welcome|kind|say|put|got|hit|nailed|said|named|helped|made|found|a point))",
    r"for you|yourself|makes (?:\w+ )?sense that|be (?:kind|gentle|patient|easy) (?:to|with|on)",
    r"(?:that|it)(?:'s| is) (?:a )?(?:\w+ )?(?:understandable|natural|normal|human|okay|ok|important|valid)(?: \w+)?",
)
_COMMAND = re.compile(
    r"(?:^|[.!?] )(?:(?:and|so|please|maybe|perhaps|just|but) )*(?:try|remember|consider|take|let's|let yourself|give yourself"
    r"|be (?:kind|gentle|patient|proud)|don't (?:blame|worry|give|forget|let)|allow|focus|talk to|reach out|breathe|tell me"
    r"|start (?:with|by)|keep (?:in|going|your)|you (?:could|should|might|may|can|must|need to|don't have to|deserve|shouldn't))\b",
    re.IGNORECASE,
)
_QUESTION = re.compile(
    r"\b(?:what|who|which|how|when|where|have|has|is|are|do|does|did|would|could|can)\b"
    r"[^.!?]{0,80}?\byou(?:r|rself|'re|'ve)?\b[^.!?]{0,120}\?",
    re.IGNORECASE,
)
_POLITE = any_of(
    r"you(?:'re| are)? (?:right|welcome|kidding|too|know|said|say|asked?|mentioned|suggested|mean|guys|think|tell|told|see)",
    r"you(?:'re| are)? (?:(?:very|so|really|a) )?(?:kind|helpful|nice|sweet|great|good)",
    r"you(?:'ve| have)? (?:just )?(?:put|got|hit|nailed|said|named|helped|made|found)",
    r"thank you|thanks (?:for|to) your?|bless you|(?:to|and|with|from|of|as|than|like|ask|tell|let|told|about) you",
    r"are you (?:there|real|sure|serious|a)|do you (?:know|think|mean|believe|see|ever|have any)|have you ever|(?:can|could) you",
    r"if you (?:know|don't mind|want|like)|when you|you (?:would|just|get|never|always|want|go|do)",
    r"your (?:advice|help|time|input|words?|ideas?|questions?|suggestions?|opinion|day|night|evening|weekend|insight|support)",
    r"your (?:kindness|perspective|point|name|thoughts|experience|own)",
)
"""How people in need speak to their helper, or of people in general."""
_LISTENING = any_of(
    r"I(?:'m| am) (?:so |very |really |truly )?(?:glad|sorry|here|curious|listening|wondering|hearing|with)",
    r"I (?:hear|wonder|hope|see|sense|understand|imagine|admire|appreciate|believe|think|mean|wish)",
    r"I (?:can|could) (?:only |nearly |almost )?(?:imagine|see|hear|understand|tell|sense)|I(?:'d| would) (?:like|love|be)",
    r"(?:tell|trust|with|to) me|let me|my (?:advice|suggestion|question|understanding|view|heart|role|mind|sense|guess)",
)
"""First persons of somebody who listens, not of somebody who tells."""
_FIRST_PERSON = any_of(r"I|I'(?:m|ve|d|ll)|me|my|mine|myself")
_OURS = any_of(r"we|we'(?:re|ve|d|ll)|our|us")
_SECOND_PERSON = any_of(r"you|you'(?:re|ve|d|ll)|your|yours|yourself|yourselves")
_OWN_THING = any_of(r"my (?!advice|suggestion|question|understanding|view|heart|role|mind|sense|guess)\w+")

AT_MOST = 3
"""How often one kind of sign counts: a long text is not more of a helper's for its length."""
OUTWEIGHED = -2
"""Weight down to which a clear turn of phrase settles it; below, one stray line stands in a story of one's own."""
OWN_STORY = 2
"""Weight from which a response that also names something of its own ("my landlord") is a story of its own."""


def helper_cue(utterance: str, threshold: float) -> str | None:
    """Quote what makes a user's utterance a helper's."""
    weight = helper_weight(utterance)
    clear = _HELPER_CLEARLY.search(utterance)
    if clear and weight > OUTWEIGHED:
        return clear[0]
    return utterance if weight >= threshold else None


def user_cue(response: str, threshold: float) -> str | None:
    """Quote what makes a helper's response a user's."""
    if clear := _USER_CLEARLY.search(response):
        return clear[0]
    weight = user_weight(response)
    is_own = weight >= OWN_STORY and _OWN_THING.search(response)
    return response if is_own or weight >= threshold else None


def helper_weight(text: str) -> float:
    """Weigh how much a text speaks of the other person, against how much of itself and how much in courtesy."""
    polite = _count(_POLITE, text)
    of_you = sum(min(AT_MOST, _count(signs, text)) for signs in (_ABOUT_YOU, _COMMAND, _QUESTION))
    of_me = max(0, _count(_FIRST_PERSON, text) + _count(_OURS, text) - _count(_LISTENING, text))
    return of_you + 0.5 * max(0, _count(_SECOND_PERSON, text) - polite) - polite - 1.5 * of_me


def user_weight(text: str) -> float:
    """Weigh how much a text tells of its writer, against how much it turns to the other person."""
    return _count(_FIRST_PERSON, text) - _count(_LISTENING, text) - 2 * _count(_SECOND_PERSON, text)


def _count(signs: re.Pattern[str], text: str) -> int:
    return sum(1 for _ in signs.finditer(text))
