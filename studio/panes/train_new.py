"""The dialog that starts a training run: stage, settings to begin from, examples, what differs; a dry run before it is launched."""

import shlex
from pathlib import Path

import streamlit as st

from studio.panes.train_address import go
from studio.panes.train_card import STAGES as TITLES
from studio.runs.endpoints import endpoints
from studio.training.launching import (
    STAGES,
    Config,
    DryRun,
    Plan,
    argv,
    configs,
    dry_run,
    free_name,
    further,
    judge_changes,
    launch,
    trained_models,
)
from studio.training.sources import source_files
from studio.widgets.page import fault, faults
from studio.workspace import Workspace
from train.stages import Stage

_OPEN, _TRIED = "new-training-is-open", "new-training-tried"
_AS_IT_SAYS = "as the settings say"
_LABELS = {
    "num_train_epochs": ("Epochs", "paper §5.1: 2"),
    "learning_rate": ("Learning rate", "paper §5.1: 1e-4 for SFT, 1e-6 for GRPO"),
    "global_batch": ("Global batch", "paper §5.1: 128 for SFT, 32 for GRPO"),
    "num_generations": ("Candidates a prompt", "N of Eq. 6; paper §5.1: 8"),
    "beta": ("Beta", "Weight of the KL term to the SFT model; the paper is silent"),
    "max_completion_length": ("Longest completion", "In tokens; a longer one is cut off"),
}
_FIELDS: dict[str, tuple[str, ...]] = {
    "sft": ("num_train_epochs", "learning_rate", "global_batch"),
    "grpo": tuple(_LABELS),
    "reward_model": ("num_train_epochs", "learning_rate", "global_batch"),
}


def new_training(workspace: Workspace) -> None:
    """The button that opens the dialog; it stays open when the page is drawn anew behind it."""
    if st.button("New training", icon=":material/add:", type="primary", shortcut="N"):
        st.session_state[_OPEN] = True
    if st.session_state.get(_OPEN):
        _dialog(workspace)


def _close() -> None:
    for key in (_OPEN, _TRIED):
        st.session_state.pop(key, None)


def _dialog(workspace: Workspace) -> None:
    @st.dialog("New training", position="right", width=560, on_dismiss=_close)
    def dialog() -> None:
        with faults():
            _launch(workspace, _plan(workspace))

    dialog()


def _plan(workspace: Workspace) -> Plan | None:
    stage: Stage = st.segmented_control("Stage", STAGES, default="sft", required=True, format_func=TITLES.__getitem__) or "sft"  # fmt: skip
    name = st.text_input("Name", value=free_name(workspace, stage), key=f"new-training-name-{stage}")
    known = {config.name: config for config in configs(workspace, stage)}
    config = known[
        st.selectbox("Settings", list(known), key=f"new-training-config-{stage}", help="A recipe, or a YAML file of this workspace.")
    ]  # fmt: skip
    source = _source(workspace, stage)
    changes = _model(workspace, config) | _changes(config)
    options: dict[str, str] = {}
    if stage == "grpo" and config.fields.get("outcome", "rubric") == "rubric":
        judge, price = _judge(workspace, config)
        changes, options = changes | judge, _money(config, price)
    changes |= further(st.text_area("More settings", placeholder="use_peft: true\nseed: 7", height=80, help="TRL's field names, one a line."))  # fmt: skip
    return Plan(name or "", config, source, changes, options) if source else None


def _source(workspace: Workspace, stage: Stage) -> Path | None:
    kind = "preferences" if stage == "reward_model" else "examples"
    files = source_files(workspace, kind)
    if not files:
        way = "kardia train examples makes one" if kind == "examples" else "see the guide on reward models"
        st.caption(f"No file of {kind} in this workspace; {way}\\.")
        return None
    names = {path: path.relative_to(workspace.root).as_posix() for path in files}
    return Path(st.selectbox(kind.capitalize(), files, format_func=names.__getitem__, key=f"new-training-{kind}"))


def _model(workspace: Workspace, config: Config) -> dict[str, str]:
    """The model to begin from: the settings' own, or one that was trained here."""
    own = str(config.fields.get("model_name_or_path", ""))
    options = list(dict.fromkeys([own, *trained_models(workspace)]))
    chosen = st.selectbox(
        "Model", options, key=f"new-training-model-{config.name}", accept_new_options=True,
        help="The settings' own, a run of this workspace, a folder, or a name on the Hub.",
    )  # fmt: skip
    return {"model_name_or_path": str(chosen)} if chosen and chosen != own else {}


def _changes(config: Config) -> dict[str, str]:
    """The main settings; those that were changed."""
    found: dict[str, str] = {}
    names = _FIELDS[config.stage]
    for at in range(0, len(names), 3):
        for column, name in zip(st.columns(3), names[at : at + 3], strict=False):
            label, why = _LABELS[name]
            given = config.fields.get(name)
            said = "" if given is None else f"{given:g}" if isinstance(given, float) else str(given)
            text = column.text_input(label, said, key=f"new-training-{name}-{config.name}", help=why, placeholder=_AS_IT_SAYS)  # fmt: skip
            if text.strip() and text.strip() != said:
                found[name] = text.strip()
    return found


def _judge(workspace: Workspace, config: Config) -> tuple[dict[str, str], str]:
    """The judge's settings, and its price as kardia.yaml has it."""
    ends = endpoints(workspace)
    said = f"{config.fields.get('judge_model', '')}, {_AS_IT_SAYS}".strip(", ")
    titles = {"": said} | {name: f"{name}  ·  {end.model}" for name, end in ends.items()}
    chosen = st.selectbox("Judge", list(titles), format_func=titles.__getitem__, key=f"new-training-judge-{config.name}", help="Names and addresses stand in kardia.yaml.")  # fmt: skip
    if not chosen:
        return {}, ""
    return judge_changes(ends[chosen]), ends[chosen].price or ""


def _money(config: Config, price: str) -> dict[str, str]:
    """What the judge costs and may cost, as options of the command."""
    left, right = st.columns(2)
    given = left.text_input("Price of the judge", price, key=f"new-training-price-{config.name}-{price}", placeholder="looked up", help="US dollars per million tokens, IN,OUT.")  # fmt: skip
    most = right.text_input("Budget", key=f"new-training-budget-{config.name}", placeholder="no ceiling", help="US dollars. The run stops cleanly when its judges have cost so much.")  # fmt: skip
    return {name: text.strip() for name, text in (("--price", given), ("--budget-usd", most)) if text.strip()}


def _launch(workspace: Workspace, plan: Plan | None) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.space("stretch")
        tries = st.button("Dry run", shortcut="E", disabled=plan is None, type="tertiary", help="Checks everything, and says what it will take.")  # fmt: skip
        goes = st.button("Launch", type="primary", shortcut="Ctrl+Enter", disabled=plan is None)
    if plan is None:
        return
    if goes:
        name = launch(workspace, plan)
        _close()
        go({"run": name})
    if tries:
        with st.spinner("The same command with --dry-run"):
            st.session_state[_TRIED] = (plan, dry_run(workspace, plan))
    tried: tuple[Plan, DryRun] | None = st.session_state.get(_TRIED)
    if tried and tried[0] == plan:
        if tried[1].refused:
            fault(tried[1].text)
        else:
            st.code(tried[1].text, language=None, wrap_lines=True)
    with st.expander("The same on the command line"):
        st.code(shlex.join(["kardia", *argv(plan), "--out", f"training/{plan.name}"]), language=None, wrap_lines=True)
