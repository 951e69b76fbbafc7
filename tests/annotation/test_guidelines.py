import pytest

from annotation.guidelines import guidelines
from graphs.packs import load_pack


@pytest.mark.parametrize("name", ["kardia", "studycoach"])
def test_guidelines_say_every_criterion_anchor_and_label_of_the_pack(name):
    pack, text = load_pack(name), guidelines(load_pack(name))
    assert all(label in text for label in pack.settings.labels)
    for criterion in pack.rubric.criteria.values():
        assert criterion.question in text
        assert all(anchor in text for anchor in criterion.anchors.values())
