"""Letting a model decide what annotators cannot agree on, where it is asked for (Appendix B.2)."""

import asyncio
from collections.abc import Callable

from annotation.project import Project
from annotation.supervise import ROLE, Decided, expected_rulings, supervise
from graphs.llm.build import check_reach
from graphs.watching.progress import Progress
from measure.examination.session import ExaminationMeans, Expected
from studio.examining import Way, reached


def rule_by_model(
    project: Project,
    model: str,
    way: Way,
    budget_usd: float | None,
    tell: Callable[[Progress], None],
    *,
    discussed_only: bool,
) -> Decided:
    """Let a supervising model decide what is still disputed after the discussion (Appendix B.2)."""
    with reached(model, way, (ROLE,)) as reach:
        means = ExaminationMeans(reach, budget_usd)
        return asyncio.run(supervise(project, model, means, tell, discussed_only=discussed_only))


def estimated_rulings(
    project: Project, model: str, way: Way, budget_usd: float | None, *, discussed_only: bool
) -> Expected:
    """What a supervising model would take; checks what it would refuse, decides nothing and calls nothing."""
    with reached(model, way, (ROLE,)) as reach:
        check_reach({ROLE: model}, reach, budget_usd)
        return expected_rulings(project, model, reach, discussed_only=discussed_only)
