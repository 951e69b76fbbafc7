"""The embedded demonstration model: a deterministic, rule-based model behind an OpenAI-compatible endpoint on loopback.

It exists so that everything can be tried without a key or a GPU. It reads its role and its data from the named blocks
of a prompt, answers as a pure function of (server seed, request body), and makes every kind of mistake at set rates.
"""

MODEL_NAME = "kardia-demo-1"
DESCRIPTION = "demonstration model: rule-based text for trying Kardia Studio, not a language model, not for publication"

__all__ = ["DESCRIPTION", "MODEL_NAME"]
