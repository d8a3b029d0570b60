"""What is fetched of studies and comparisons as a page or a file."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Annotated, Literal, Protocol

import anyio.to_thread
from fastapi import Depends, FastAPI, Path, Query, Request
from fastapi.responses import HTMLResponse, Response, StreamingResponse

from domain.errors import InvalidInput
from domain.ids import BacktestId, WorkspaceId
from domain.research.model import StudyId
from trader_graphql.authentication import Caller
from trader_graphql.backtests.queries import backtest_id
from trader_graphql.connections import split_id
from trader_graphql.research.mutations import SHOWN_AS

MEDIA_TYPES = {"csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet"}
_PREFIX = "st_"


class ServedResearch(Protocol):
    """What these routes need of the wired platform; `functions.bootstrap` makes it."""

    def study_report(self, workspace_id: WorkspaceId, study_id: StudyId) -> str: ...

    def study_rows(
        self, workspace_id: WorkspaceId, study_id: StudyId, form: Literal["csv", "parquet"]
    ) -> Iterator[bytes]: ...

    def comparison_report(self, workspace_id: WorkspaceId, backtest_ids: Sequence[BacktestId]) -> str: ...


def study_id(text: str) -> StudyId:
    """From the id of the API, or from the st_… that the command line shows. Raises InvalidInput."""
    if text.startswith(_PREFIX):
        return StudyId(text)
    kind, key = split_id(text)
    if kind not in {shown.TYPE for shown in SHOWN_AS.values()}:
        raise InvalidInput.at("id", message=f"names a {kind}, which is no study")
    return StudyId(key)


def add_study_downloads(
    app: FastAPI, application: ServedResearch, caller: Callable[[Request], Awaitable[Caller]]
) -> None:
    """The routes below /studies and /comparisons; caller refuses who may not read."""
    key = Annotated[
        str, Path(alias="id", description="The id of the API, or the st_… the command line shows.")
    ]
    several = Annotated[
        list[str],
        Query(
            alias="id",
            default_factory=list,
            description="Runs to compare, in the order they are shown: id=bt_…&id=bt_….",
        ),
    ]
    known_caller = Annotated[Caller, Depends(caller)]

    @app.get("/studies/{id}/report.html", tags=["studies"], response_class=HTMLResponse)
    async def study_report(id_: key, known: known_caller) -> Response:
        """The report of a completed sweep, walk-forward or evaluation, one self-contained page."""
        workspace, study = known.principal.workspace_id, study_id(id_)
        return HTMLResponse(await anyio.to_thread.run_sync(application.study_report, workspace, study))

    @app.get("/studies/{id}/runs.{form}", tags=["studies"], response_class=StreamingResponse)
    async def study_rows(id_: key, form: Literal["csv", "parquet"], known: known_caller) -> Response:
        """The rows of a study, one a run, of the chunks finished so far; undefined values are empty."""
        workspace, study = known.principal.workspace_id, study_id(id_)
        blocks = await anyio.to_thread.run_sync(application.study_rows, workspace, study, form)
        headers = {"content-disposition": f'attachment; filename="{study}-runs.{form}"'}
        return StreamingResponse(blocks, media_type=MEDIA_TYPES[form], headers=headers)

    @app.get("/comparisons/report.html", tags=["comparisons"], response_class=HTMLResponse)
    async def comparison_report(ids: several, known: known_caller) -> Response:
        """Completed backtests side by side, one self-contained page."""
        runs = [backtest_id(text) for text in ids]
        html = await anyio.to_thread.run_sync(
            application.comparison_report, known.principal.workspace_id, runs
        )
        return HTMLResponse(html)
