"""How many processes train together, and what follows where it is another number than was asked for or before (§5.1)."""

from collections.abc import Mapping

from train.running.run_folder import TrainingRun, last_session
from train.running.saying import say
from train.stages import WrongSettings


def processes_of(environment: Mapping[str, str]) -> int:
    """Those of the launcher; one without a launcher."""
    return int(environment.get("WORLD_SIZE", "1"))


def one_on_cpu(environment: Mapping[str, str]) -> str:
    """What is to be known of `accelerate launch --cpu`: it starts one process, however many were asked for; else empty."""
    if environment.get("ACCELERATE_USE_CPU", "").lower() != "true" or "WORLD_SIZE" in environment:
        return ""
    return (
        "one process trains: accelerate launch --cpu starts one, whatever --num_processes says; for more of them give "
        "torchrun --nproc_per_node N -m studio and the rest of this command"
    )


def require_same_processes(run: TrainingRun, processes: int, *, is_main: bool) -> None:
    """Hold a run that goes on to its number of processes: each has its own random numbers, and in GRPO its own groups.

    Raises:
        WrongSettings: a GRPO run is resumed by more or fewer of them. Other stages go on, and say that the curve is another.
    """
    before = last_session(run.path).get("processes", processes)
    if before == processes:
        return
    if run.stage == "grpo":
        raise WrongSettings(
            f"processes: {before} in {run.path}, {processes} now; candidates and random numbers are shared out over them: start "
            f"{before} again, or take another --out"
        )
    if is_main:
        say(f"begun by {before} processes and resumed by {processes}: it goes on, but not as the same curve")
