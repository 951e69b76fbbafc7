"""What this machine decides for a training: precision, device, processes, and the versions that it has (our choice, §5.1)."""

import platform
from collections.abc import Mapping
from importlib import metadata
from typing import Any

from train.stages import WrongSettings

LIBRARIES = ("kardia-studio", "torch", "transformers", "trl", "peft", "accelerate", "datasets", "tokenizers")


def machine_fields(trl: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of TRL that depend on the machine: bfloat16 where the GPU has it, else float16, and float32 on a CPU.

    Raises:
        WrongSettings: what was given needs a GPU that is not there.
    """
    import torch

    gpu = torch.cuda.is_available() and not trl.get("use_cpu", False)
    if trl.get("fp16") and not gpu:
        raise WrongSettings("fp16: needs a GPU, and this machine has none; leave it out")
    if trl.get("use_cpu") is False and not gpu:
        raise WrongSettings("use_cpu: false, but this machine has no GPU; leave it out")
    if "bf16" in trl or "fp16" in trl:
        return {"use_cpu": not gpu, "bf16": bool(trl.get("bf16")), "fp16": bool(trl.get("fp16"))}
    half = gpu and torch.cuda.is_bf16_supported()
    return {"use_cpu": not gpu, "bf16": half, "fp16": gpu and not half}


def describe_machine(processes: int, fields: Mapping[str, Any]) -> dict[str, Any]:
    """What a session ran on, without names of machines and folders."""
    import torch

    gpu = torch.cuda.is_available() and not fields.get("use_cpu")
    return {
        "device": torch.cuda.get_device_name(0) if gpu else "cpu",
        "processes": processes,
        "precision": "bf16" if fields.get("bf16") else "fp16" if fields.get("fp16") else "float32",
        "python": platform.python_version(),
        "torch_threads": torch.get_num_threads(),
    }


def versions() -> dict[str, str]:
    """Versions of the libraries that a result depends on."""
    found: dict[str, str] = {}
    for name in LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found
