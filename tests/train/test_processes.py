"""How many processes train together: what is said and what is refused where it is another number than before."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from train.running.processes import one_on_cpu, processes_of, require_same_processes
from train.running.run_folder import start_training_run
from train.stages import Stage, WrongSettings


@pytest.mark.parametrize(
    ("environment", "is_said"),
    [
        pytest.param({}, False, id="no launcher"),
        pytest.param({"ACCELERATE_USE_CPU": "True"}, True, id="accelerate launch --cpu"),
        pytest.param({"ACCELERATE_USE_CPU": "False"}, False, id="accelerate launch on a GPU"),
        pytest.param({"ACCELERATE_USE_CPU": "true", "WORLD_SIZE": "2"}, False, id="two processes"),
    ],
)
def test_one_process_on_a_cpu_is_said_where_accelerate_started_it(environment: Mapping[str, str], is_said: bool):
    assert ("torchrun --nproc_per_node" in one_on_cpu(environment)) is is_said
    assert processes_of(environment) == int(environment.get("WORLD_SIZE", 1))


@pytest.mark.parametrize("stage", ["grpo", "sft"])
def test_a_run_goes_on_with_its_own_number_of_processes(
    stage: Stage, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    run = start_training_run(tmp_path / "run", stage, {}, {}, {})
    require_same_processes(run, 1, is_main=True)  # nothing of it was trained yet
    run.begin_session({"processes": 2})
    require_same_processes(run, 2, is_main=True)
    assert capsys.readouterr().err == ""
    if stage == "grpo":
        with pytest.raises(WrongSettings, match=r"processes: 2 in .*, 1 now"):
            require_same_processes(run, 1, is_main=True)
    else:
        require_same_processes(run, 1, is_main=True)
        assert "begun by 2 processes and resumed by 1" in capsys.readouterr().err
