"""What to do about an alarm of the sentinel, by its rule (train/ledger/sentinel_rules.py)."""

_ADVICE = {
    "praise": "Read what is praised: the judge pays for flattery. Stop, word the judge's criterion against praise in the pack, and go on from an earlier checkpoint with a run of its own.",
    "template": "Replies to other prompts begin alike. Raise beta, lower the learning rate, or go on from an earlier checkpoint; see whether the judge marks the opening alone.",
    "judge_talk": "The policy talks to its judge. Stop: the judge's prompt lets itself be spoken to. Mend the pack's judge.md, and begin again from the SFT model.",
    "word": "One word stands in most replies. Look what marks it brings, and whether the judge quotes it as evidence; raise beta.",
    "format_alone": "The reward grows by its form alone. Lower lambda_format, or go on with SFT until the format stands, then let GRPO work on the rest.",
    "no_variance": "Candidates of a group are all worth the same. Sample hotter (temperature), take more candidates (num_generations), or harder examples.",
    "failures": "The judge fails too often. See the reasons in the ledger (Judge failed), then its endpoint, its deadline and its prompt.",
    "second_judge": "The two judges disagree. Read samples where they differ most; until it is known who is right, do not take the best checkpoint by reward.",
    "second_judge_gap": "The reward's judge is won over and the second one is not: a sign of reward hacking. Stop and compare samples with those of an earlier step.",
    "length": "Replies have grown or shrunk a lot. See whether the judge pays for length; set max_completion_length, raise beta.",
    "clipped": "Many replies do not end by themselves. Raise max_completion_length, or train SFT longer: the end token is not learnt.",
    "labels": "The policy names few labels any more. See Named against Gold in the ledger; balance the examples by label, raise beta.",
    "entropy": "The policy hardly varies: from equal candidates nothing is learnt. Lower the learning rate, raise beta or the temperature.",
    "kl": "The policy has gone far from the SFT model. Raise beta or lower the learning rate, and go on from an earlier checkpoint.",
}
_ELSE = (
    "Read samples of that step beside earlier ones, and stop the run if the replies got worse while the reward rose."
)


def what_to_do(rule: str) -> str:
    """One or two sentences on an alarm's rule."""
    return _ADVICE.get(rule, _ELSE)
