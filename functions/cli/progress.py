"""Progress bars on stderr with the time that is left; silent where nobody watches."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from functions.cli.output import notes_console


@contextmanager
def progress_bar(title: str) -> Iterator[Callable[[float, str], None]]:
    """Gives a function that moves the bar to a fraction in [0, 1] and names the stage."""
    console = notes_console()
    if not console.is_terminal:
        yield _silent
        return
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(title, total=1.0)

        def move(fraction: float, stage: str) -> None:
            bar.update(task, completed=fraction, description=f"{title}: {stage}" if stage else title)

        yield move


def _silent(fraction: float, stage: str) -> None:
    """Nobody watches: a log of percentages would only hide the errors."""
