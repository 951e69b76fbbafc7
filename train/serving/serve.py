"""Serve a trained policy with an OpenAI-compatible API, on this machine only (paper §5.1 asks at temperature 0).

vLLM serves it: its CUDA build where there is a GPU, its CPU build elsewhere; an adapter is served on its base. transformers'
own server is the light way for a small whole model: one request at a time, no schema, fit for talking and for a short
examination. Sampling is the client's: what a model's folder would have answers sampled with (Qwen2.5: a repetition penalty
of 1.05) is left out, for it would hold at temperature 0 too; only the tokens that end an answer are taken from there.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, NamedTuple, NoReturn

from graphs.own_environment import cache_folder
from graphs.schema import digest
from train.running.trained_model import Facts, TrainedModel, write_generation_config
from train.serving.environment import Build

Engine = Literal["vllm", "transformers"]
HOST = "127.0.0.1"
_RANKS = (8, 16, 32, 64, 128, 256, 320, 512)
"""The sizes that vLLM takes for an adapter's rank."""
_NARROWEST_HEAD = 32
_KEPT = ("HOME", "LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH", "PATH", "PYTHONPATH", "TMPDIR", "TZ")
_KEPT_KINDS = ("CUDA_", "HF_", "NCCL_", "NVIDIA_", "OMP_", "VLLM_")
"""What the server gets of this process' environment: no keys of model endpoints."""
_SERVER = (
    "import sys; from transformers.cli.serve import Serve; Serve(sys.argv[1], host=sys.argv[2], port=int(sys.argv[3]))"
)


class CannotServe(ValueError):
    """A model or a setting that cannot be served; says why and what to do."""


class Start(NamedTuple):
    """How a server is started."""

    command: list[str]
    environment: dict[str, str]
    folder: Path
    """Where it is started."""


def has_gpu() -> bool:
    """Whether a CUDA GPU can be seen. The torch that is installed here may be the CPU build and would not know."""
    if not (found := shutil.which("nvidia-smi")):
        return False
    listed = subprocess.run([found, "-L"], capture_output=True, text=True, check=False)
    return listed.returncode == 0 and "GPU" in listed.stdout


def vllm_start(
    model: TrainedModel, known: Facts, build: Build, python: Path, name: str, port: int, longest: int
) -> Start:
    """How vLLM serves a model.

    Args:
        longest: tokens of a prompt with its answer; no more than the model reads.

    Raises:
        CannotServe: this build of vLLM cannot serve this model.
    """
    if build == "cpu" and known.head_dim < _NARROWEST_HEAD:
        raise CannotServe(
            f"{model.folder}: heads of {known.head_dim}, and vLLM's CPU build needs {_NARROWEST_HEAD} or more; "
            "serve it with --engine transformers"
        )
    folder = _served_folder(model, name)
    write_generation_config(folder, known)
    command = [str(python), "-P", "-m", "vllm.entrypoints.openai.api_server"]
    command += ["--host", HOST, "--port", str(port), "--allowed-origins", json.dumps([f"http://{HOST}:{port}"])]
    command += ["--max-model-len", str(min(longest, known.longest)), "--dtype", known.dtype]
    command += ["--generation-config", str(folder), *(_lora(model, name) if model.base else _whole(model, name))]
    if build == "cpu":
        command.append("--enforce-eager")  # compiling takes longer than it saves
    ours = {"VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1", "VLLM_HOST_IP": HOST}
    if build == "cpu":
        ours["VLLM_CPU_KVCACHE_SPACE"] = os.environ.get("VLLM_CPU_KVCACHE_SPACE", "2")
    return Start(command, _environment(model, ours), folder)


def transformers_start(model: TrainedModel, known: Facts, name: str, port: int) -> Start:
    """How transformers' own server serves a whole model.

    Raises:
        CannotServe: it is an adapter, or a package is missing.
    """
    if model.base:
        raise CannotServe(f"{model.folder}: transformers' server takes no adapters; {model.merge_first}")
    if missing := [package for package in ("fastapi", "uvicorn") if find_spec(package) is None]:
        raise CannotServe(f"--engine transformers needs {', '.join(missing)}: pip install 'transformers[serving]'")
    folder = _served_folder(model, name)
    _link(model.folder, folder / name)
    write_generation_config(folder / name, known)
    command = [sys.executable, "-P", "-c", _SERVER, name, HOST, str(port)]
    return Start(command, _environment(model, {"HF_HUB_OFFLINE": "1"}), folder)


def free_port(port: int) -> int:
    """A port of 127.0.0.1 that nobody listens on: the given one, or any for 0.

    Raises:
        CannotServe: something else listens there.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise CannotServe(f"--port {port}: {error.strerror} on {HOST}; name another, or 0 for any") from error
        return probe.getsockname()[1]


def become(start: Start) -> NoReturn:
    """Become the server; what it says goes to stderr."""
    sys.stdout.flush()
    sys.stderr.flush()
    os.dup2(2, 1)
    os.chdir(start.folder)
    os.execve(start.command[0], start.command, start.environment)


def _whole(model: TrainedModel, name: str) -> list[str]:
    return ["--model", str(model.folder), "--served-model-name", name]


def _lora(model: TrainedModel, name: str) -> list[str]:
    """The base under a name of its own, and the adapter with its own tokenizer and chat template."""
    why = _unserved(model.adapter)
    if why:
        raise CannotServe(f"{model.folder}: vLLM serves no adapter with {why}; {model.merge_first}")
    rank = max([int(model.adapter.get("r", 8)), *map(int, (model.adapter.get("rank_pattern") or {}).values())])
    room = next((size for size in _RANKS if size >= rank), None)
    if room is None:
        raise CannotServe(
            f"{model.folder}: an adapter of rank {rank}, and vLLM takes {_RANKS[-1]}; {model.merge_first}"
        )
    return [
        *("--model", str(model.base), "--served-model-name", f"{name}-base", "--tokenizer", str(model.folder)),
        *("--enable-lora", "--max-lora-rank", str(room), "--lora-modules", f"{name}={model.folder}"),
        *_template(model.folder),
    ]


def _template(folder: Path) -> list[str]:
    path = folder / "chat_template.jinja"
    return ["--chat-template", str(path)] if path.is_file() else []


def _unserved(adapter: dict[str, Any]) -> str:
    """What an adapter has that vLLM does not serve; empty where it does."""
    if adapter.get("peft_type") != "LORA":
        return f"peft_type {adapter.get('peft_type')}"
    plainly = {"bias": ("none", None), "init_lora_weights": (True, False, "gaussian", None)}
    switched = ("use_dora", "lora_bias", "modules_to_save", "layer_replication", "trainable_token_indices")
    odd = [name for name in switched if adapter.get(name)]
    odd += [name for name, usual in plainly.items() if adapter.get(name) not in usual]
    return ", ".join(odd)


def _served_folder(model: TrainedModel, name: str) -> Path:
    """A folder of our own for a model that is served: nothing is written into the model's."""
    folder = cache_folder() / "served" / f"{name}-{digest(str(model.folder))[:8]}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _link(model: Path, folder: Path) -> None:
    """The model under another name, without its generation config."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for entry in model.iterdir():
        if entry.name != "generation_config.json":
            (folder / entry.name).symlink_to(entry)


def _environment(model: TrainedModel, ours: dict[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name in _KEPT or name.startswith(_KEPT_KINDS)}
    local = {"HF_HUB_OFFLINE": "1"} if not model.base or Path(model.base).is_dir() else {}
    return {**kept, **local, "HF_HUB_DISABLE_TELEMETRY": "1", **ours}
