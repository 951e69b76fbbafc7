"""From a release to a trained policy: partition, examples, SFT, GRPO with rubric-as-judge rewards (paper §4, §5.1)."""
