"""A workspace of people who wish us ill: markup, scripts, beacons, formulas and odd signs wherever foreign text stands.

Each plant carries a word of its own, once. Where that word is seen on a page, all that stands before it in the plant must be
seen too, sign by sign: nothing of it was taken for markup.
"""

import json
import shutil
from pathlib import Path
from typing import Any

from graphs.forks import Change, fork
from graphs.journal import Slot
from graphs.records import write_rows
from graphs.runs import start_run
from graphs.schema import Pairing, Persona, Situation
from graphs.spans import Spans, parse_spans, render_spans, span_violations
from studio.running import run_config
from studio.workspace import Workspace
from tests.graphs.counting import counting_endpoint
from tests.graphs.loopback import role_of
from tests.graphs.runs import ROOT
from tests.studio.workspace_fixture import Ground, play, refined_at

PLANTS = {
    "zqscript": "<script>alert(1)</script>zqscript",
    "zqimage": "<img src=http://beacon.invalid/x onerror=alert(1)>zqimage",
    "zqpicture": "![zqpicture](http://beacon.invalid/y)",
    "zqlink": "[zqlink](javascript:alert(1))",
    "zqicon": ":material/home: zqicon",
    "zqsmile": ":smile: :red[zqsmile]",
    "zqmath": "$x^2$ zqmath",
    "zqformula": "=cmd|' /C calc'!A1 zqformula",
    "zqbold": "**`zqbold`** # _x_",
    "zqvalue": "{persona} zqvalue",
    "zqturned": "\u202ezqturned\u202c",
    "zqzero": "zq\u200bzero",
    "zqentity": "&lt;i&gt;zqentity",
    "zqlong": "zqlong" + "W" * 300,
}
PLANT = " ".join(PLANTS.values())
SHORT = PLANTS["zqimage"]
RUN = "=run :red[zqrun] $x$ <img src=x onerror=alert(1)>"
PACK = ":red[zqpack] <b>"
LABEL = "![zqlabel](http:beacon.invalid)"
"""A label may hold no < > | and a folder no /, so these two are what gets through."""
CRITERION = "**relevance** `zqcriterion` $x$"
FILE = "![zqfile](javascript:alert(1)) <img src=x onerror=alert(1)>.jsonl"
REFUSED = "user_refused"


def make_hostile(root: Path) -> Ground:
    """Write the personas and situations, and play them against an endpoint whose every answer is hostile too."""
    root.mkdir(parents=True)
    pack = _pack(root / "prompts" / PACK)
    pairings = _rows(root)
    config, folder = run_config(pairings, None, str(pack), ["turns=4", "attempts=2"], 0, None)
    run = start_run(root / "runs" / RUN, config, folder, pairings)
    with counting_endpoint(change=_worsened) as endpoint:
        play(run, endpoint.url)
        dialogue = refined_at(run, turn=3)
        forked = fork(run, dialogue, Slot(3, 0, "user_simulator"), Change(utterance=f"Other words. {PLANT}"))
        play(forked, endpoint.url)
    return Ground(root, RUN, dialogue, Workspace(root).name(forked.path), PACK, RUN)


def _pack(folder: Path) -> Path:
    shutil.copytree(ROOT / "prompts" / "kardia", folder)
    settings = folder / "pack.yaml"
    text = settings.read_text(encoding="utf-8")
    title = next(line for line in text.splitlines() if line.startswith("title:"))
    text = text.replace(title, f"title: {json.dumps(PLANT, ensure_ascii=False)}")
    text = text.replace("\nlabels:\n", f"\nlabels:\n  {json.dumps(LABEL)}: {{valence: -0.5, arousal: 0.4}}\n", 1)
    text = text.replace("  relevance:\n    question: ", f"  {json.dumps(CRITERION)}:\n    question: ", 1)
    settings.write_text(text, encoding="utf-8")
    template = folder / "responder.md"
    sentence = PLANT.replace(PLANTS["zqvalue"], "")
    template.write_text(template.read_text(encoding="utf-8") + sentence + "\n", encoding="utf-8")
    return folder


def _rows(root: Path) -> Path:
    told = dict.fromkeys(("gender", "relationship", "occupation", "about", "signature", "style"), PLANT)
    people = [
        Persona(id=name, mbti="INFP", activities=(PLANT, SHORT), **told)
        for name in ("user_a:smile:b", "user_**bold**".replace("*", "_"), REFUSED)
    ]
    events = [Situation(id=f"s-{n}", emotion=LABEL if n else "sad", text=f"{PLANT} {n}") for n in range(2)]
    events.append(Situation(id="s-formula", emotion="angry", text=PLANTS["zqformula"]))
    met = [(person, event) for person in people[:2] for event in events] + [(people[2], events[0])]
    rows = [
        Pairing(id=f"d{number:05d}:smile:__b__", persona=person, situation=event, split="train")
        for number, (person, event) in enumerate(met, start=1)
    ]
    write_rows(root / "personas.jsonl", {"kind": "personas"}, people)
    write_rows(root / "situations.jsonl", {"kind": "situations"}, events)
    write_rows(root / FILE, {"kind": "pairings"}, rows)
    return root / FILE


def _worsened(body: dict[str, Any], completion: dict[str, Any]) -> dict[str, Any]:
    """The embedded model's answer with plants in every text that it holds; one person is refused with a plant."""
    if REFUSED in json.dumps(body["messages"]):
        return {"error": {"message": PLANT, "code": "400"}}
    message = completion["choices"][0]["message"]
    role = role_of(body)
    if role == "responder":
        message["content"] = _worse_reply(message["content"])
    else:
        message["content"] = json.dumps(_worse_json(json.loads(message["content"])))
    return completion


def _worse_reply(reply: str) -> str:
    if span_violations(reply):
        return reply
    understanding, reasoning, emotion, response = parse_spans(reply)
    worse = Spans(f"{understanding} {PLANT}", f"{reasoning} {PLANT}", emotion, f"{response} {PLANT}")
    return render_spans(worse)


def _worse_json(answer: dict[str, Any]) -> dict[str, Any]:
    for name in ("message", "critique"):
        if name in answer:
            answer[name] = f"{answer[name]} {PLANT}"
    for mark in answer.get("criteria", {}).values():
        mark |= {"reason": f"{mark['reason']} {PLANT}", "evidence": f"{mark['evidence']} {SHORT}"}
    return answer
