"""`data`: import, list, check and show; a bad file never changes what is stored."""

from pathlib import Path

import pytest

from tests.kit.cli import agentic_trader

HEADER = "Date,Open,High,Low,Last,Volume\n"
GOOD = HEADER + "2024-01-02,10,12,9,11,1000\n2024-01-03,11,13,10,12,1000\n2024-01-04,12,14,11,13,900\n"
FILE = ("data", "import", "file", "--symbol", "ACME", "--venue", "XNAS", "--column", "close=Last")


def csv_file(folder: Path, text: str | bytes) -> str:
    path = folder / "bars.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


def test_sources_are_listed_without_asking_the_network(shared_folder: Path) -> None:
    names = [source["name"] for source in agentic_trader("data", "sources", "--json").document]
    assert names == ["alpaca", "binance", "sample", "yahoo", "file"]
    offered = agentic_trader("data", "sources", "sample", "--json").document
    assert offered == {"name": "sample", "symbols": ["AAPL", "FB", "GOOG", "IBM", "MSFT"]}
    assert agentic_trader("data", "sources", "sample").stdout.split() == offered["symbols"]
    assert agentic_trader("data", "sources", "bogus").code == 3


def test_the_sample_is_imported_listed_checked_and_shown(shared_folder: Path) -> None:
    (imported,) = agentic_trader("data", "import", "sample", "--symbol", "GOOG", "--json").document
    assert (imported["instrument"], imported["rows"], imported["rows_imported"]) == (
        "GOOG.XNAS",
        2_148,
        2_148,
    )
    again = agentic_trader("data", "import", "sample", "--symbol", "GOOG", "--json").document
    assert again[0]["data_hash"] == imported["data_hash"]

    (listed,) = agentic_trader("data", "list", "--json", "--source", "sample").document
    assert listed["data_hash"] == imported["data_hash"]
    assert "GOOG.XNAS" in agentic_trader("data", "list").stdout

    checked = agentic_trader("data", "check", "GOOG", "--json").document
    assert checked["report"]["rows_checked"] == 2_148
    assert "2,148 rows checked" in agentic_trader("data", "check", "GOOG.XNAS").stdout

    shown = agentic_trader("data", "show", "GOOG", "--last", "2", "--to", "2012-12-31", "--json").document
    assert [bar["close_time"][:10] for bar in shown["bars"]] == ["2012-12-28", "2012-12-31"]
    assert "2012-12-31" in agentic_trader("data", "show", "GOOG", "--to", "2012-12-31").stdout
    assert agentic_trader("data", "show", "GOOG", "--from", "2030-01-01", "--json").document["bars"] == []


def test_a_file_is_imported_with_its_own_headers(empty_folder: Path, tmp_path: Path) -> None:
    (imported,) = agentic_trader(*FILE, "--path", csv_file(tmp_path, GOOD), "--json").document
    assert (imported["instrument"], imported["source"], imported["rows"]) == ("ACME.XNAS", "file", 3)
    shown = agentic_trader("data", "show", "ACME", "--json").document
    assert [bar["close"] for bar in shown["bars"]] == [11.0, 12.0, 13.0]


def test_rows_that_break_a_rule_are_refused_or_left_out_as_one_chooses(
    empty_folder: Path, tmp_path: Path
) -> None:
    bad = csv_file(tmp_path, GOOD + "2024-01-05,12,9,11,13,900\n")
    refused = agentic_trader(*FILE, "--path", bad, "--json")
    assert refused.code == 2
    assert "Nothing was imported" in refused.document["error"]["message"]
    assert refused.document["error"]["problems"][0]["path"][0] == "ACME"
    assert agentic_trader("data", "list", "--json").document == []

    (kept,) = agentic_trader(*FILE, "--path", bad, "--on-error", "quarantine", "--json").document
    assert (kept["rows"], kept["report"]["rows_quarantined"]) == (3, 1)
    shown = agentic_trader(*FILE, "--path", bad, "--on-error", "quarantine")
    assert "error" in shown.stdout
    assert "1 rows were left out" in shown.stderr


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (HEADER.replace("Last", "Settle") + "2024-01-02,1,1,1,1,1\n", "no column 'Last'"),
        (GOOD.replace("2024-01-03", "yesterday"), "yesterday"),
        ("", "is empty"),
        (b"PAR1 this is not a Parquet file", "damaged"),
        (GOOD.replace("13,10,12,1000", "x,10,12,1000"), "'x' is not a number"),
    ],
)
def test_a_file_that_cannot_be_read_changes_nothing(
    empty_folder: Path, tmp_path: Path, text: str | bytes, sentence: str
) -> None:
    assert agentic_trader(*FILE, "--path", csv_file(tmp_path, GOOD)).code == 0
    before = agentic_trader("data", "list", "--json").document
    refused = agentic_trader(*FILE, "--path", csv_file(tmp_path, text), "--json")
    assert refused.code == 2
    assert sentence in refused.document["error"]["message"]
    assert "Traceback" not in refused.stderr
    assert agentic_trader("data", "list", "--json").document == before


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (
            ["data", "import", "file", "--symbol", "A", "--venue", "XNAS", "--path", "gone.csv"],
            2,
            "no file 'gone.csv'",
        ),
        (["data", "import", "bogus", "--symbol", "A"], 3, "There is no source 'bogus'."),
        (["data", "import", "sample", "--symbol", "ZZZZ"], 3, "There is no symbol 'ZZZZ'."),
        (["data", "import", "sample"], 2, "--symbol: name at least one"),
        (["data", "import", "sample", "--symbol", "GOOG", "--timeframe", "day"], 2, "--timeframe: 'day'"),
        (["data", "import", "sample", "--symbol", "GOOG", "--timeframe", "1m"], 2, "--timeframe"),
        (
            ["data", "import", "sample", "--symbol", "GOOG", "--from", "2012-02-01", "--to", "2012-01-01"],
            2,
            "--from: 2012-02-01 is after --to 2012-01-01",
        ),
        (
            ["data", "import", "sample", "--symbol", "GOOG", "--from", "2030-01-01"],
            2,
            "no bars in this range",
        ),
        (["data", "import", "sample", "--symbol", "GOOG", "--venue", "XNAS"], 2, "--venue: describes a file"),
        (["data", "check", "GOOG"], 3, "'GOOG'"),
        (["data", "show", "GOOG"], 3, "'GOOG'"),
    ],
)
def test_wrong_input_is_one_sentence(
    empty_folder: Path, arguments: list[str], code: int, sentence: str
) -> None:
    refused = agentic_trader(*arguments, "--json")
    assert refused.code == code
    assert sentence in refused.document["error"]["message"]
    assert "Traceback" not in refused.stderr
    assert agentic_trader("data", "list", "--json").document == []


def test_an_empty_folder_says_how_to_begin(empty_folder: Path) -> None:
    assert "agentic-trader data import sample" in agentic_trader("data", "list").stdout
