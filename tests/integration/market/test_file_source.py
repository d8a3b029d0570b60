"""Files as people have them: their columns, their dates, and what is wrong with them."""

from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from domain.clock import from_nanoseconds
from domain.errors import InvalidInput
from domain.market.adapters.file_times import Stamp, TimeReading
from domain.market.adapters.files import FileLayout, FileSource
from domain.market.instruments import AssetClass, Instrument
from domain.market.quality import RawBars
from domain.market.timeframe import DAILY, Timeframe

ACME = Instrument("ACME", "XNYS")
COIN = Instrument("COIN/USD", "KRAKEN", AssetClass.CRYPTO)
HOURLY = Timeframe.parse("1h")
HEADER = "time,open,high,low,close,volume\n"


def _read(
    folder: Path,
    content: str | bytes,
    *,
    layout: FileLayout | None = None,
    instrument: Instrument = ACME,
    timeframe: Timeframe = DAILY,
    name: str = "bars.csv",
) -> RawBars:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return FileSource(path, instrument, layout).fetch(instrument.symbol, timeframe, None, None).bars


def _closes(bars: RawBars) -> list[datetime]:
    return [from_nanoseconds(time) for time in bars.close_time.tolist()]


def _stamped(*stamps: str) -> str:
    return HEADER + "".join(f"{stamp},1,2,1,2,9\n" for stamp in stamps)


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _reading(**options: object) -> FileLayout:
    return FileLayout(times=TimeReading(**options))  # type: ignore[arg-type]  # options of the reading


# What is read


def test_columns_are_found_by_the_names_vendors_give_them(tmp_path: Path) -> None:
    bars = _read(tmp_path, "Date,Open, High,Low,Close/Last,Vol.,Adj Close\n2020-01-02,1,4,0.5,3,100,2.9\n")

    assert [bars.open[0], bars.high[0], bars.low[0], bars.close[0], bars.volume[0]] == [1, 4, 0.5, 3, 100]


def test_columns_can_be_mapped(tmp_path: Path) -> None:
    layout = FileLayout(columns={"time": "Tag", "open": "Eröffnung", "close": "Schluss"})

    bars = _read(tmp_path, "Tag,Eröffnung,high,low,Schluss,volume\n2020-01-02,1,4,0.5,3,9\n", layout=layout)

    assert (bars.open[0], bars.close[0]) == (1, 3)


def test_semicolons_with_decimal_commas_and_a_byte_order_mark_are_read(tmp_path: Path) -> None:
    content = "\ufeffDate;Open;High;Low;Close;Volume\n2020-01-02;1,5;4,25;0,5;3;100\n"

    bars = _read(tmp_path, content)

    assert [bars.open[0], bars.high[0], bars.low[0], bars.close[0]] == [1.5, 4.25, 0.5, 3]


def test_a_delimiter_can_be_named(tmp_path: Path) -> None:
    bars = _read(
        tmp_path, "time~open~high~low~close~volume\n2020-01-02~1~2~1~2~9\n", layout=FileLayout(delimiter="~")
    )

    assert bars.close.tolist() == [2]


def test_a_date_becomes_the_close_of_its_session(tmp_path: Path) -> None:
    bars = _read(tmp_path, _stamped("2020-07-02", "2020-11-27", "2020-12-31"))

    assert _closes(bars) == [_utc("2020-07-02T20:00"), _utc("2020-11-27T18:00"), _utc("2020-12-31T21:00")]


@pytest.mark.parametrize(
    "stamp", ["2020-07-02", "2020/07/02", "20200702", "2020-07-02 00:00:00", "2020-07-02T00:00"]
)
def test_a_date_may_be_written_in_several_ways(tmp_path: Path, stamp: str) -> None:
    assert _closes(_read(tmp_path, _stamped(stamp))) == [_utc("2020-07-02T20:00")]


@pytest.mark.parametrize(
    ("stamp", "pattern"), [("02.07.2020", "%d.%m.%Y"), ("07/02/20", "%m/%d/%y"), ("2 Jul 2020", "%d %b %Y")]
)
def test_another_way_of_writing_dates_can_be_named(tmp_path: Path, stamp: str, pattern: str) -> None:
    bars = _read(tmp_path, _stamped(stamp), layout=_reading(format=pattern))

    assert _closes(bars) == [_utc("2020-07-02T20:00")]


def test_an_open_stamp_becomes_the_close_and_the_last_hour_ends_with_the_session(tmp_path: Path) -> None:
    content = _stamped("2020-07-02T09:30", "2020-07-02T10:30", "2020-07-02T15:30")

    bars = _read(tmp_path, content, layout=_reading(timezone="America/New_York"), timeframe=HOURLY)

    assert _closes(bars) == [_utc("2020-07-02T14:30"), _utc("2020-07-02T15:30"), _utc("2020-07-02T20:00")]


def test_a_close_stamp_is_taken_as_it_is(tmp_path: Path) -> None:
    layout = _reading(timezone="America/New_York", stamp=Stamp.CLOSE)

    bars = _read(
        tmp_path, _stamped("2020-01-02T10:30", "2020-07-02T16:00:00.5"), layout=layout, timeframe=HOURLY
    )

    assert _closes(bars) == [_utc("2020-01-02T15:30"), _utc("2020-07-02T20:00:00.5")]


@pytest.mark.parametrize(
    "stamp",
    [
        "2020-07-02T14:00Z",
        "2020-07-02 14:00:00 UTC",
        "2020-07-02T10:00:00-04:00",
        "2020-07-02 10:00:00-0400",
        "2020-07-02 16:00 +02",
        "1593698400",
        "1593698400000",
        "1593698400000000000",
    ],
)
def test_a_moment_may_be_written_in_several_ways(tmp_path: Path, stamp: str) -> None:
    bars = _read(tmp_path, _stamped(stamp), layout=_reading(stamp=Stamp.CLOSE), timeframe=HOURLY)

    assert _closes(bars) == [_utc("2020-07-02T14:00")]


def test_date_and_time_may_stand_in_two_columns(tmp_path: Path) -> None:
    content = "<DATE>;<TIME>;<OPEN>;<HIGH>;<LOW>;<CLOSE>;<VOL>\n2020-07-02;14:00;1;2;1;2;9\n"

    bars = _read(tmp_path, content, layout=_reading(timezone="UTC"), timeframe=HOURLY)

    assert _closes(bars) == [_utc("2020-07-02T15:00")]


def test_a_day_of_a_market_that_never_closes_ends_at_midnight(tmp_path: Path) -> None:
    assert _closes(_read(tmp_path, _stamped("2020-07-02"), instrument=COIN)) == [_utc("2020-07-03T00:00")]


def test_a_week_stamped_with_its_first_day_ends_with_its_last(tmp_path: Path) -> None:
    bars = _read(tmp_path, _stamped("2020-06-29"), timeframe=Timeframe.parse("1w"))

    assert _closes(bars) == [_utc("2020-07-06T04:00")]


def test_summer_and_winter_time_of_the_named_zone_are_not_mixed_zones(tmp_path: Path) -> None:
    content = _stamped("2020-01-02T10:00-05:00", "2020-07-02T10:00-04:00")

    bars = _read(
        tmp_path, content, layout=_reading(timezone="America/New_York", stamp=Stamp.CLOSE), timeframe=HOURLY
    )

    assert _closes(bars) == [_utc("2020-01-02T15:00"), _utc("2020-07-02T14:00")]


def test_an_empty_value_is_left_for_the_quality_checks_to_find(tmp_path: Path) -> None:
    bars = _read(tmp_path, HEADER + "2020-01-02,,2,1,NaN,9\n")

    assert np.isnan([bars.open[0], bars.close[0]]).all()


def test_an_index_needs_no_volume(tmp_path: Path) -> None:
    index = Instrument("SPX", "XNYS", AssetClass.INDEX)

    bars = _read(tmp_path, "date,open,high,low,close\n2020-01-02,1,2,1,2\n", instrument=index)

    assert bars.volume.tolist() == [0]


def test_a_file_without_rows_has_no_bars(tmp_path: Path) -> None:
    assert len(_read(tmp_path, HEADER)) == 0


@pytest.mark.parametrize(
    "times",
    [
        pl.Series([date(2020, 7, 2)]),
        pl.Series([datetime(2020, 7, 2)]),  # noqa: DTZ001 - a naive column is the case
        pl.Series([datetime(2020, 7, 2, 4, tzinfo=UTC)]),
        pl.Series(["2020-07-02"]),
        pl.Series([1_593_662_400_000]),
    ],
    ids=["date", "naive midnight", "aware open", "text", "unix milliseconds"],
)
def test_parquet_is_read_whatever_type_its_times_have(tmp_path: Path, times: pl.Series) -> None:
    path = tmp_path / "bars.parquet"
    pl.DataFrame({"t": times, "o": [1], "h": [2.0], "l": [1.0], "c": [2.0], "v": [9]}).write_parquet(path)

    bars = FileSource(path, ACME).fetch("ACME", DAILY, None, None).bars

    assert _closes(bars) == [_utc("2020-07-02T20:00")]


# What is refused


def _refusal(folder: Path, content: str | bytes, **options: object) -> str:
    with pytest.raises(InvalidInput) as refusal:
        _read(folder, content, **options)  # type: ignore[arg-type]  # options of the reader
    assert str(folder) not in str(refusal.value)
    return str(refusal.value)


def test_a_missing_column_is_named_with_the_columns_there_are(tmp_path: Path) -> None:
    message = _refusal(tmp_path, "Date,Open,Price\n2020-01-02,1,2\n")

    assert "no column 'high', 'low', 'close', 'volume'; it has 'Date', 'Open', 'Price'" in message


def test_a_mapped_column_that_is_missing_is_named_as_the_caller_wrote_it(tmp_path: Path) -> None:
    message = _refusal(tmp_path, _stamped("2020-01-02"), layout=FileLayout(columns={"close": "Last"}))

    assert "no column 'Last'" in message


def test_an_unknown_name_in_the_mapping_is_refused(tmp_path: Path) -> None:
    message = _refusal(tmp_path, _stamped("2020-01-02"), layout=FileLayout(columns={"klose": "close"}))

    assert "'klose' cannot be mapped; choose from 'time', 'open'" in message


@pytest.mark.parametrize(
    ("stamps", "row", "value"),
    [
        (["2020-01-02", "2020-13-45"], 3, "2020-13-45"),
        (["2020-01-02", "yesterday"], 3, "yesterday"),
        (["13/01/2020", "14/01/2020"], 2, "13/01/2020"),
        (["2020-01-02", "0020-01-03"], 3, "0020-01-03"),
        (["2020-01-02T10:00Z", "2020-01-02T25:00Z"], 3, "2020-01-02T25:00Z"),
        (["1593698400", "soon"], 3, "soon"),
    ],
)
def test_a_wrong_date_is_named_with_its_row(tmp_path: Path, stamps: list[str], row: int, value: str) -> None:
    assert f"row {row}: '{value}' is" in _refusal(tmp_path, _stamped(*stamps))


def test_an_empty_date_is_named_with_its_row(tmp_path: Path) -> None:
    assert "row 3: an empty value is no date or time" in _refusal(tmp_path, _stamped("2020-01-02", ""))


def test_stamps_with_and_without_a_zone_are_mixed(tmp_path: Path) -> None:
    message = _refusal(tmp_path, _stamped("2020-01-02T10:00Z", "2020-01-02T11:00"), timeframe=HOURLY)

    assert "row 3: '2020-01-02T11:00' differs from row one in having a time zone or not" in message


def test_stamps_of_several_zones_are_mixed(tmp_path: Path) -> None:
    content = _stamped("2020-01-02T10:00-05:00", "2020-01-02T11:00+01:00")

    assert "mixes time zones (+01:00, -05:00)" in _refusal(tmp_path, content, timeframe=HOURLY)
    message = _refusal(tmp_path, content, timeframe=HOURLY, layout=_reading(timezone="America/New_York"))
    assert "row 3: '2020-01-02T11:00+01:00' is not the time of America/New_York" in message


def test_intraday_stamps_without_a_zone_are_not_guessed(tmp_path: Path) -> None:
    assert "carry no time zone" in _refusal(tmp_path, _stamped("2020-01-02T10:00"), timeframe=HOURLY)


def test_an_hour_that_happens_twice_is_not_guessed(tmp_path: Path) -> None:
    message = _refusal(
        tmp_path, _stamped("2020-11-01T01:30"), timeframe=HOURLY, layout=_reading(timezone="America/New_York")
    )

    assert "row 2: '2020-11-01T01:30' happens twice or never in America/New_York" in message


def test_an_unknown_zone_is_refused(tmp_path: Path) -> None:
    assert "'EDT5' is not a time zone" in _refusal(
        tmp_path, _stamped("2020-01-02"), layout=_reading(timezone="EDT5")
    )


def test_dates_are_too_little_for_intraday_bars(tmp_path: Path) -> None:
    assert "too little for 1h bars" in _refusal(tmp_path, _stamped("2020-01-02"), timeframe=HOURLY)


@pytest.mark.parametrize("value", ["abc", '"1,234"', "1.2.3", "$5"])
def test_a_value_that_is_no_number_is_named_with_its_row(tmp_path: Path, value: str) -> None:
    message = _refusal(tmp_path, HEADER + f"2020-01-02,1,2,1,2,9\n2020-01-03,1,2,1,{value},9\n")

    assert message == f"close: row 3: '{value.strip(chr(34))}' is not a number"


def test_a_row_with_too_many_values_is_refused(tmp_path: Path) -> None:
    assert "not a table with equal rows" in _refusal(
        tmp_path, _stamped("2020-01-02") + "2020-01-03,1,2,1,2,9,7,8\n"
    )


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    assert "not UTF-8 text" in _refusal(tmp_path, HEADER.encode() + b"2020-01-02,1,2,\xff\xfe,2,9\n")


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    assert "'bars.csv' is empty" in _refusal(tmp_path, "")


@pytest.mark.parametrize("content", [b"", b"PAR1 and then nothing", b"time,open\n"])
def test_a_corrupt_parquet_file_is_refused(tmp_path: Path, content: bytes) -> None:
    assert "'bars.parquet' is damaged or is not a Parquet file" in _refusal(
        tmp_path, content, name="bars.parquet"
    )


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"there is no file 'gone\.csv'"):
        FileSource(tmp_path / "gone.csv", ACME).fetch("ACME", DAILY, None, None)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be opened"):
        FileSource(tmp_path, ACME).fetch("ACME", DAILY, None, None)


def test_prices_that_are_no_numbers_in_parquet_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "bars.parquet"
    day = [date(2020, 7, 2)]
    pl.DataFrame({"t": day, "o": day, "h": [2.0], "l": [1.0], "c": [2.0], "v": [9]}).write_parquet(path)

    with pytest.raises(InvalidInput, match="'o' holds Date, not numbers"):
        FileSource(path, ACME).fetch("ACME", DAILY, None, None)
