"""The wheel, built as a release is and used from a folder that knows nothing of the checkout."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
USE = """
import domain, trader_graphql
from pathlib import Path
from functions.bootstrap import compose
from functions.settings import Settings
assert "unpacked" in domain.__file__ and "unpacked" in trader_graphql.__file__, domain.__file__
application = compose(Settings(data_folder=Path("data")), inline=True)
application.upgrade_database()
print(len(application.services.strategies().list()))
application.close()
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    checkout = folder / "checkout"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(checkout)], check=True)
    built = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(checkout)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_what_the_code_reads_at_run_time(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for wanted in (
        "domain/py.typed",
        "domain/backtesting/_kernel.pyi",
        "domain/performance/adapters/tear_sheet.html",
        "domain/performance/adapters/page.css",
        "domain/performance/adapters/page.js",
        "domain/performance/adapters/page.html",
        "domain/performance/adapters/figures.html",
        "domain/research/adapters/reports/study.css",
        "domain/research/adapters/reports/sweep.html",
        "domain/storage/migrations/env.py",
        "agentic_trader/generated.py",
        "trader_graphql/schema.py",
    ):
        assert wanted in names
    compiled = {name.split(".")[0] for name in names if name.endswith(".so")}
    assert compiled == {
        "domain/backtesting/_kernel",
        "domain/backtesting/_prices",
        "domain/backtesting/_sweep",
        "domain/features/_events",
        "domain/features/_rolling",
        "domain/orders/_book",
        "domain/orders/_working",
    }
    assert [name for name in names if name.startswith(("tests/", "graphql/"))] == []


def test_the_wheel_works_from_any_folder(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path / "unpacked")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    script = f"import sys; sys.path.insert(0, {str(tmp_path / 'unpacked')!r})\n{USE}"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=elsewhere, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 10
