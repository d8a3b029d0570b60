import pytest

from domain.errors import InvalidInput
from domain.market.timeframe import DAILY, Timeframe, TimeUnit


@pytest.mark.parametrize(
    ("text", "seconds"), [("1m", 60), ("15m", 900), ("4h", 14_400), ("1d", 86_400), ("1w", 604_800)]
)
def test_a_spelling_has_its_nominal_length(text: str, seconds: int) -> None:
    assert Timeframe.parse(text).seconds == seconds
    assert Timeframe.parse(text).nanoseconds == seconds * 10**9


def test_a_spelling_is_read_whatever_its_case_and_written_back_in_small_letters() -> None:
    assert str(Timeframe.parse(" 15H ")) == "15h"


@pytest.mark.parametrize("text", ["", "d", "0d", "1x", "-1d", "1.5h", "1 d", "day", "99999m"])
def test_another_spelling_is_refused_and_the_form_is_shown(text: str) -> None:
    with pytest.raises(InvalidInput, match="like 1d or 15m") as refusal:
        Timeframe.parse(text)

    assert refusal.value.problems[0].path == ("timeframe",)


@pytest.mark.parametrize("text", ["1M", " 3M ", "1MO"])
def test_a_capital_m_is_refused_because_it_could_mean_a_month(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"could mean months.*small m") as refusal:
        Timeframe.parse(text)

    assert refusal.value.problems[0].path == ("timeframe",)


def test_only_bars_shorter_than_a_day_are_intraday() -> None:
    assert Timeframe.parse("23h").is_intraday
    assert not DAILY.is_intraday
    assert not Timeframe(24, TimeUnit.HOUR).is_intraday
