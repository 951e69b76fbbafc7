"""Examples and settings of the GRPO runs that tests make."""

from pathlib import Path

from graphs.spans import Spans, render_spans
from train.rows import ChatMessage, TrainingExample

LABELS = ("joyful", "lonely", "proud", "afraid")
SETTINGS = {
    "judge_model": "kardia-demo-1",
    "num_train_epochs": "2",
    "learning_rate": "0.0003",
    "num_generations": "4",
    "global_batch": "8",
    "per_device_train_batch_size": "4",
    "gradient_checkpointing": "false",
    "max_completion_length": "64",
    "save_steps": "1",
    "save_total_limit": "null",
    "held_out_every": "2",
}
"""Six examples of four personas train, two to a step: three steps an epoch."""


def example(number: int) -> TrainingExample:
    reply = render_spans(Spans("It hurts.", "Warm.", LABELS[number % 4], "I hear you."))
    utterance = f"I think of number {number}."
    return TrainingExample(
        id=f"e{number}",
        dialogue=f"d{number}",
        persona=f"p{number % 4}",
        turn=1,
        prompt=(ChatMessage(role="user", content=utterance),),
        completion=(ChatMessage(role="assistant", content=reply),),
        emotion=LABELS[number % 4],
        emotion_from="dialogue",
        person="Username: p",
        situation="(none)",
        dialogue_text=f"[1] user: {utterance}",
        reference="I hear you.",
    )


EXAMPLES = [example(number) for number in range(8)]


def settings_of(model: Path, **changed: str) -> dict[str, str]:
    adapter = {"use_peft": "true", "lora_r": "4", "lora_alpha": "8"} if (model / "adapter_config.json").exists() else {}
    return {**SETTINGS, "model_name_or_path": str(model), **adapter, **changed}
