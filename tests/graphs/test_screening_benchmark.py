from benchmarks.screening import clean_dialogues, plant_all, removed_share
from graphs.screening import ScreeningRules


def test_planted_structure_faults_are_found_and_clean_dialogues_stay():
    rules, clean = ScreeningRules(), clean_dialogues(200)
    rows = [row for row in plant_all(clean, rules) if row.kind == "structure"]
    assert sum(row.named for row in rows) >= 0.9 * sum(row.planted for row in rows)
    total, counts = removed_share(clean, rules)
    assert counts["structure"] <= 0.02 * total
