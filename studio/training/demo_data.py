"""What the demonstration of training learns from: a pack of few labels and a short policy prompt, dialogues played under it.

A model of a million parameters can neither tell 32 feelings apart nor learn replies of 120 words in a minute. So there are
two labels, the policy prompt is short, of every span but the label the first sentence is learnt, and of the history what
fits. The embedded model's dialogues are almost never hard by Eq. 4, so this pack's gates are higher: more attempts fail.
"""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from graphs.policy_context import PolicySees
from graphs.records import read_header, read_rows, write_rows
from graphs.schema import Situation
from graphs.spans import Spans, parse_spans, render_spans
from personas.pairing import pair_files
from studio.progress_line import progress_line
from studio.releasing import build_from_runs
from studio.running import reaching, run_config, start
from train.examples.partition import partition_release
from train.examples.partition_report import MinHard, PartitionReport
from train.examples.sources import Source, open_source
from train.examples.token_report import PolicyTokenizer
from train.examples.writing import ExampleSettings, read_examples, write_examples
from train.rows import ChatMessage, TrainingExample

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PACKS = Path(__file__).resolve().parents[2] / "prompts"
LABELS = ("joyful", "sad")
UNSEEN = 0.2
"""Share of the personas that neither stage trains on."""
LONGEST_PROMPT_AND_TARGET = 420
"""In tokens, of the replies as they were played; the oldest turns give way."""
GATES = {"empathy": 4, "relevance": 4}
POLICY = """\
---
temperature: 0
max_tokens: 400
intended_model: a model of a million parameters, made on the spot
---
Situation:
{situation}
User:
{persona}
Labels:
{labels}
Answer with four spans:
<|understanding_begin|> <|understanding_end|>
<|reasoning_begin|> <|reasoning_end|>
<|emotion_begin|> <|emotion_end|>
<|response_begin|> <|response_end|>
"""


class Data(NamedTuple):
    """The demonstration's examples, and what they come from."""

    pack: Path
    partition: PartitionReport
    easy: Path
    hard: Path
    unseen: Path
    """Of personas that neither stage trains on; their situations also stand in the other two."""


def play_dialogues(out: Path, dialogues: int, seed: int) -> Path:
    """Pair the examples of few feelings, and play them on the embedded model; returns the run. What is there is not played again."""
    from graphs.session import Means, play_run

    pack = _make_pack(out / "pack" / "tiny")
    situations = out / "situations.jsonl"
    chosen = [row for row in read_rows(EXAMPLES / "situations.jsonl", Situation) if row.emotion in LABELS]
    write_rows(situations, {"kind": "situations"}, chosen)
    pairings = out / "pairings.jsonl"
    pair_files(EXAMPLES / "personas.jsonl", situations, dialogues, seed, pairings, test_personas=0.05)
    config, folder = run_config(pairings, None, str(pack), ["turns=3", "attempts=3"], seed, None)
    run = start(out / "dialogues", config, folder, pairings)
    with reaching(config, None, 32, 120.0, 6, None, seed) as reach, progress_line() as tell:
        play_run(run, Means(reach), tell)
    return run.path


def make_data(out: Path, run: Path, make_model: Callable[[Path, list[str]], object]) -> Data:
    """From played dialogues to examples: release, partition by Eq. 4, examples of the easy and the hard set and of unseen personas.

    Args:
        make_model: makes the model to train in a folder, with a tokenizer of these texts; examples are measured by it.
    """
    from train.groups.held_out import split_by_persona

    release, pack, model = out / "release", out / "pack" / "tiny", out / "model"
    build_from_runs([run], release, drop_shared=False)
    partition = partition_release(release, out / "partition", by="turns", min_hard=MinHard(examples=32, share=0.05))
    sources = {subset: open_source(out / "partition", subset) for subset in ("easy", "hard")}
    if not (model / "config.json").exists():
        make_model(model, list(_texts(sources["easy"], pack, out / "texts.jsonl")))
    made = {
        name: _examples(source, out / f"{name}.jsonl", pack, PolicyTokenizer(model)) for name, source in sources.items()
    }
    _, unseen = split_by_persona([example for rows in made.values() for example in rows], UNSEEN, 0)
    persons = {example.persona for example in unseen}
    rows = {name: [example for example in found if example.persona not in persons] for name, found in made.items()}
    for name, found in (rows | {"unseen": unseen}).items():
        header = read_header(out / f"{'easy' if name == 'unseen' else name}.jsonl")
        write_rows(out / f"{name}.jsonl", header, found)
    return Data(pack, partition, *(out / f"{name}.jsonl" for name in ("easy", "hard", "unseen")))


def _examples(source: Source, path: Path, pack: Path, tokenizer: PolicyTokenizer) -> list[TrainingExample]:
    """The examples of a subset, shortened; the file gets its header here and its rows later."""
    settings = ExampleSettings(sees=PolicySees(persona=False), max_length=LONGEST_PROMPT_AND_TARGET)
    write_examples(source, path, pack=str(pack), settings=settings, tokenizer=tokenizer)
    return [_shortened(example) for example in read_examples(path)[1]]


def _texts(source: Source, pack: Path, spool: Path) -> Iterator[str]:
    """What the tokenizer is trained on: prompts and targets as the model will see them."""
    write_examples(source, spool, pack=str(pack), settings=ExampleSettings(sees=PolicySees(persona=False)))
    for example in read_examples(spool)[1]:
        yield from (message.content for message in (*example.prompt, *_shortened(example).completion))
    spool.unlink()


def _shortened(example: TrainingExample) -> TrainingExample:
    """Of understanding, reasoning and response the first sentence."""
    spans = parse_spans(example.completion[0].content)
    first = (re.split(r"(?<=[.!?;])\s", text)[0] for text in (spans.understanding, spans.reasoning, spans.response))
    understanding, reasoning, response = first
    short = Spans(understanding, reasoning, spans.emotion, response)
    reply = ChatMessage(role="assistant", content=render_spans(short))
    return example.model_copy(update={"completion": (reply,), "reference": response})


def _make_pack(folder: Path) -> Path:
    """The paper's pack with few labels, a higher gate and a short policy prompt."""
    shutil.copytree(PACKS / "kardia", folder, dirs_exist_ok=True)
    path = folder / "pack.yaml"
    pack: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    pack["name"], pack["title"] = folder.name, "The demonstration of training"
    pack["labels"] = {label: pack["labels"][label] for label in LABELS}
    for criterion, gate in GATES.items():
        pack["criteria"][criterion]["fail_below"] = gate
    path.write_text(yaml.safe_dump(pack, sort_keys=False, allow_unicode=True), encoding="utf-8")
    (folder / "policy.md").write_text(POLICY, encoding="utf-8")
    return folder
