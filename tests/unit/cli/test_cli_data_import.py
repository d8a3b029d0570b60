"""What a person says about a file of theirs."""

from pathlib import Path
from typing import Any

import pytest

from domain.errors import InvalidInput
from functions.cli.data_import import FileOptions, chosen_source, read_columns


def options(**changed: Any) -> FileOptions:
    given: dict[str, Any] = dict.fromkeys(FileOptions.__dataclass_fields__) | {"column": ()}
    return FileOptions(**(given | changed))


def test_a_named_source_stays_a_name() -> None:
    assert chosen_source("sample", ["GOOG"], options()) == "sample"


def test_a_file_becomes_a_source_of_its_one_instrument() -> None:
    source = chosen_source("file", ["ACME"], options(path=Path("bars.csv"), venue="XNAS"))
    assert not isinstance(source, str)
    assert source.name == "file"
    assert source.symbols() == ("ACME",)


@pytest.mark.parametrize(
    ("symbols", "changed", "paths"),
    [
        ([], {}, ["--path", "--venue", "--symbol"]),
        (["A"], {"path": Path("x.csv")}, ["--venue"]),
        (["A", "B"], {"path": Path("x.csv"), "venue": "XNAS"}, ["--symbol"]),
    ],
)
def test_what_is_missing_for_a_file_is_told_at_once(
    symbols: list[str], changed: dict[str, Any], paths: list[str]
) -> None:
    with pytest.raises(InvalidInput) as refused:
        chosen_source("file", symbols, options(**changed))
    assert [problem.path[0] for problem in refused.value.problems] == paths


def test_file_options_are_refused_for_another_source() -> None:
    with pytest.raises(InvalidInput, match=r"^--time-format: describes a file"):
        chosen_source("sample", ["GOOG"], options(time_format="%d.%m.%Y"))


@pytest.mark.parametrize(("symbols", "everything"), [([], False), (["GOOG"], True)])
def test_everything_a_source_has_is_taken_only_when_asked_for(symbols: list[str], everything: bool) -> None:
    with pytest.raises(InvalidInput, match=r"^--symbol: name at least one"):
        chosen_source("sample", symbols, options(), everything=everything)
    assert chosen_source("sample", [], options(), everything=True) == "sample"


def test_columns_are_read_as_name_and_header() -> None:
    assert read_columns(["close=Adj Close", "time=Date"]) == {"close": "Adj Close", "time": "Date"}


@pytest.mark.parametrize("mappings", [["close"], ["=Last"], ["close="], ["close=Last", "close=Close"]])
def test_a_column_that_cannot_be_meant_is_refused(mappings: list[str]) -> None:
    with pytest.raises(InvalidInput, match=r"^--column"):
        read_columns(mappings)
