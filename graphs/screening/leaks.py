"""Text that no reader should ever see: markup, pieces of a prompt, a user who speaks as a machine (English)."""

import re

from graphs.screening.phrases import any_of

_MARKS = frozenset("<>[]{}=`:")
"""Without one of these there is no markup to look for."""
_MARKUP = re.compile(
    "|".join(
        (
            r"<\|?/?\w*(?:understanding|reasoning|emotion|response|im_start|im_end|endoftext|eot_id)\w*\|?/?>",
            r"</?[a-z_]{1,32} [0-9a-f]{16}>",
            r"\[/?INST\]|<</?SYS>>|<\|[^|\s]{1,40}\|>|</?(?:s|div|span|br|p|think)\s{0,9}/?>",
            r"^={3,}|={3} ?\w{1,20} ?={3}|```|\{\{|\{[a-z_]{2,32}\}|\[(?:insert|your name|username)\b[^\]\n]{0,40}\]",
            r"""[{\[]\s{0,9}"[A-Za-z_]{1,40}"\s{0,9}[:,]""",
            r"(?:^|\[\d{1,3}\]\s{0,9})(?:user|helper|assistant|system|therapist|human|ai|bot)\s{0,9}:",
            r"\b(?:mood|turn|may tell|told so far|words):",
        )
    ),
    re.IGNORECASE | re.MULTILINE,
)
_PROMPT = any_of(
    r"turn \d{1,3} of \d{1,3}|mood \w{0,20} ?\(\d{1,3} of 100",
    r"decision\W{1,4}(?:is\W{1,3})?(?:SOLVED|PASS|FAIL)",
    r"system prompt|(?:my|the|this) (?:instructions say|(?:persona|character) (?:card|sheet|profile))",
    r"(?:my|this|the) role[- ]?play|simulated user|(?:staying )?in character(?= ?[:,])",
    r"I am (?:role-?playing|simulating|playing the (?:role|user|part))",
)
_MACHINE = any_of(
    r"(?:as|I(?:'m| am)(?: just| only)?) an? (?:AI|artificial intelligence|(?:large )?language model|chat ?bot)",
    r"I(?:'m| am) (?:unable|not able|not allowed) to (?:assist|comply|fulfil|continue|generate|engage)",
    r"I(?:'m| am) sorry,? but I (?:can't|cannot|can not)|I (?:can't|cannot) (?:assist|help|comply) with (?:that|this|the)",
)


def leak_cue(text: str) -> str | None:
    """Quote tags, block markers, JSON, speaker names or pieces of a prompt."""
    found = (not _MARKS.isdisjoint(text) and _MARKUP.search(text)) or _PROMPT.search(text)
    return found[0] if found else None


def machine_cue(utterance: str) -> str | None:
    """Quote where the user, who is a person, speaks as a machine or refuses as one."""
    found = _MACHINE.search(utterance)
    return found[0] if found else None
