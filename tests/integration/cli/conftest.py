"""One data folder a module: most tests read what a first command stored."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit.cli import isolated


@pytest.fixture(scope="module")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Data that the tests of a module share."""
    with isolated(tmp_path_factory.mktemp("data")) as folder:
        yield folder


@pytest.fixture
def empty_folder(tmp_path: Path) -> Iterator[Path]:
    """A data folder nobody has used."""
    with isolated(tmp_path / "data") as folder:
        yield folder
