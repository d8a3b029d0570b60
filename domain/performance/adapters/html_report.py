"""The tear sheet as one HTML file: no network, works without JavaScript, light, dark and on paper."""

from domain.clock import NANOSECONDS_PER_DAY
from domain.performance.adapters import formatting
from domain.performance.adapters.charts.heatmap import MONTHS, calendar
from domain.performance.adapters.charts.histogram import histogram_chart
from domain.performance.adapters.charts.performance import performance_chart
from domain.performance.adapters.charts.rolling import rolling_chart
from domain.performance.adapters.charts.trade_marks import price_charts
from domain.performance.adapters.drawdowns_view import drawdown_rows
from domain.performance.adapters.facts_view import facts
from domain.performance.adapters.page import render_page
from domain.performance.adapters.specification_view import specification
from domain.performance.adapters.statistics_view import grouped, headline
from domain.performance.adapters.trades_view import listed_trades
from domain.performance.conventions import CONVENTIONS
from domain.performance.tear_sheet import TearSheet


def render(sheet: TearSheet) -> str:
    """The report of one run as a complete HTML document.

    Everything in it that came from outside is escaped. Long series are drawn by the lowest and
    highest value of each stretch, so the size stays the same for any number of bars.
    Raises MissingExtra when the template engine is not installed.
    """
    intraday = _is_intraday(sheet)
    charts = {
        "performance": performance_chart(sheet, intraday=intraday),
        "distribution": histogram_chart(sheet.returns.value, sheet.statistics),
        "rolling": rolling_chart(sheet.returns, sheet.statistics.periods_per_year),
    }
    values = {
        "title": sheet.title,
        "kind": "Backtest report",
        "sheet": sheet,
        "currency": sheet.currency,
        "charts": charts,
        "prices": price_charts(sheet, intraday=intraday),
        "headline": headline(sheet.statistics, sheet.benchmark_statistics, sheet.currency),
        "groups": grouped(sheet.statistics, sheet.benchmark_statistics, sheet.currency),
        "years": calendar(sheet.tables),
        "month_names": MONTHS,
        "drawdowns": drawdown_rows(sheet.tables),
        "trades": listed_trades(sheet, intraday=intraday),
        "conventions": CONVENTIONS,
        "spec": specification(sheet.spec),
        "provenance": facts(sheet.provenance),
        "period": _period(sheet),
        "intraday": intraday,
        "created": None if sheet.created_at is None else formatting.moment(sheet.created_at),
    }
    return render_page("tear_sheet.html", values)


def _is_intraday(sheet: TearSheet) -> bool:
    """Whether some bars are shorter than a day, so that a date alone would not name one."""
    times = sheet.close_time
    return times.shape[0] > 1 and bool((times[1:] - times[:-1]).min() < NANOSECONDS_PER_DAY * 3 // 4)


def _period(sheet: TearSheet) -> str:
    first, last = formatting.day(sheet.statistics.start), formatting.day(sheet.statistics.end)
    bars = formatting.counted(sheet.close_time.shape[0], "bar", "bars")
    return f"{first} to {last} · {bars}"
