"""Merging an adapter: the whole model says what base and adapter said, and stands in no need of either."""

from pathlib import Path

import pytest
import torch

from train.merge import merge
from train.models import load_model, load_tokenizer
from train.running.manifest import read_manifest
from train.running.trained_model import NoModel
from train.settings import ModelSettings
from train.sft import train_sft
from train.stages import WrongSettings


@pytest.fixture(scope="module")
def adapter_run(tiny_model: Path, examples_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("merge") / "run"
    settings = {
        "model_name_or_path": str(tiny_model),
        "use_peft": "true",
        "lora_r": "4",
        "learning_rate": "5e-2",
        "global_batch": "8",
        "max_steps": "3",
        "use_cpu": "true",
    }
    train_sft(None, examples_file, run, settings)
    return run


def logits(settings: ModelSettings) -> torch.Tensor:
    tokens = load_tokenizer(settings)("I keep thinking of the storm.", return_tensors="pt")["input_ids"]
    with torch.no_grad():
        return load_model(settings).model.eval()(input_ids=tokens).logits


def test_the_merged_model_says_what_the_adapter_said_and_not_what_the_base_says(
    adapter_run: Path, tiny_model: Path, tmp_path: Path
):
    out = merge(adapter_run, tmp_path / "whole")
    adapter = ModelSettings(model_name_or_path=str(adapter_run / "final"), use_peft=True, lora_r=4)
    whole = logits(ModelSettings(model_name_or_path=str(out)))
    assert torch.allclose(whole, logits(adapter), atol=1e-5)
    assert not torch.allclose(whole, logits(ModelSettings(model_name_or_path=str(tiny_model))), atol=1e-3)


def test_the_merged_folder_holds_tokenizer_template_manifest_and_card(adapter_run: Path, tmp_path: Path):
    out = merge(adapter_run / "final", tmp_path / "whole")
    manifest = read_manifest(out)
    assert not manifest.adapter and manifest.step == 3
    assert (out / "README.md").read_text().startswith("---\nlibrary_name: transformers")
    assert load_tokenizer(ModelSettings(model_name_or_path=str(out))).chat_template
    assert not (out / "adapter_config.json").exists()


def test_what_is_no_adapter_or_would_be_overwritten_is_refused(adapter_run: Path, tiny_model: Path, tmp_path: Path):
    with pytest.raises(WrongSettings, match="a whole model already"):
        merge(tiny_model, tmp_path / "whole")
    with pytest.raises(WrongSettings, match=r"^out: "):
        merge(adapter_run, tmp_path)
    with pytest.raises(NoModel):
        merge(tmp_path, tmp_path / "whole")
    assert not (tmp_path / "whole").exists()


def test_an_adapter_is_trained_on_only_in_its_own_shape(adapter_run: Path):
    final = str(adapter_run / "final")
    with pytest.raises(WrongSettings, match=r"^use_peft: .* holds an adapter"):
        load_model(ModelSettings(model_name_or_path=final))
    with pytest.raises(WrongSettings, match=r"^lora_r: 8, but the adapter in .* has 4"):
        load_model(ModelSettings(model_name_or_path=final, use_peft=True, lora_r=8))
    policy = load_model(ModelSettings(model_name_or_path=final, use_peft=True, lora_r=4))
    trained = {name for name, parameter in policy.model.named_parameters() if parameter.requires_grad}
    assert trained and all("lora_" in name for name in trained)
    assert policy.peft_config is None
