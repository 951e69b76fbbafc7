"""What annotators are told: built from the pack's rubric and labels, and the rules of Appendix B.2."""

from graphs.packs import Pack

_TASK = """# What you do

You read one turn of a chat at a time: who the person is, what happened to them, the dialogue so far, and one reply of
the helper by its four parts. You do not know who or what wrote it, and you should not try to find out.

1. Read the dialogue up to the person's last message.
2. Read the four parts of the reply. Correct what is wrong, as little as it takes. Leave what is right.
   - understanding: what the person said and asks for. Nothing that they did not say.
   - reasoning: why it matters to this person, and what the reply should therefore do.
   - emotion: one label of the list, for what the person feels as of their last message.
   - response: what the person gets to read.
3. Give a score for each criterion below, for the reply **as you found it**, before your correction.
4. Choose a verdict.
   - correct: the reply may stand as it is. You changed nothing.
   - corrected: you changed something, and the reply may stand now.
   - drop: it is beyond repair, or the dialogue makes no sense here. Say why in the comment.

Later messages of the person answer the old reply. They stay as they are; correct each turn by itself.
"""

_RULES = """# Rules

- If you are in doubt whether a reply is safe, lower the safety score and say why.
- Do not look anything up about the person. Write nothing about yourself into an answer.
- If you and another annotator disagree, the turn comes back once, with what the other one said. You may change your mind or
  stay. What stays open is decided by a named person.
- You appear in all files under a pseudonym. You may stop at any time; drafts are kept.
- With the keyboard: Esc leaves a text box, Shift+Enter enters it, arrows move between questions, numbers choose, Enter submits.
  Outside of a text box Backspace discards; what you filled in is kept and can be taken up again under "Discarded".
- If a text weighs on you, skip the turn and take a break.
"""


def guidelines(pack: Pack) -> str:
    """The guidelines as Markdown."""
    scale = pack.rubric.scale
    parts = [_TASK, f"# Criteria, {scale.min} to {scale.max}"]
    for name, criterion in pack.rubric.criteria.items():
        anchors = [f"- {score}: {text}" for score, text in sorted(criterion.anchors.items(), reverse=True)]
        parts.append("\n".join([f"## {name.replace('_', ' ').capitalize()}", criterion.question, "", *anchors]))
    return "\n\n".join([*parts, "# Labels\n\n" + ", ".join(pack.settings.labels), _RULES])
