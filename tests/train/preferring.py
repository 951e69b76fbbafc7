"""Preferences made from training examples."""

from graphs.preferences import Preference, Said
from graphs.spans import response_of
from train.rows import TrainingExample


def preference(example: TrainingExample, chosen: str, rejected: str) -> Preference:
    return Preference(
        id=example.id,
        persona=example.persona,
        person=example.person,
        situation=example.situation,
        dialogue=tuple(
            Said(role=message.role, content=response_of(message.content))
            for message in example.prompt
            if message.role != "system"
        ),
        chosen=chosen,
        rejected=rejected,
        preferred_by="person",
        who="ann-1",
    )
