"""Every topic a subscription can listen to."""

from events.bus import Topic


def backtest_progress(workspace_id: str, backtest_id: str) -> Topic:
    """Carries `domain.backtesting.model.BacktestProgress`."""
    return Topic.of("backtest.progress", workspace=workspace_id, id=backtest_id)


def study_progress(workspace_id: str, study_id: str) -> Topic:
    """Carries `domain.research.model.StudyProgress`."""
    return Topic.of("study.progress", workspace=workspace_id, id=study_id)
