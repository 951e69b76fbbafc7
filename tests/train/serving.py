"""A trained policy behind a real server, started as people start it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import pytest

from graphs.llm.build import Reach, build_llm
from graphs.llm.limits import Budget
from graphs.llm.prices import FREE
from graphs.prompts import Prompt
from tests.graphs.runs import ROOT


@contextmanager
def served(*arguments: str) -> Generator[dict[str, str]]:
    """`kardia train serve` on any port, once it answers; it ends with the block."""
    command = [sys.executable, "-P", "-m", "studio.cli", "train", "serve", *arguments, "--port", "0", "--json"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ["PYTHONPATH"]])}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout and process.stderr
        said: list[str] = []
        try:
            for line in process.stderr:
                said.append(line)
                if "Application startup complete" in line:
                    break
            else:
                pytest.fail("".join(said[-30:]))
            lines = iter(process.stdout.readline, "}\n")
            yield json.loads("".join([*lines, "}"]))
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)


async def ask(where: dict[str, str], chat: list[Any], max_tokens: int = 200) -> str:
    """Through the one door to any model."""
    llm = build_llm({"policy": where["model"]}, Reach(base_url=where["base_url"], price=FREE, retries=0), Budget())
    prompt = Prompt(chat[0]["content"], chat[-1]["content"], 0.0, max_tokens)
    try:
        return (await llm.complete("policy", prompt, 1)).text
    finally:
        await llm.close()
