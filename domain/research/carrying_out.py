"""One step of a study, carried out by a worker: a pure function of the task and of what is stored."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from domain.errors import Conflict
from domain.ids import WorkspaceId
from domain.research.laboratory import Laboratory
from domain.research.model import Chunk, StudyJob, StudyKind
from domain.research.ports import ChunkAnswer, ResultStore
from domain.research.program import Forgiving, Plan, Program, Staged

_IMPORTED_ANEW = "Bars were imported anew while the study ran; resume it to carry it out on the new ones."


class Step(StrEnum):
    PLAN = "plan"
    RUN = "run"
    GIVE_UP = "give up"
    NEXT = "next"
    REDUCE = "reduce"


@dataclass(frozen=True, slots=True)
class StudyTask:
    """All a worker needs for one step; picklable. life tells a study from itself after it was resumed."""

    id: str
    job: StudyJob
    life: str
    step: Step
    chunk: Chunk | None = None
    plan: Plan | None = None
    reason: str = ""

    @property
    def is_limited_by_step(self) -> bool:
        """The time limit is that of one combination."""
        return True


class StudyWork:
    """Carries out tasks; the same code serves the pool and Lambda.

    Answers: PLAN a Plan, RUN and GIVE_UP the chunk's values (its rows are written), NEXT the chunks to
    come, REDUCE the outcome and its warnings.
    """

    def __init__(
        self,
        *,
        programs: Mapping[StudyKind, Program[Any]],
        laboratory_for: Callable[[WorkspaceId], Laboratory],
        results: ResultStore,
    ) -> None:
        self._programs = programs
        self._laboratory_for = laboratory_for
        self._results = results
        self._life = ""
        self._laboratory: Laboratory | None = None

    def __call__(self, task: StudyTask, report: Callable[[float, str], None]) -> Any:
        """Raises what the program and the stores raise."""
        program = self._programs[task.job.kind]
        laboratory = self._kept_laboratory(task)
        spec = task.job.spec
        if task.step is Step.PLAN:
            return program.plan(spec, laboratory)
        if task.step is Step.NEXT and task.plan is not None:
            assert isinstance(program, Staged)  # noqa: S101 - only such a program is asked
            return tuple(program.next_chunks(spec, task.plan, self._reader(task), laboratory))
        if task.step is Step.REDUCE and task.plan is not None:
            return self._reduced(program, task, task.plan, laboratory)
        assert task.chunk is not None  # noqa: S101 - the other steps are about a chunk
        return self._answered(program, task, task.chunk, laboratory, report)

    def _answered(
        self,
        program: Program[Any],
        task: StudyTask,
        chunk: Chunk,
        laboratory: Laboratory,
        report: Callable[[float, str], None],
    ) -> Mapping[str, Any]:
        if task.step is Step.GIVE_UP:
            assert isinstance(program, Forgiving)  # noqa: S101 - only such a program is asked
            answer = program.give_up(task.job.spec, chunk, laboratory, task.reason)
        else:
            answer = program.run(
                task.job.spec, chunk, laboratory, lambda done: report(done / chunk.runs, "running")
            )
        self._results.write_chunk(task.job.workspace_id, task.job.id, chunk, answer)
        return answer[0]

    def _reduced(
        self, program: Program[Any], task: StudyTask, plan: Plan, laboratory: Laboratory
    ) -> tuple[Mapping[str, Any], tuple[str, ...]]:
        fresh = self._laboratory_for(task.job.workspace_id)
        if program.plan(task.job.spec, fresh).data_hash != plan.data_hash:
            raise Conflict(_IMPORTED_ANEW)
        outcome, warnings = program.reduce(task.job.spec, plan, self._reader(task), laboratory)
        return outcome, tuple(warnings)

    def _reader(self, task: StudyTask) -> Callable[[int], ChunkAnswer]:
        return lambda number: self._results.read_chunk(task.job.workspace_id, task.job.id, number)

    def _kept_laboratory(self, task: StudyTask) -> Laboratory:
        """The bars of one life of one study are kept from task to task; another one reads them anew."""
        if self._laboratory is None or self._life != task.life:
            self._laboratory = self._laboratory_for(task.job.workspace_id)
            self._life = task.life
        return self._laboratory
