"""The schema as Python types and methods. Written by `make schema` from graphql/schema.graphql."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol

from agentic_trader.objects import ApiInput, ApiObject, Page, arguments
from agentic_trader.transport import carried_out


class Adjustment(StrEnum):
    """Which corporate actions prices are adjusted for. BOOKED leaves prices as they were traded, and a run carries the actions out in its account."""

    NONE = "NONE"
    SPLITS = "SPLITS"
    TOTAL_RETURN = "TOTAL_RETURN"
    BOOKED = "BOOKED"


class Aggregate(StrEnum):
    """How the runs that share a cell of a heat map become one number."""

    BEST = "BEST"
    MEAN = "MEAN"
    MEDIAN = "MEDIAN"


class Answer(StrEnum):
    """What a check says. UNCLEAR is not a pass."""

    HOLDS = "HOLDS"
    FAILS = "FAILS"
    UNCLEAR = "UNCLEAR"


class AssetClass(StrEnum):
    """The kind of thing an instrument is."""

    EQUITY = "EQUITY"
    ETF = "ETF"
    INDEX = "INDEX"
    FX = "FX"
    CRYPTO = "CRYPTO"


class BacktestStatus(StrEnum):
    """Where a run stands. COMPLETED, FAILED and CANCELLED never change."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


class Direction(StrEnum):
    """Which way a statistic is better."""

    MAXIMISE = "MAXIMISE"
    MINIMISE = "MINIMISE"


class FillPrice(StrEnum):
    """The price at which a decision made at the close of a bar is carried out. SAME_CLOSE is optimistic."""

    NEXT_OPEN = "NEXT_OPEN"
    NEXT_CLOSE = "NEXT_CLOSE"
    SAME_CLOSE = "SAME_CLOSE"


class LimitFill(StrEnum):
    """What a price must do to fill a limit order inside a bar. TOUCHED is optimistic."""

    CROSSED = "CROSSED"
    TOUCHED = "TOUCHED"


class OnError(StrEnum):
    """What an import does with rows that break an error rule."""

    REFUSE = "REFUSE"
    QUARANTINE = "QUARANTINE"


class QuantityRule(StrEnum):
    """How a wanted amount becomes an order quantity."""

    INSTRUMENT = "INSTRUMENT"
    WHOLE_LOTS = "WHOLE_LOTS"
    FRACTIONAL = "FRACTIONAL"


class Role(StrEnum):
    """What a caller may do; each role may do all that the ones before it may."""

    VIEWER = "VIEWER"
    TRADER = "TRADER"
    ADMIN = "ADMIN"


class SearchMethod(StrEnum):
    """How combinations are chosen. BAYESIAN needs the extra `search`."""

    GRID = "GRID"
    RANDOM = "RANDOM"
    LATIN_HYPERCUBE = "LATIN_HYPERCUBE"
    BAYESIAN = "BAYESIAN"


class Severity(StrEnum):
    """An error makes a row unusable; a warning is kept with the data."""

    ERROR = "ERROR"
    WARNING = "WARNING"


class StudyKind(StrEnum):
    """What a study asks."""

    SWEEP = "SWEEP"
    WALK_FORWARD = "WALK_FORWARD"
    EVALUATION = "EVALUATION"


class StudyStatus(StrEnum):
    """Where a study stands. COMPLETED never changes; FAILED and CANCELLED can be resumed."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


class TierPeriod(StrEnum):
    """Over what the notional of commission tiers adds up."""

    ORDER = "ORDER"
    MONTH = "MONTH"


class WindowScheme(StrEnum):
    """ROLLING chooses on a window that moves, ANCHORED on everything since the start."""

    ROLLING = "ROLLING"
    ANCHORED = "ANCHORED"


class BacktestFilter(ApiInput):
    """Which runs a listing holds; what is left out matches all."""

    status: BacktestStatus | None = None
    strategy: str | None = None
    instrument: str | None = None


class CommissionTierInput(ApiInput):
    """The commission of that part of the notional that lies above a threshold."""

    over: float
    bps: float


class CostsInput(ApiInput):
    """What trading costs. What is left out has the default of a retail account, not zero."""

    commission_fixed: float | None = None
    commission_per_share: float | None = None
    commission_bps: float | None = None
    commission_minimum: float | None = None
    commission_maximum_bps: float | None = None
    commission_bps_passive: float | None = None
    commission_tiers: Sequence[CommissionTierInput] | None = None
    commission_tier_period: TierPeriod | None = None
    spread_bps: float | None = None
    slippage_bps: float | None = None
    impact_bps: float | None = None
    fx_bps: float | None = None
    borrow_rate: float | None = None
    margin_rate: float | None = None
    funding_rate: float | None = None


class SizingInput(ApiInput):
    """How target weights become quantities, and what the account may do."""

    quantity: QuantityRule | None = None
    max_leverage: float | None = None
    initial_margin: float | None = None
    maintenance_margin: float | None = None
    stop_loss: float | None = None
    take_profit: float | None = None
    max_volume_share: float | None = None


class BacktestSpecInput(ApiInput):
    """Everything that decides the result of a run."""

    strategy: str
    instruments: Sequence[str]
    parameters: Any = None
    timeframe: str | None = None
    source: str | None = None
    from_: date | None = None
    to: date | None = None
    initial_cash: Decimal | None = None
    currency: str | None = None
    costs: CostsInput | None = None
    fill: FillPrice | None = None
    limit_fill: LimitFill | None = None
    sizing: SizingInput | None = None
    adjustment: Adjustment | None = None
    close_delisted: bool | None = None
    benchmark: str | None = None
    seed: int | None = None


class ObjectiveInput(ApiInput):
    """A statistic to be as high, or as low, as it can be."""

    statistic: str | None = None
    direction: Direction | None = None


class ParameterRangeInput(ApiInput):
    """Values of one parameter: listed, or from low to high inclusive."""

    name: str
    values: Sequence[Any] | None = None
    low: float | None = None
    high: float | None = None
    step: float | None = None
    log: bool | None = None


class PeriodInput(ApiInput):
    """First and last bar, inclusive; null is all there is."""

    from_: date | None = None
    to: date | None = None


class SweepSpecInput(ApiInput):
    """Parameters, instruments and periods to be varied, and what makes one better."""

    backtest: BacktestSpecInput
    space: Sequence[ParameterRangeInput]
    constraints: Sequence[str] | None = None
    method: SearchMethod | None = None
    samples: int | None = None
    objectives: Sequence[ObjectiveInput] | None = None
    each_instrument: bool | None = None
    periods: Sequence[PeriodInput] | None = None
    patience: int | None = None
    confirmed_runs: int | None = None
    seed: int | None = None


class Slice(ApiObject):
    """Return periods of one label, chained as if the others had not been."""

    label: str
    periods: int
    first: date
    last: date
    total_return: float
    annual_return: float | None
    sharpe: float | None
    max_drawdown: float
    profit: float
    profit_share: float | None


class Breakdown(ApiObject):
    """A result by calendar, or by the market's regime as it was known at the time."""

    by: str
    rule: str
    slices: tuple[Slice, ...] | None = None


class BestDays(ApiObject):
    """What the best few days made, and what is left without them."""

    count: int
    of: int
    profit: float
    profit_share: float | None
    return_without: float


class Coefficient(ApiObject):
    """An estimate with its error."""

    name: str
    value: float
    standard_error: float | None
    t_statistic: float | None
    p_value: float | None


class FactorRegression(ApiObject):
    """Returns on factors by least squares, with Newey-West errors. Alpha is per return period."""

    alpha: Coefficient
    alpha_annual: float | None
    betas: tuple[Coefficient, ...] | None = None
    r_squared: float | None
    residual_volatility: float
    periods: int
    lags: int


class Anatomy(ApiObject):
    """Where a result comes from."""

    breakdowns: tuple[Breakdown, ...] | None = None
    best_days: tuple[BestDays, ...] | None = None
    regression: FactorRegression | None


class ApiKey(ApiObject):
    """A key that opens this workspace. Its secret is shown once, when it is made."""

    id: str
    name: str
    prefix: str
    role: Role
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


class CommissionTier(ApiObject):
    """The commission of that part of the notional that lies above a threshold."""

    over: float
    bps: float


class Costs(ApiObject):
    """What trading costs."""

    commission_fixed: float
    commission_per_share: float
    commission_bps: float
    commission_minimum: float
    commission_maximum_bps: float | None
    commission_bps_passive: float | None
    commission_tiers: tuple[CommissionTier, ...] | None = None
    commission_tier_period: TierPeriod
    spread_bps: float
    slippage_bps: float
    impact_bps: float
    fx_bps: float
    borrow_rate: float
    margin_rate: float
    funding_rate: float


class Sizing(ApiObject):
    """How target weights become quantities."""

    quantity: QuantityRule
    max_leverage: float
    initial_margin: float | None
    maintenance_margin: float | None
    stop_loss: float | None
    take_profit: float | None
    max_volume_share: float | None


class BacktestSpec(ApiObject):
    """Everything that decides a result, with every default filled in. Two runs of one spec on one data hash are identical."""

    strategy: str
    parameters: Any
    instruments: tuple[str, ...]
    timeframe: str
    source: str | None
    from_: date | None
    to: date | None
    initial_cash: Decimal
    currency: str
    costs: Costs
    fill: FillPrice
    fill_is_optimistic: bool
    limit_fill: LimitFill
    sizing: Sizing
    adjustment: Adjustment
    close_delisted: bool
    benchmark: str | None
    seed: int


class Statistics(ApiObject):
    """Every number of the tear sheet. Shares are fractions: 0.12 is twelve per cent; drawdowns and losses are negative; undefined is null. `statisticConventions` says how each is measured."""

    final_equity: float
    total_return: float
    annual_return: float | None
    volatility: float | None
    sharpe: float | None
    probabilistic_sharpe: float | None
    sortino: float | None
    calmar: float | None
    max_drawdown: float
    max_drawdown_start: date | None
    max_drawdown_trough: date | None
    max_drawdown_end: date | None
    max_drawdown_days: int | None
    time_under_water: float
    skew: float | None
    kurtosis: float | None
    value_at_risk_95: float | None
    conditional_value_at_risk_95: float | None
    tail_ratio: float | None
    best_month: float | None
    worst_month: float | None
    exposure: float
    turnover: float | None
    trades: int
    open_trades: int
    win_rate: float | None
    profit_factor: float | None
    expectancy: float | None
    sqn: float | None
    kelly: float | None
    average_bars_held: float | None
    best_trade: float | None
    worst_trade: float | None
    fees_paid: float
    slippage_paid: float
    financing_paid: float
    benchmark_return: float | None
    excess_return: float | None
    alpha: float | None
    beta: float | None
    correlation: float | None
    information_ratio: float | None
    periods_per_year: int
    return_periods: int
    start: date
    end: date


class Drawdown(ApiObject):
    """A fall from a peak of equity."""

    start: date
    trough: date
    end: date | None
    depth: float
    days: int


class PeriodReturn(ApiObject):
    """Compounded return of a calendar month, or of a year when `month` is null."""

    year: int
    month: int | None
    value: float


class Provenance(ApiObject):
    """What a result was made from."""

    data_hash: str
    code_version: str
    seed: int
    bars: int
    first_bar: datetime
    last_bar: datetime
    duration_seconds: float


class Download(ApiObject):
    """A file that can be fetched with the same credentials."""

    name: str
    url: str


class Backtest(ApiObject):
    """One run of one specification."""

    id: str
    identifier: str
    status: BacktestStatus
    progress: float
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    failure: str | None
    spec: BacktestSpec
    statistics: Statistics | None
    benchmark_statistics: Statistics | None
    drawdowns: tuple[Drawdown, ...] | None = None
    monthly_returns: tuple[PeriodReturn, ...] | None = None
    yearly_returns: tuple[PeriodReturn, ...] | None = None
    warnings: tuple[str, ...]
    provenance: Provenance | None
    report_url: str | None
    downloads: tuple[Download, ...] | None = None


class BacktestProgress(ApiObject):
    """Where a run stands at this moment."""

    id: str
    status: BacktestStatus
    progress: float
    stage: str
    failure: str | None


class Bar(ApiObject):
    """Prices and volume of one bar. Stamped with its close: the moment all of it is known."""

    close_time: datetime
    open: float
    high: float
    low: float
    close: float
    volume: float


class NamedValue(ApiObject):
    """A statistic of a combination, by its name in Statistics."""

    name: str
    value: float | None


class Combination(ApiObject):
    """Parameters and what they came to: the mean over instruments and periods."""

    number: int
    parameters: Any
    scores: tuple[float | None, ...]
    statistics: tuple[NamedValue, ...] | None = None


class ComparedPoint(ApiObject):
    """Value of each run over its value on the first common day."""

    day: date
    values: tuple[float, ...]


class ComparedStatistic(ApiObject):
    """One statistic, one value a run in the order asked for."""

    name: str
    values: tuple[Any, ...]


class SpecDifference(ApiObject):
    """A field of the specification that is not the same in all runs."""

    path: str
    values: tuple[Any, ...]
    is_term: bool


class SharpeTest(ApiObject):
    """Whether the Sharpe ratios of two runs differ by more than luck."""

    first: str
    second: str
    difference: float | None
    p_value: float | None


class Comparison(ApiObject):
    """Runs side by side, in the order asked for."""

    backtests: tuple[str, ...]
    statistics: tuple[ComparedStatistic, ...] | None = None
    differences: tuple[SpecDifference, ...] | None = None
    curves: tuple[ComparedPoint, ...] | None = None
    correlations: tuple[tuple[float | None, ...], ...]
    sharpe_tests: tuple[SharpeTest, ...] | None = None
    warnings: tuple[str, ...]


class CreatedApiKey(ApiObject):
    """`CreatedApiKey` of the schema."""

    key: ApiKey
    secret: str


class DeletedBacktest(ApiObject):
    """What was deleted; its id names nothing any more."""

    id: str


class DeletedStudy(ApiObject):
    """What was deleted; its id names nothing any more."""

    id: str


class EquityPoint(ApiObject):
    """State of the account at a bar's close, in account currency."""

    time: datetime
    equity: float
    cash: float
    exposure: float | None
    benchmark: float | None
    drawdown: float


class ParameterRange(ApiObject):
    """Values of one parameter that were searched."""

    name: str
    values: tuple[Any, ...] | None
    low: float | None
    high: float | None
    step: float | None
    log: bool


class Objective(ApiObject):
    """A statistic and which way it is better."""

    statistic: str
    direction: Direction


class Period(ApiObject):
    """First and last bar, inclusive; null is all there is."""

    from_: date | None
    to: date | None


class SweepSpec(ApiObject):
    """What a sweep was asked for."""

    backtest: BacktestSpec
    space: tuple[ParameterRange, ...] | None = None
    constraints: tuple[str, ...]
    method: SearchMethod
    samples: int | None
    objectives: tuple[Objective, ...] | None = None
    each_instrument: bool
    periods: tuple[Period, ...] | None = None
    patience: int | None
    confirmed_runs: int | None
    seed: int


class EvaluationSpec(ApiObject):
    """What an evaluation was asked for."""

    backtest: BacktestSpec
    sweep: SweepSpec | None
    trials: int | None
    permutations: int
    resamples: int
    seed: int


class Finding(ApiObject):
    """One check, in words and in a number."""

    check: str
    answer: Answer
    sentence: str
    value: float | None
    threshold: float | None
    source: str


class Verdict(ApiObject):
    """What holds, what does not, and what nobody can tell yet."""

    answer: Answer
    sentence: str
    findings: tuple[Finding, ...] | None = None


class Evaluation(ApiObject):
    """Everything that was checked about one run: luck, leak or edge."""

    id: str
    identifier: str
    kind: StudyKind
    status: StudyStatus
    progress: float
    runs_done: int
    runs_planned: int | None
    eta: datetime | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    failure: str | None
    warnings: tuple[str, ...]
    report_url: str | None
    downloads: tuple[Download, ...] | None = None
    spec: EvaluationSpec
    verdict: Verdict | None
    details: Any


class HeatMap(ApiObject):
    """A statistic over two parameters; cells are rows of y by columns of x."""

    x: str
    y: str
    statistic: str
    aggregate: Aggregate
    x_values: tuple[Any, ...]
    y_values: tuple[Any, ...]
    cells: tuple[tuple[float | None, ...], ...]


class Hindsight(ApiObject):
    """Choosing on all bars at once, for contrast: what nobody could have known."""

    parameters: Any
    statistics: Statistics | None
    windows_agreeing: float


class QualityFinding(ApiObject):
    """One rule that some rows broke."""

    rule: str
    severity: Severity
    message: str
    rows: int
    examples: tuple[datetime, ...]


class QualityReport(ApiObject):
    """The outcome of every quality rule on one import."""

    rows_checked: int
    rows_quarantined: int
    findings: tuple[QualityFinding, ...] | None = None


class Series(ApiObject):
    """Stored bars of one instrument, from one source, at one time frame."""

    source: str
    instrument_id: str
    timeframe: str
    rows: int
    first: datetime
    last: datetime
    data_hash: str
    imported_at: datetime
    warnings: int
    quality_report: QualityReport


class ImportBarsResult(ApiObject):
    """Everything was imported; doing it again changes nothing."""

    series: tuple[Series, ...] | None = None


class Instrument(ApiObject):
    """One tradable thing at one venue."""

    id: str
    identifier: str
    symbol: str
    venue: str
    name: str
    asset_class: AssetClass
    currency: str
    tick_size: Decimal
    lot_size: Decimal
    fractional: bool
    series: tuple[Series, ...] | None = None


class Marginal(ApiObject):
    """The first objective by the values of one parameter, whatever the others are."""

    parameter: str
    from_: Any
    to: Any
    combinations: int
    mean: float | None
    best: float | None


class Neighbourhood(ApiObject):
    """What the neighbours of the best combination score by the first objective."""

    neighbours: int
    scored: int
    median: float | None
    mean: float | None
    worst: float | None
    better_than: float | None


class ParameterStability(ApiObject):
    """How little a parameter moved from window to window; 1 is not at all."""

    parameter: str
    stability: float | None


class Problem(ApiObject):
    """One thing that is wrong with a request."""

    path: tuple[str, ...]
    message: str


class RevokedApiKey(ApiObject):
    """`RevokedApiKey` of the schema."""

    id: str


class Span(ApiObject):
    """A stretch of bars: closes of the first and the last one."""

    start: datetime
    end: datetime
    bars: int


class StatisticConvention(ApiObject):
    """How a statistic is measured."""

    name: str
    label: str
    unit: str
    group: str
    higher_is_better: bool | None
    convention: str
    source: str


class Strategy(ApiObject):
    """Something that decides what to hold."""

    id: str
    name: str
    title: str
    summary: str
    description: str
    form: str
    parameters_schema: Any
    minimum_instruments: int
    maximum_instruments: int | None
    origin: str


class StudyEstimate(ApiObject):
    """What a study would take."""

    runs: int
    seconds: float
    bytes: float
    is_exact: bool


class StudyProgress(ApiObject):
    """Where a study stands at this moment."""

    id: str
    status: StudyStatus
    progress: float
    runs_done: int
    runs_planned: int | None
    eta: datetime | None
    stage: str
    best: float | None
    failure: str | None


class SweepPart(ApiObject):
    """The sweep on one instrument, or over one period, by the first objective."""

    name: str
    runs: int
    failed: int
    mean: float | None
    best: float | None
    combination: int | None
    parameters: Any


class SweepFailure(ApiObject):
    """Why runs failed."""

    reason: str
    runs: int


class Sweep(ApiObject):
    """Many combinations of parameters on the same bars."""

    id: str
    identifier: str
    kind: StudyKind
    status: StudyStatus
    progress: float
    runs_done: int
    runs_planned: int | None
    eta: datetime | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    failure: str | None
    warnings: tuple[str, ...]
    report_url: str | None
    downloads: tuple[Download, ...] | None = None
    spec: SweepSpec
    combinations: int | None
    failed: int | None
    stopped_early: bool | None
    objectives: tuple[Objective, ...] | None = None
    best: tuple[Combination | None, ...] | None = None
    top: tuple[Combination, ...] | None = None
    pareto: tuple[Combination, ...] | None = None
    marginals: tuple[Marginal, ...] | None = None
    neighbourhood: Neighbourhood | None
    instruments: tuple[SweepPart, ...] | None = None
    periods: tuple[SweepPart, ...] | None = None
    failures: tuple[SweepFailure, ...] | None = None
    data_hash: str | None


class SweepRun(ApiObject):
    """One simulation of a sweep."""

    combination: int
    instrument: str
    period: str
    parameters: Any
    statistics: tuple[NamedValue, ...] | None = None
    failure: str | None


class Trade(ApiObject):
    """A round trip from flat to flat, at average cost."""

    number: int
    instrument: str
    entry_time: datetime
    exit_time: datetime
    quantity: float
    entry_price: float
    exit_price: float
    pnl: float
    return_: float | None
    fees: float
    dividends: float
    bars_held: int
    maximum_adverse_excursion: float | None
    maximum_favourable_excursion: float | None
    exit_reason: str
    is_open: bool


class Trials(ApiObject):
    """How often a strategy was tried: every run, every combination of every sweep."""

    strategy: str
    count: int
    sharpe_variance: float | None


class Viewer(ApiObject):
    """Who is asking."""

    name: str
    role: Role
    workspace: str


class WalkForwardSpec(ApiObject):
    """What a walk-forward was asked for."""

    sweep: SweepSpec
    scheme: WindowScheme
    train_bars: int
    test_bars: int
    embargo_bars: int


class WalkForwardWindow(ApiObject):
    """What was chosen in one window, what it promised and what it brought."""

    number: int
    train: Span
    test: Span
    parameters: Any
    changed: bool
    failed: int
    in_sample: Any
    out_of_sample: Any
    efficiency: float | None


class WalkForwardPoint(ApiObject):
    """The stitched account at the close of a return period."""

    time: datetime
    equity: float
    benchmark: float | None
    window: int


class WalkForward(ApiObject):
    """Parameters chosen on past bars and traded on the bars that followed."""

    id: str
    identifier: str
    kind: StudyKind
    status: StudyStatus
    progress: float
    runs_done: int
    runs_planned: int | None
    eta: datetime | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    failure: str | None
    warnings: tuple[str, ...]
    report_url: str | None
    downloads: tuple[Download, ...] | None = None
    spec: WalkForwardSpec
    statistics: Statistics | None
    benchmark_statistics: Statistics | None
    windows: tuple[WalkForwardWindow, ...] | None = None
    curve: tuple[WalkForwardPoint, ...] | None = None
    efficiency: float | None
    profitable_windows: float | None
    stability: tuple[ParameterStability, ...] | None = None
    hindsight: Hindsight | None
    data_hash: str | None


SELECTIONS: Mapping[str, str] = {
    "Anatomy": (
            "{ breakdowns { by rule slices { label periods first last totalReturn annualReturn sharpe "
            "maxDrawdown profit profitShare } } bestDays { count of profit profitShare returnWithout } "
            "regression { alpha { name value standardError tStatistic pValue } alphaAnnual betas { name "
            "value standardError tStatistic pValue } rSquared residualVolatility periods lags } }"
        ),
    "Verdict": (
            "{ answer sentence findings { check answer sentence value threshold source } }"
        ),
}


class _Transport(Protocol):
    def execute(self, document: str, variables: Mapping[str, Any]) -> dict[str, Any]: ...

    def subscribe(self, document: str, variables: Mapping[str, Any]) -> Iterator[dict[str, Any]]: ...


class Operations:
    """Every field of the schema as a method. What is None is left out."""

    _transport: _Transport

    def viewer(
        self,
    ) -> Viewer:
        """Who is asking."""
        given = arguments({})
        variables = given
        document = (
            "query { viewer { name role workspace } }"
        )
        return Viewer.model_validate(self._transport.execute(document, variables)["viewer"])


    def api_keys(
        self,
    ) -> tuple[ApiKey, ...]:
        """Keys of this workspace."""
        given = arguments({})
        variables = given
        document = (
            "query { apiKeys { id name prefix role createdAt expiresAt revokedAt lastUsedAt } }"
        )
        return tuple(ApiKey.model_validate(one) for one in self._transport.execute(document, variables)["apiKeys"])


    def instruments(
        self,
        *,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        search: str | None = None,
    ) -> Page[Instrument]:
        """Instruments with stored bars, by id."""
        first = 20 if first is None and last is None else first
        given = arguments({"first": first, "after": after, "last": last, "before": before, "search": search})
        variables = given
        document = (
            "query($first: Int, $after: String, $last: Int, $before: String, $search: String) { "
            "instruments(first: $first, after: $after, last: $last, before: $before, search: $search) { "
            "totalCount pageInfo { hasNextPage endCursor } edges { node { id identifier symbol venue "
            "name assetClass currency tickSize lotSize fractional } } } }"
        )
        return Page.read(Instrument, self._transport.execute(document, variables)["instruments"])


    def bars(
        self,
        *,
        instrument: str,
        timeframe: str | None = None,
        source: str | None = None,
        from_: date | None = None,
        to: date | None = None,
        adjustment: Adjustment | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Page[Bar]:
        """Stored bars of an instrument, oldest first."""
        first = 20 if first is None and last is None else first
        given = arguments({"instrument": instrument, "timeframe": timeframe, "source": source, "from": from_, "to": to, "adjustment": adjustment, "first": first, "after": after, "last": last, "before": before})
        variables = given
        document = (
            "query($instrument: String!, $timeframe: String, $source: String, $from: Date, $to: Date, "
            "$adjustment: Adjustment, $first: Int, $after: String, $last: Int, $before: String) { "
            "bars(instrument: $instrument, timeframe: $timeframe, source: $source, from: $from, to: "
            "$to, adjustment: $adjustment, first: $first, after: $after, last: $last, before: $before) "
            "{ totalCount pageInfo { hasNextPage endCursor } edges { node { closeTime open high low "
            "close volume } } } }"
        )
        return Page.read(Bar, self._transport.execute(document, variables)["bars"])


    def strategies(
        self,
    ) -> tuple[Strategy, ...]:
        """Every strategy a backtest can name."""
        given = arguments({})
        variables = given
        document = (
            "query { strategies { id name title summary description form parametersSchema "
            "minimumInstruments maximumInstruments origin } }"
        )
        return tuple(Strategy.model_validate(one) for one in self._transport.execute(document, variables)["strategies"])


    def backtest(
        self,
        id: str,
    ) -> Backtest | None:
        """One run; null when there is none."""
        given = arguments({"id": id})
        variables = given
        document = (
            "query($id: ID!) { backtest(id: $id) { id identifier status progress createdAt startedAt "
            "finishedAt failure spec { strategy parameters instruments timeframe source from to "
            "initialCash currency costs { commissionFixed commissionPerShare commissionBps "
            "commissionMinimum commissionMaximumBps commissionBpsPassive commissionTiers { over bps } "
            "commissionTierPeriod spreadBps slippageBps impactBps fxBps borrowRate marginRate "
            "fundingRate } fill fillIsOptimistic limitFill sizing { quantity maxLeverage initialMargin "
            "maintenanceMargin stopLoss takeProfit maxVolumeShare } adjustment closeDelisted benchmark "
            "seed } statistics { finalEquity totalReturn annualReturn volatility sharpe "
            "probabilisticSharpe sortino calmar maxDrawdown maxDrawdownStart maxDrawdownTrough "
            "maxDrawdownEnd maxDrawdownDays timeUnderWater skew kurtosis valueAtRisk95 "
            "conditionalValueAtRisk95 tailRatio bestMonth worstMonth exposure turnover trades "
            "openTrades winRate profitFactor expectancy sqn kelly averageBarsHeld bestTrade worstTrade "
            "feesPaid slippagePaid financingPaid benchmarkReturn excessReturn alpha beta correlation "
            "informationRatio periodsPerYear returnPeriods start end } benchmarkStatistics { "
            "finalEquity totalReturn annualReturn volatility sharpe probabilisticSharpe sortino calmar "
            "maxDrawdown maxDrawdownStart maxDrawdownTrough maxDrawdownEnd maxDrawdownDays "
            "timeUnderWater skew kurtosis valueAtRisk95 conditionalValueAtRisk95 tailRatio bestMonth "
            "worstMonth exposure turnover trades openTrades winRate profitFactor expectancy sqn kelly "
            "averageBarsHeld bestTrade worstTrade feesPaid slippagePaid financingPaid benchmarkReturn "
            "excessReturn alpha beta correlation informationRatio periodsPerYear returnPeriods start "
            "end } drawdowns { start trough end depth days } monthlyReturns { year month value } "
            "yearlyReturns { year month value } warnings provenance { dataHash codeVersion seed bars "
            "firstBar lastBar durationSeconds } reportUrl downloads { name url } } }"
        )
        found = self._transport.execute(document, variables)["backtest"]
        return None if found is None else Backtest.model_validate(found)


    def backtests(
        self,
        *,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        filter: BacktestFilter | None = None,
    ) -> Page[Backtest]:
        """Runs, newest first."""
        first = 20 if first is None and last is None else first
        given = arguments({"first": first, "after": after, "last": last, "before": before, "filter": filter})
        variables = given
        document = (
            "query($first: Int, $after: String, $last: Int, $before: String, $filter: BacktestFilter) { "
            "backtests(first: $first, after: $after, last: $last, before: $before, filter: $filter) { "
            "totalCount pageInfo { hasNextPage endCursor } edges { node { id identifier status progress "
            "createdAt startedAt finishedAt failure spec { strategy parameters instruments timeframe "
            "source from to initialCash currency costs { commissionFixed commissionPerShare "
            "commissionBps commissionMinimum commissionMaximumBps commissionBpsPassive "
            "commissionTierPeriod spreadBps slippageBps impactBps fxBps borrowRate marginRate "
            "fundingRate } fill fillIsOptimistic limitFill sizing { quantity maxLeverage initialMargin "
            "maintenanceMargin stopLoss takeProfit maxVolumeShare } adjustment closeDelisted benchmark "
            "seed } statistics { finalEquity totalReturn annualReturn volatility sharpe "
            "probabilisticSharpe sortino calmar maxDrawdown maxDrawdownStart maxDrawdownTrough "
            "maxDrawdownEnd maxDrawdownDays timeUnderWater skew kurtosis valueAtRisk95 "
            "conditionalValueAtRisk95 tailRatio bestMonth worstMonth exposure turnover trades "
            "openTrades winRate profitFactor expectancy sqn kelly averageBarsHeld bestTrade worstTrade "
            "feesPaid slippagePaid financingPaid benchmarkReturn excessReturn alpha beta correlation "
            "informationRatio periodsPerYear returnPeriods start end } benchmarkStatistics { "
            "finalEquity totalReturn annualReturn volatility sharpe probabilisticSharpe sortino calmar "
            "maxDrawdown maxDrawdownStart maxDrawdownTrough maxDrawdownEnd maxDrawdownDays "
            "timeUnderWater skew kurtosis valueAtRisk95 conditionalValueAtRisk95 tailRatio bestMonth "
            "worstMonth exposure turnover trades openTrades winRate profitFactor expectancy sqn kelly "
            "averageBarsHeld bestTrade worstTrade feesPaid slippagePaid financingPaid benchmarkReturn "
            "excessReturn alpha beta correlation informationRatio periodsPerYear returnPeriods start "
            "end } warnings provenance { dataHash codeVersion seed bars firstBar lastBar "
            "durationSeconds } reportUrl } } } }"
        )
        return Page.read(Backtest, self._transport.execute(document, variables)["backtests"])


    def statistic_conventions(
        self,
    ) -> tuple[StatisticConvention, ...]:
        """How each statistic is measured."""
        given = arguments({})
        variables = given
        document = (
            "query { statisticConventions { name label unit group higherIsBetter convention source } }"
        )
        return tuple(StatisticConvention.model_validate(one) for one in self._transport.execute(document, variables)["statisticConventions"])


    def sweep(
        self,
        id: str,
    ) -> Sweep | None:
        """One sweep; null when there is none."""
        given = arguments({"id": id})
        variables = given
        document = (
            "query($id: ID!) { sweep(id: $id) { id identifier kind status progress runsDone runsPlanned "
            "eta createdAt startedAt finishedAt failure warnings reportUrl downloads { name url } spec "
            "{ backtest { strategy parameters instruments timeframe source from to initialCash currency "
            "costs { commissionFixed commissionPerShare commissionBps commissionMinimum "
            "commissionMaximumBps commissionBpsPassive commissionTiers { over bps } "
            "commissionTierPeriod spreadBps slippageBps impactBps fxBps borrowRate marginRate "
            "fundingRate } fill fillIsOptimistic limitFill sizing { quantity maxLeverage initialMargin "
            "maintenanceMargin stopLoss takeProfit maxVolumeShare } adjustment closeDelisted benchmark "
            "seed } space { name values low high step log } constraints method samples objectives { "
            "statistic direction } eachInstrument periods { from to } patience confirmedRuns seed } "
            "combinations failed stoppedEarly objectives { statistic direction } best { number "
            "parameters scores statistics { name value } } top { number parameters scores statistics { "
            "name value } } pareto { number parameters scores statistics { name value } } marginals { "
            "parameter from to combinations mean best } neighbourhood { neighbours scored median mean "
            "worst betterThan } instruments { name runs failed mean best combination parameters } "
            "periods { name runs failed mean best combination parameters } failures { reason runs } "
            "dataHash } }"
        )
        found = self._transport.execute(document, variables)["sweep"]
        return None if found is None else Sweep.model_validate(found)


    def sweeps(
        self,
        *,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        strategy: str | None = None,
    ) -> Page[Sweep]:
        """Sweeps, newest first."""
        first = 20 if first is None and last is None else first
        given = arguments({"first": first, "after": after, "last": last, "before": before, "strategy": strategy})
        variables = given
        document = (
            "query($first: Int, $after: String, $last: Int, $before: String, $strategy: String) { "
            "sweeps(first: $first, after: $after, last: $last, before: $before, strategy: $strategy) { "
            "totalCount pageInfo { hasNextPage endCursor } edges { node { id identifier kind status "
            "progress runsDone runsPlanned eta createdAt startedAt finishedAt failure warnings "
            "reportUrl spec { backtest { strategy parameters instruments timeframe source from to "
            "initialCash currency costs { commissionFixed commissionPerShare commissionBps "
            "commissionMinimum commissionMaximumBps commissionBpsPassive commissionTierPeriod spreadBps "
            "slippageBps impactBps fxBps borrowRate marginRate fundingRate } fill fillIsOptimistic "
            "limitFill sizing { quantity maxLeverage initialMargin maintenanceMargin stopLoss "
            "takeProfit maxVolumeShare } adjustment closeDelisted benchmark seed } constraints method "
            "samples eachInstrument patience confirmedRuns seed } combinations failed stoppedEarly "
            "neighbourhood { neighbours scored median mean worst betterThan } dataHash } } } }"
        )
        return Page.read(Sweep, self._transport.execute(document, variables)["sweeps"])


    def estimate_sweep(
        self,
        input: SweepSpecInput,
    ) -> StudyEstimate:
        """What a sweep would take, before it is started."""
        given = arguments({"input": input})
        variables = given
        document = (
            "query($input: SweepSpecInput!) { estimateSweep(input: $input) { runs seconds bytes isExact "
            "} }"
        )
        return StudyEstimate.model_validate(self._transport.execute(document, variables)["estimateSweep"])


    def walk_forward(
        self,
        id: str,
    ) -> WalkForward | None:
        """One walk-forward; null when there is none."""
        given = arguments({"id": id})
        variables = given
        document = (
            "query($id: ID!) { walkForward(id: $id) { id identifier kind status progress runsDone "
            "runsPlanned eta createdAt startedAt finishedAt failure warnings reportUrl downloads { name "
            "url } spec { sweep { backtest { strategy parameters instruments timeframe source from to "
            "initialCash currency costs { commissionFixed commissionPerShare commissionBps "
            "commissionMinimum commissionMaximumBps commissionBpsPassive commissionTiers { over bps } "
            "commissionTierPeriod spreadBps slippageBps impactBps fxBps borrowRate marginRate "
            "fundingRate } fill fillIsOptimistic limitFill sizing { quantity maxLeverage initialMargin "
            "maintenanceMargin stopLoss takeProfit maxVolumeShare } adjustment closeDelisted benchmark "
            "seed } space { name values low high step log } constraints method samples objectives { "
            "statistic direction } eachInstrument periods { from to } patience confirmedRuns seed } "
            "scheme trainBars testBars embargoBars } statistics { finalEquity totalReturn annualReturn "
            "volatility sharpe probabilisticSharpe sortino calmar maxDrawdown maxDrawdownStart "
            "maxDrawdownTrough maxDrawdownEnd maxDrawdownDays timeUnderWater skew kurtosis "
            "valueAtRisk95 conditionalValueAtRisk95 tailRatio bestMonth worstMonth exposure turnover "
            "trades openTrades winRate profitFactor expectancy sqn kelly averageBarsHeld bestTrade "
            "worstTrade feesPaid slippagePaid financingPaid benchmarkReturn excessReturn alpha beta "
            "correlation informationRatio periodsPerYear returnPeriods start end } benchmarkStatistics "
            "{ finalEquity totalReturn annualReturn volatility sharpe probabilisticSharpe sortino "
            "calmar maxDrawdown maxDrawdownStart maxDrawdownTrough maxDrawdownEnd maxDrawdownDays "
            "timeUnderWater skew kurtosis valueAtRisk95 conditionalValueAtRisk95 tailRatio bestMonth "
            "worstMonth exposure turnover trades openTrades winRate profitFactor expectancy sqn kelly "
            "averageBarsHeld bestTrade worstTrade feesPaid slippagePaid financingPaid benchmarkReturn "
            "excessReturn alpha beta correlation informationRatio periodsPerYear returnPeriods start "
            "end } windows { number train { start end bars } test { start end bars } parameters changed "
            "failed inSample outOfSample efficiency } curve { time equity benchmark window } efficiency "
            "profitableWindows stability { parameter stability } hindsight { parameters statistics { "
            "finalEquity totalReturn annualReturn volatility sharpe probabilisticSharpe sortino calmar "
            "maxDrawdown maxDrawdownStart maxDrawdownTrough maxDrawdownEnd maxDrawdownDays "
            "timeUnderWater skew kurtosis valueAtRisk95 conditionalValueAtRisk95 tailRatio bestMonth "
            "worstMonth exposure turnover trades openTrades winRate profitFactor expectancy sqn kelly "
            "averageBarsHeld bestTrade worstTrade feesPaid slippagePaid financingPaid benchmarkReturn "
            "excessReturn alpha beta correlation informationRatio periodsPerYear returnPeriods start "
            "end } windowsAgreeing } dataHash } }"
        )
        found = self._transport.execute(document, variables)["walkForward"]
        return None if found is None else WalkForward.model_validate(found)


    def walk_forwards(
        self,
        *,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        strategy: str | None = None,
    ) -> Page[WalkForward]:
        """Walk-forwards, newest first."""
        first = 20 if first is None and last is None else first
        given = arguments({"first": first, "after": after, "last": last, "before": before, "strategy": strategy})
        variables = given
        document = (
            "query($first: Int, $after: String, $last: Int, $before: String, $strategy: String) { "
            "walkForwards(first: $first, after: $after, last: $last, before: $before, strategy: "
            "$strategy) { totalCount pageInfo { hasNextPage endCursor } edges { node { id identifier "
            "kind status progress runsDone runsPlanned eta createdAt startedAt finishedAt failure "
            "warnings reportUrl spec { sweep { backtest { strategy parameters instruments timeframe "
            "source from to initialCash currency costs { commissionFixed commissionPerShare "
            "commissionBps commissionMinimum commissionMaximumBps commissionBpsPassive "
            "commissionTierPeriod spreadBps slippageBps impactBps fxBps borrowRate marginRate "
            "fundingRate } fill fillIsOptimistic limitFill sizing { quantity maxLeverage initialMargin "
            "maintenanceMargin stopLoss takeProfit maxVolumeShare } adjustment closeDelisted benchmark "
            "seed } constraints method samples eachInstrument patience confirmedRuns seed } scheme "
            "trainBars testBars embargoBars } statistics { finalEquity totalReturn annualReturn "
            "volatility sharpe probabilisticSharpe sortino calmar maxDrawdown maxDrawdownStart "
            "maxDrawdownTrough maxDrawdownEnd maxDrawdownDays timeUnderWater skew kurtosis "
            "valueAtRisk95 conditionalValueAtRisk95 tailRatio bestMonth worstMonth exposure turnover "
            "trades openTrades winRate profitFactor expectancy sqn kelly averageBarsHeld bestTrade "
            "worstTrade feesPaid slippagePaid financingPaid benchmarkReturn excessReturn alpha beta "
            "correlation informationRatio periodsPerYear returnPeriods start end } benchmarkStatistics "
            "{ finalEquity totalReturn annualReturn volatility sharpe probabilisticSharpe sortino "
            "calmar maxDrawdown maxDrawdownStart maxDrawdownTrough maxDrawdownEnd maxDrawdownDays "
            "timeUnderWater skew kurtosis valueAtRisk95 conditionalValueAtRisk95 tailRatio bestMonth "
            "worstMonth exposure turnover trades openTrades winRate profitFactor expectancy sqn kelly "
            "averageBarsHeld bestTrade worstTrade feesPaid slippagePaid financingPaid benchmarkReturn "
            "excessReturn alpha beta correlation informationRatio periodsPerYear returnPeriods start "
            "end } efficiency profitableWindows hindsight { parameters statistics { finalEquity "
            "totalReturn annualReturn volatility sharpe probabilisticSharpe sortino calmar maxDrawdown "
            "maxDrawdownStart maxDrawdownTrough maxDrawdownEnd maxDrawdownDays timeUnderWater skew "
            "kurtosis valueAtRisk95 conditionalValueAtRisk95 tailRatio bestMonth worstMonth exposure "
            "turnover trades openTrades winRate profitFactor expectancy sqn kelly averageBarsHeld "
            "bestTrade worstTrade feesPaid slippagePaid financingPaid benchmarkReturn excessReturn "
            "alpha beta correlation informationRatio periodsPerYear returnPeriods start end } "
            "windowsAgreeing } dataHash } } } }"
        )
        return Page.read(WalkForward, self._transport.execute(document, variables)["walkForwards"])


    def evaluation(
        self,
        id: str,
    ) -> Evaluation | None:
        """One evaluation; null when there is none."""
        given = arguments({"id": id})
        variables = given
        document = (
            "query($id: ID!) { evaluation(id: $id) { id identifier kind status progress runsDone "
            "runsPlanned eta createdAt startedAt finishedAt failure warnings reportUrl downloads { name "
            "url } spec { backtest { strategy parameters instruments timeframe source from to "
            "initialCash currency costs { commissionFixed commissionPerShare commissionBps "
            "commissionMinimum commissionMaximumBps commissionBpsPassive commissionTiers { over bps } "
            "commissionTierPeriod spreadBps slippageBps impactBps fxBps borrowRate marginRate "
            "fundingRate } fill fillIsOptimistic limitFill sizing { quantity maxLeverage initialMargin "
            "maintenanceMargin stopLoss takeProfit maxVolumeShare } adjustment closeDelisted benchmark "
            "seed } sweep { backtest { strategy parameters instruments timeframe source from to "
            "initialCash currency costs { commissionFixed commissionPerShare commissionBps "
            "commissionMinimum commissionMaximumBps commissionBpsPassive commissionTiers { over bps } "
            "commissionTierPeriod spreadBps slippageBps impactBps fxBps borrowRate marginRate "
            "fundingRate } fill fillIsOptimistic limitFill sizing { quantity maxLeverage initialMargin "
            "maintenanceMargin stopLoss takeProfit maxVolumeShare } adjustment closeDelisted benchmark "
            "seed } space { name values low high step log } constraints method samples objectives { "
            "statistic direction } eachInstrument periods { from to } patience confirmedRuns seed } "
            "trials permutations resamples seed } verdict { answer sentence findings { check answer "
            "sentence value threshold source } } details } }"
        )
        found = self._transport.execute(document, variables)["evaluation"]
        return None if found is None else Evaluation.model_validate(found)


    def evaluations(
        self,
        *,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        strategy: str | None = None,
    ) -> Page[Evaluation]:
        """Evaluations, newest first."""
        first = 20 if first is None and last is None else first
        given = arguments({"first": first, "after": after, "last": last, "before": before, "strategy": strategy})
        variables = given
        document = (
            "query($first: Int, $after: String, $last: Int, $before: String, $strategy: String) { "
            "evaluations(first: $first, after: $after, last: $last, before: $before, strategy: "
            "$strategy) { totalCount pageInfo { hasNextPage endCursor } edges { node { id identifier "
            "kind status progress runsDone runsPlanned eta createdAt startedAt finishedAt failure "
            "warnings reportUrl spec { backtest { strategy parameters instruments timeframe source from "
            "to initialCash currency costs { commissionFixed commissionPerShare commissionBps "
            "commissionMinimum commissionMaximumBps commissionBpsPassive commissionTierPeriod spreadBps "
            "slippageBps impactBps fxBps borrowRate marginRate fundingRate } fill fillIsOptimistic "
            "limitFill sizing { quantity maxLeverage initialMargin maintenanceMargin stopLoss "
            "takeProfit maxVolumeShare } adjustment closeDelisted benchmark seed } sweep { backtest { "
            "strategy parameters instruments timeframe source from to initialCash currency costs { "
            "commissionFixed commissionPerShare commissionBps commissionMinimum commissionMaximumBps "
            "commissionBpsPassive commissionTierPeriod spreadBps slippageBps impactBps fxBps borrowRate "
            "marginRate fundingRate } fill fillIsOptimistic limitFill sizing { quantity maxLeverage "
            "initialMargin maintenanceMargin stopLoss takeProfit maxVolumeShare } adjustment "
            "closeDelisted benchmark seed } constraints method samples eachInstrument patience "
            "confirmedRuns seed } trials permutations resamples seed } verdict { answer sentence } "
            "details } } } }"
        )
        return Page.read(Evaluation, self._transport.execute(document, variables)["evaluations"])


    def trials(
        self,
        strategy: str,
    ) -> Trials:
        """How often a strategy was tried in this workspace."""
        given = arguments({"strategy": strategy})
        variables = given
        document = (
            "query($strategy: String!) { trials(strategy: $strategy) { strategy count sharpeVariance } "
            "}"
        )
        return Trials.model_validate(self._transport.execute(document, variables)["trials"])


    def compare_backtests(
        self,
        *,
        ids: Sequence[str],
        points: int | None = None,
    ) -> Comparison:
        """Two completed runs or more, side by side."""
        given = arguments({"ids": ids, "points": points})
        variables = given
        document = (
            "query($ids: [ID!]!, $points: Int) { compareBacktests(ids: $ids, points: $points) { "
            "backtests statistics { name values } differences { path values isTerm } curves { day "
            "values } correlations sharpeTests { first second difference pValue } warnings } }"
        )
        return Comparison.model_validate(self._transport.execute(document, variables)["compareBacktests"])


    def import_bars(
        self,
        *,
        source: str,
        symbols: Sequence[str],
        timeframe: str | None = None,
        from_: date | None = None,
        to: date | None = None,
        on_error: OnError | None = None,
    ) -> ImportBarsResult:
        """Fetch bars from a source, check and store them. Idempotent: bars are merged by their time. Nothing already stored is damaged by a bad import."""
        given = arguments({"source": source, "symbols": symbols, "timeframe": timeframe, "from": from_, "to": to, "onError": on_error})
        variables = {"input": given}
        document = (
            "mutation($input: ImportBarsInput!) { importBars(input: $input) { __typename ... on "
            "ImportBarsResult { series { source instrumentId timeframe rows first last dataHash "
            "importedAt warnings qualityReport { rowsChecked rowsQuarantined findings { rule severity "
            "message rows examples } } } } ... on InvalidInput { message problems { path message } } "
            "... on NotFound { message } ... on Conflict { message } ... on Forbidden { message } } }"
        )
        return ImportBarsResult.model_validate(carried_out(self._transport.execute(document, variables)["importBars"]))


    def start_backtest(
        self,
        *,
        strategy: str,
        instruments: Sequence[str],
        parameters: Any = None,
        timeframe: str | None = None,
        source: str | None = None,
        from_: date | None = None,
        to: date | None = None,
        initial_cash: Decimal | None = None,
        currency: str | None = None,
        costs: CostsInput | None = None,
        fill: FillPrice | None = None,
        limit_fill: LimitFill | None = None,
        sizing: SizingInput | None = None,
        adjustment: Adjustment | None = None,
        close_delisted: bool | None = None,
        benchmark: str | None = None,
        seed: int | None = None,
        idempotency_key: str | None = None,
    ) -> Backtest:
        """Check a specification, store the run and begin it. The answer comes at once; `backtestProgress` tells how it goes on."""
        given = arguments({"strategy": strategy, "instruments": instruments, "parameters": parameters, "timeframe": timeframe, "source": source, "from": from_, "to": to, "initialCash": initial_cash, "currency": currency, "costs": costs, "fill": fill, "limitFill": limit_fill, "sizing": sizing, "adjustment": adjustment, "closeDelisted": close_delisted, "benchmark": benchmark, "seed": seed, "idempotencyKey": idempotency_key})
        variables = {"input": given}
        document = (
            "mutation($input: StartBacktestInput!) { startBacktest(input: $input) { __typename ... on "
            "Backtest { id identifier status progress createdAt startedAt finishedAt failure spec { "
            "strategy parameters instruments timeframe source from to initialCash currency costs { "
            "commissionFixed commissionPerShare commissionBps commissionMinimum commissionMaximumBps "
            "commissionBpsPassive commissionTiers { over bps } commissionTierPeriod spreadBps "
            "slippageBps impactBps fxBps borrowRate marginRate fundingRate } fill fillIsOptimistic "
            "limitFill sizing { quantity maxLeverage initialMargin maintenanceMargin stopLoss "
            "takeProfit maxVolumeShare } adjustment closeDelisted benchmark seed } statistics { "
            "finalEquity totalReturn annualReturn volatility sharpe probabilisticSharpe sortino calmar "
            "maxDrawdown maxDrawdownStart maxDrawdownTrough maxDrawdownEnd maxDrawdownDays "
            "timeUnderWater skew kurtosis valueAtRisk95 conditionalValueAtRisk95 tailRatio bestMonth "
            "worstMonth exposure turnover trades openTrades winRate profitFactor expectancy sqn kelly "
            "averageBarsHeld bestTrade worstTrade feesPaid slippagePaid financingPaid benchmarkReturn "
            "excessReturn alpha beta correlation informationRatio periodsPerYear returnPeriods start "
            "end } benchmarkStatistics { finalEquity totalReturn annualReturn volatility sharpe "
            "probabilisticSharpe sortino calmar maxDrawdown maxDrawdownStart maxDrawdownTrough "
            "maxDrawdownEnd maxDrawdownDays timeUnderWater skew kurtosis valueAtRisk95 "
            "conditionalValueAtRisk95 tailRatio bestMonth worstMonth exposure turnover trades "
            "openTrades winRate profitFactor expectancy sqn kelly averageBarsHeld bestTrade worstTrade "
            "feesPaid slippagePaid financingPaid benchmarkReturn excessReturn alpha beta correlation "
            "informationRatio periodsPerYear returnPeriods start end } drawdowns { start trough end "
            "depth days } monthlyReturns { year month value } yearlyReturns { year month value } "
            "warnings provenance { dataHash codeVersion seed bars firstBar lastBar durationSeconds } "
            "reportUrl downloads { name url } } ... on InvalidInput { message problems { path message } "
            "} ... on NotFound { message } ... on Conflict { message } ... on Forbidden { message } } }"
        )
        return Backtest.model_validate(carried_out(self._transport.execute(document, variables)["startBacktest"]))


    def cancel_backtest(
        self,
        id: str,
    ) -> Backtest:
        """Stop a run. One that was cancelled already is returned as it is."""
        given = arguments({"id": id})
        variables = {"input": given}
        document = (
            "mutation($input: CancelBacktestInput!) { cancelBacktest(input: $input) { __typename ... on "
            "Backtest { id identifier status progress createdAt startedAt finishedAt failure spec { "
            "strategy parameters instruments timeframe source from to initialCash currency costs { "
            "commissionFixed commissionPerShare commissionBps commissionMinimum commissionMaximumBps "
            "commissionBpsPassive commissionTiers { over bps } commissionTierPeriod spreadBps "
            "slippageBps impactBps fxBps borrowRate marginRate fundingRate } fill fillIsOptimistic "
            "limitFill sizing { quantity maxLeverage initialMargin maintenanceMargin stopLoss "
            "takeProfit maxVolumeShare } adjustment closeDelisted benchmark seed } statistics { "
            "finalEquity totalReturn annualReturn volatility sharpe probabilisticSharpe sortino calmar "
            "maxDrawdown maxDrawdownStart maxDrawdownTrough maxDrawdownEnd maxDrawdownDays "
            "timeUnderWater skew kurtosis valueAtRisk95 conditionalValueAtRisk95 tailRatio bestMonth "
            "worstMonth exposure turnover trades openTrades winRate profitFactor expectancy sqn kelly "
            "averageBarsHeld bestTrade worstTrade feesPaid slippagePaid financingPaid benchmarkReturn "
            "excessReturn alpha beta correlation informationRatio periodsPerYear returnPeriods start "
            "end } benchmarkStatistics { finalEquity totalReturn annualReturn volatility sharpe "
            "probabilisticSharpe sortino calmar maxDrawdown maxDrawdownStart maxDrawdownTrough "
            "maxDrawdownEnd maxDrawdownDays timeUnderWater skew kurtosis valueAtRisk95 "
            "conditionalValueAtRisk95 tailRatio bestMonth worstMonth exposure turnover trades "
            "openTrades winRate profitFactor expectancy sqn kelly averageBarsHeld bestTrade worstTrade "
            "feesPaid slippagePaid financingPaid benchmarkReturn excessReturn alpha beta correlation "
            "informationRatio periodsPerYear returnPeriods start end } drawdowns { start trough end "
            "depth days } monthlyReturns { year month value } yearlyReturns { year month value } "
            "warnings provenance { dataHash codeVersion seed bars firstBar lastBar durationSeconds } "
            "reportUrl downloads { name url } } ... on InvalidInput { message problems { path message } "
            "} ... on NotFound { message } ... on Conflict { message } ... on Forbidden { message } } }"
        )
        return Backtest.model_validate(carried_out(self._transport.execute(document, variables)["cancelBacktest"]))


    def delete_backtest(
        self,
        id: str,
    ) -> DeletedBacktest:
        """Forget an ended run, its curve and its trades."""
        given = arguments({"id": id})
        variables = {"input": given}
        document = (
            "mutation($input: DeleteBacktestInput!) { deleteBacktest(input: $input) { __typename ... on "
            "DeletedBacktest { id } ... on InvalidInput { message problems { path message } } ... on "
            "NotFound { message } ... on Conflict { message } ... on Forbidden { message } } }"
        )
        return DeletedBacktest.model_validate(carried_out(self._transport.execute(document, variables)["deleteBacktest"]))


    def start_sweep(
        self,
        *,
        backtest: BacktestSpecInput,
        space: Sequence[ParameterRangeInput],
        constraints: Sequence[str] | None = None,
        method: SearchMethod | None = None,
        samples: int | None = None,
        objectives: Sequence[ObjectiveInput] | None = None,
        each_instrument: bool | None = None,
        periods: Sequence[PeriodInput] | None = None,
        patience: int | None = None,
        confirmed_runs: int | None = None,
        seed: int | None = None,
        idempotency_key: str | None = None,
    ) -> Sweep:
        """Check a sweep, store it and begin it. The answer comes at once; `sweepProgress` tells how it goes on."""
        given = arguments({"backtest": backtest, "space": space, "constraints": constraints, "method": method, "samples": samples, "objectives": objectives, "eachInstrument": each_instrument, "periods": periods, "patience": patience, "confirmedRuns": confirmed_runs, "seed": seed, "idempotencyKey": idempotency_key})
        variables = {"input": given}
        document = (
            "mutation($input: StartSweepInput!) { startSweep(input: $input) { __typename ... on Sweep { "
            "id identifier kind status progress runsDone runsPlanned eta createdAt startedAt finishedAt "
            "failure warnings reportUrl downloads { name url } spec { backtest { strategy parameters "
            "instruments timeframe source from to initialCash currency costs { commissionFixed "
            "commissionPerShare commissionBps commissionMinimum commissionMaximumBps "
            "commissionBpsPassive commissionTiers { over bps } commissionTierPeriod spreadBps "
            "slippageBps impactBps fxBps borrowRate marginRate fundingRate } fill fillIsOptimistic "
            "limitFill sizing { quantity maxLeverage initialMargin maintenanceMargin stopLoss "
            "takeProfit maxVolumeShare } adjustment closeDelisted benchmark seed } space { name values "
            "low high step log } constraints method samples objectives { statistic direction } "
            "eachInstrument periods { from to } patience confirmedRuns seed } combinations failed "
            "stoppedEarly objectives { statistic direction } best { number parameters scores statistics "
            "{ name value } } top { number parameters scores statistics { name value } } pareto { "
            "number parameters scores statistics { name value } } marginals { parameter from to "
            "combinations mean best } neighbourhood { neighbours scored median mean worst betterThan } "
            "instruments { name runs failed mean best combination parameters } periods { name runs "
            "failed mean best combination parameters } failures { reason runs } dataHash } ... on "
            "InvalidInput { message problems { path message } } ... on NotFound { message } ... on "
            "Conflict { message } ... on Forbidden { message } } }"
        )
        return Sweep.model_validate(carried_out(self._transport.execute(document, variables)["startSweep"]))


    def start_walk_forward(
        self,
        *,
        sweep: SweepSpecInput,
        scheme: WindowScheme | None = None,
        train_bars: int | None = None,
        test_bars: int | None = None,
        embargo_bars: int | None = None,
        idempotency_key: str | None = None,
    ) -> WalkForward:
        """Check a walk-forward, store it and begin it."""
        given = arguments({"sweep": sweep, "scheme": scheme, "trainBars": train_bars, "testBars": test_bars, "embargoBars": embargo_bars, "idempotencyKey": idempotency_key})
        variables = {"input": given}
        document = (
            "mutation($input: StartWalkForwardInput!) { startWalkForward(input: $input) { __typename "
            "... on WalkForward { id identifier kind status progress runsDone runsPlanned eta createdAt "
            "startedAt finishedAt failure warnings reportUrl downloads { name url } spec { sweep { "
            "backtest { strategy parameters instruments timeframe source from to initialCash currency "
            "costs { commissionFixed commissionPerShare commissionBps commissionMinimum "
            "commissionMaximumBps commissionBpsPassive commissionTiers { over bps } "
            "commissionTierPeriod spreadBps slippageBps impactBps fxBps borrowRate marginRate "
            "fundingRate } fill fillIsOptimistic limitFill sizing { quantity maxLeverage initialMargin "
            "maintenanceMargin stopLoss takeProfit maxVolumeShare } adjustment closeDelisted benchmark "
            "seed } space { name values low high step log } constraints method samples objectives { "
            "statistic direction } eachInstrument periods { from to } patience confirmedRuns seed } "
            "scheme trainBars testBars embargoBars } statistics { finalEquity totalReturn annualReturn "
            "volatility sharpe probabilisticSharpe sortino calmar maxDrawdown maxDrawdownStart "
            "maxDrawdownTrough maxDrawdownEnd maxDrawdownDays timeUnderWater skew kurtosis "
            "valueAtRisk95 conditionalValueAtRisk95 tailRatio bestMonth worstMonth exposure turnover "
            "trades openTrades winRate profitFactor expectancy sqn kelly averageBarsHeld bestTrade "
            "worstTrade feesPaid slippagePaid financingPaid benchmarkReturn excessReturn alpha beta "
            "correlation informationRatio periodsPerYear returnPeriods start end } benchmarkStatistics "
            "{ finalEquity totalReturn annualReturn volatility sharpe probabilisticSharpe sortino "
            "calmar maxDrawdown maxDrawdownStart maxDrawdownTrough maxDrawdownEnd maxDrawdownDays "
            "timeUnderWater skew kurtosis valueAtRisk95 conditionalValueAtRisk95 tailRatio bestMonth "
            "worstMonth exposure turnover trades openTrades winRate profitFactor expectancy sqn kelly "
            "averageBarsHeld bestTrade worstTrade feesPaid slippagePaid financingPaid benchmarkReturn "
            "excessReturn alpha beta correlation informationRatio periodsPerYear returnPeriods start "
            "end } windows { number train { start end bars } test { start end bars } parameters changed "
            "failed inSample outOfSample efficiency } curve { time equity benchmark window } efficiency "
            "profitableWindows stability { parameter stability } hindsight { parameters statistics { "
            "finalEquity totalReturn annualReturn volatility sharpe probabilisticSharpe sortino calmar "
            "maxDrawdown maxDrawdownStart maxDrawdownTrough maxDrawdownEnd maxDrawdownDays "
            "timeUnderWater skew kurtosis valueAtRisk95 conditionalValueAtRisk95 tailRatio bestMonth "
            "worstMonth exposure turnover trades openTrades winRate profitFactor expectancy sqn kelly "
            "averageBarsHeld bestTrade worstTrade feesPaid slippagePaid financingPaid benchmarkReturn "
            "excessReturn alpha beta correlation informationRatio periodsPerYear returnPeriods start "
            "end } windowsAgreeing } dataHash } ... on InvalidInput { message problems { path message } "
            "} ... on NotFound { message } ... on Conflict { message } ... on Forbidden { message } } }"
        )
        return WalkForward.model_validate(carried_out(self._transport.execute(document, variables)["startWalkForward"]))


    def start_evaluation(
        self,
        *,
        backtest: BacktestSpecInput,
        sweep: SweepSpecInput | None = None,
        trials: int | None = None,
        permutations: int | None = None,
        resamples: int | None = None,
        seed: int | None = None,
        idempotency_key: str | None = None,
    ) -> Evaluation:
        """Check an evaluation, store it and begin it."""
        given = arguments({"backtest": backtest, "sweep": sweep, "trials": trials, "permutations": permutations, "resamples": resamples, "seed": seed, "idempotencyKey": idempotency_key})
        variables = {"input": given}
        document = (
            "mutation($input: StartEvaluationInput!) { startEvaluation(input: $input) { __typename ... "
            "on Evaluation { id identifier kind status progress runsDone runsPlanned eta createdAt "
            "startedAt finishedAt failure warnings reportUrl downloads { name url } spec { backtest { "
            "strategy parameters instruments timeframe source from to initialCash currency costs { "
            "commissionFixed commissionPerShare commissionBps commissionMinimum commissionMaximumBps "
            "commissionBpsPassive commissionTiers { over bps } commissionTierPeriod spreadBps "
            "slippageBps impactBps fxBps borrowRate marginRate fundingRate } fill fillIsOptimistic "
            "limitFill sizing { quantity maxLeverage initialMargin maintenanceMargin stopLoss "
            "takeProfit maxVolumeShare } adjustment closeDelisted benchmark seed } sweep { backtest { "
            "strategy parameters instruments timeframe source from to initialCash currency costs { "
            "commissionFixed commissionPerShare commissionBps commissionMinimum commissionMaximumBps "
            "commissionBpsPassive commissionTiers { over bps } commissionTierPeriod spreadBps "
            "slippageBps impactBps fxBps borrowRate marginRate fundingRate } fill fillIsOptimistic "
            "limitFill sizing { quantity maxLeverage initialMargin maintenanceMargin stopLoss "
            "takeProfit maxVolumeShare } adjustment closeDelisted benchmark seed } space { name values "
            "low high step log } constraints method samples objectives { statistic direction } "
            "eachInstrument periods { from to } patience confirmedRuns seed } trials permutations "
            "resamples seed } verdict { answer sentence findings { check answer sentence value "
            "threshold source } } details } ... on InvalidInput { message problems { path message } } "
            "... on NotFound { message } ... on Conflict { message } ... on Forbidden { message } } }"
        )
        return Evaluation.model_validate(carried_out(self._transport.execute(document, variables)["startEvaluation"]))


    def cancel_study(
        self,
        id: str,
    ) -> Sweep | WalkForward | Evaluation:
        """Stop a study. What it has finished is kept, and one that was cancelled already is returned."""
        given = arguments({"id": id})
        variables = {"input": given}
        document = (
            "mutation($input: CancelStudyInput!) { cancelStudy(input: $input) { __typename ... on Sweep "
            "{ id identifier kind status progress runsDone runsPlanned eta createdAt startedAt "
            "finishedAt failure warnings reportUrl downloads { name url } spec { backtest { strategy "
            "parameters instruments timeframe source from to initialCash currency costs { "
            "commissionFixed commissionPerShare commissionBps commissionMinimum commissionMaximumBps "
            "commissionBpsPassive commissionTiers { over bps } commissionTierPeriod spreadBps "
            "slippageBps impactBps fxBps borrowRate marginRate fundingRate } fill fillIsOptimistic "
            "limitFill sizing { quantity maxLeverage initialMargin maintenanceMargin stopLoss "
            "takeProfit maxVolumeShare } adjustment closeDelisted benchmark seed } space { name values "
            "low high step log } constraints method samples objectives { statistic direction } "
            "eachInstrument periods { from to } patience confirmedRuns seed } combinations failed "
            "stoppedEarly objectives { statistic direction } best { number parameters scores statistics "
            "{ name value } } top { number parameters scores statistics { name value } } pareto { "
            "number parameters scores statistics { name value } } marginals { parameter from to "
            "combinations mean best } neighbourhood { neighbours scored median mean worst betterThan } "
            "instruments { name runs failed mean best combination parameters } periods { name runs "
            "failed mean best combination parameters } failures { reason runs } dataHash } ... on "
            "WalkForward { id identifier kind status progress runsDone runsPlanned eta createdAt "
            "startedAt finishedAt failure warnings reportUrl downloads { name url } spec { sweep { "
            "backtest { strategy parameters instruments timeframe source from to initialCash currency "
            "costs { commissionFixed commissionPerShare commissionBps commissionMinimum "
            "commissionMaximumBps commissionBpsPassive commissionTiers { over bps } "
            "commissionTierPeriod spreadBps slippageBps impactBps fxBps borrowRate marginRate "
            "fundingRate } fill fillIsOptimistic limitFill sizing { quantity maxLeverage initialMargin "
            "maintenanceMargin stopLoss takeProfit maxVolumeShare } adjustment closeDelisted benchmark "
            "seed } space { name values low high step log } constraints method samples objectives { "
            "statistic direction } eachInstrument periods { from to } patience confirmedRuns seed } "
            "scheme trainBars testBars embargoBars } statistics { finalEquity totalReturn annualReturn "
            "volatility sharpe probabilisticSharpe sortino calmar maxDrawdown maxDrawdownStart "
            "maxDrawdownTrough maxDrawdownEnd maxDrawdownDays timeUnderWater skew kurtosis "
            "valueAtRisk95 conditionalValueAtRisk95 tailRatio bestMonth worstMonth exposure turnover "
            "trades openTrades winRate profitFactor expectancy sqn kelly averageBarsHeld bestTrade "
            "worstTrade feesPaid slippagePaid financingPaid benchmarkReturn excessReturn alpha beta "
            "correlation informationRatio periodsPerYear returnPeriods start end } benchmarkStatistics "
            "{ finalEquity totalReturn annualReturn volatility sharpe probabilisticSharpe sortino "
            "calmar maxDrawdown maxDrawdownStart maxDrawdownTrough maxDrawdownEnd maxDrawdownDays "
            "timeUnderWater skew kurtosis valueAtRisk95 conditionalValueAtRisk95 tailRatio bestMonth "
            "worstMonth exposure turnover trades openTrades winRate profitFactor expectancy sqn kelly "
            "averageBarsHeld bestTrade worstTrade feesPaid slippagePaid financingPaid benchmarkReturn "
            "excessReturn alpha beta correlation informationRatio periodsPerYear returnPeriods start "
            "end } windows { number train { start end bars } test { start end bars } parameters changed "
            "failed inSample outOfSample efficiency } curve { time equity benchmark window } efficiency "
            "profitableWindows stability { parameter stability } hindsight { parameters statistics { "
            "finalEquity totalReturn annualReturn volatility sharpe probabilisticSharpe sortino calmar "
            "maxDrawdown maxDrawdownStart maxDrawdownTrough maxDrawdownEnd maxDrawdownDays "
            "timeUnderWater skew kurtosis valueAtRisk95 conditionalValueAtRisk95 tailRatio bestMonth "
            "worstMonth exposure turnover trades openTrades winRate profitFactor expectancy sqn kelly "
            "averageBarsHeld bestTrade worstTrade feesPaid slippagePaid financingPaid benchmarkReturn "
            "excessReturn alpha beta correlation informationRatio periodsPerYear returnPeriods start "
            "end } windowsAgreeing } dataHash } ... on Evaluation { id identifier kind status progress "
            "runsDone runsPlanned eta createdAt startedAt finishedAt failure warnings reportUrl "
            "downloads { name url } spec { backtest { strategy parameters instruments timeframe source "
            "from to initialCash currency costs { commissionFixed commissionPerShare commissionBps "
            "commissionMinimum commissionMaximumBps commissionBpsPassive commissionTiers { over bps } "
            "commissionTierPeriod spreadBps slippageBps impactBps fxBps borrowRate marginRate "
            "fundingRate } fill fillIsOptimistic limitFill sizing { quantity maxLeverage initialMargin "
            "maintenanceMargin stopLoss takeProfit maxVolumeShare } adjustment closeDelisted benchmark "
            "seed } sweep { backtest { strategy parameters instruments timeframe source from to "
            "initialCash currency costs { commissionFixed commissionPerShare commissionBps "
            "commissionMinimum commissionMaximumBps commissionBpsPassive commissionTiers { over bps } "
            "commissionTierPeriod spreadBps slippageBps impactBps fxBps borrowRate marginRate "
            "fundingRate } fill fillIsOptimistic limitFill sizing { quantity maxLeverage initialMargin "
            "maintenanceMargin stopLoss takeProfit maxVolumeShare } adjustment closeDelisted benchmark "
            "seed } space { name values low high step log } constraints method samples objectives { "
            "statistic direction } eachInstrument periods { from to } patience confirmedRuns seed } "
            "trials permutations resamples seed } verdict { answer sentence findings { check answer "
            "sentence value threshold source } } details } ... on InvalidInput { message problems { "
            "path message } } ... on NotFound { message } ... on Conflict { message } ... on Forbidden "
            "{ message } } }"
        )
        found = carried_out(self._transport.execute(document, variables)["cancelStudy"])
        kinds: dict[str, type[Sweep | WalkForward | Evaluation]] = {"Sweep": Sweep, "WalkForward": WalkForward, "Evaluation": Evaluation}
        return kinds[found["__typename"]].model_validate(found)


    def resume_study(
        self,
        id: str,
    ) -> Sweep | WalkForward | Evaluation:
        """Go on with a failed or cancelled study; what it had finished is not done again."""
        given = arguments({"id": id})
        variables = {"input": given}
        document = (
            "mutation($input: ResumeStudyInput!) { resumeStudy(input: $input) { __typename ... on Sweep "
            "{ id identifier kind status progress runsDone runsPlanned eta createdAt startedAt "
            "finishedAt failure warnings reportUrl downloads { name url } spec { backtest { strategy "
            "parameters instruments timeframe source from to initialCash currency costs { "
            "commissionFixed commissionPerShare commissionBps commissionMinimum commissionMaximumBps "
            "commissionBpsPassive commissionTiers { over bps } commissionTierPeriod spreadBps "
            "slippageBps impactBps fxBps borrowRate marginRate fundingRate } fill fillIsOptimistic "
            "limitFill sizing { quantity maxLeverage initialMargin maintenanceMargin stopLoss "
            "takeProfit maxVolumeShare } adjustment closeDelisted benchmark seed } space { name values "
            "low high step log } constraints method samples objectives { statistic direction } "
            "eachInstrument periods { from to } patience confirmedRuns seed } combinations failed "
            "stoppedEarly objectives { statistic direction } best { number parameters scores statistics "
            "{ name value } } top { number parameters scores statistics { name value } } pareto { "
            "number parameters scores statistics { name value } } marginals { parameter from to "
            "combinations mean best } neighbourhood { neighbours scored median mean worst betterThan } "
            "instruments { name runs failed mean best combination parameters } periods { name runs "
            "failed mean best combination parameters } failures { reason runs } dataHash } ... on "
            "WalkForward { id identifier kind status progress runsDone runsPlanned eta createdAt "
            "startedAt finishedAt failure warnings reportUrl downloads { name url } spec { sweep { "
            "backtest { strategy parameters instruments timeframe source from to initialCash currency "
            "costs { commissionFixed commissionPerShare commissionBps commissionMinimum "
            "commissionMaximumBps commissionBpsPassive commissionTiers { over bps } "
            "commissionTierPeriod spreadBps slippageBps impactBps fxBps borrowRate marginRate "
            "fundingRate } fill fillIsOptimistic limitFill sizing { quantity maxLeverage initialMargin "
            "maintenanceMargin stopLoss takeProfit maxVolumeShare } adjustment closeDelisted benchmark "
            "seed } space { name values low high step log } constraints method samples objectives { "
            "statistic direction } eachInstrument periods { from to } patience confirmedRuns seed } "
            "scheme trainBars testBars embargoBars } statistics { finalEquity totalReturn annualReturn "
            "volatility sharpe probabilisticSharpe sortino calmar maxDrawdown maxDrawdownStart "
            "maxDrawdownTrough maxDrawdownEnd maxDrawdownDays timeUnderWater skew kurtosis "
            "valueAtRisk95 conditionalValueAtRisk95 tailRatio bestMonth worstMonth exposure turnover "
            "trades openTrades winRate profitFactor expectancy sqn kelly averageBarsHeld bestTrade "
            "worstTrade feesPaid slippagePaid financingPaid benchmarkReturn excessReturn alpha beta "
            "correlation informationRatio periodsPerYear returnPeriods start end } benchmarkStatistics "
            "{ finalEquity totalReturn annualReturn volatility sharpe probabilisticSharpe sortino "
            "calmar maxDrawdown maxDrawdownStart maxDrawdownTrough maxDrawdownEnd maxDrawdownDays "
            "timeUnderWater skew kurtosis valueAtRisk95 conditionalValueAtRisk95 tailRatio bestMonth "
            "worstMonth exposure turnover trades openTrades winRate profitFactor expectancy sqn kelly "
            "averageBarsHeld bestTrade worstTrade feesPaid slippagePaid financingPaid benchmarkReturn "
            "excessReturn alpha beta correlation informationRatio periodsPerYear returnPeriods start "
            "end } windows { number train { start end bars } test { start end bars } parameters changed "
            "failed inSample outOfSample efficiency } curve { time equity benchmark window } efficiency "
            "profitableWindows stability { parameter stability } hindsight { parameters statistics { "
            "finalEquity totalReturn annualReturn volatility sharpe probabilisticSharpe sortino calmar "
            "maxDrawdown maxDrawdownStart maxDrawdownTrough maxDrawdownEnd maxDrawdownDays "
            "timeUnderWater skew kurtosis valueAtRisk95 conditionalValueAtRisk95 tailRatio bestMonth "
            "worstMonth exposure turnover trades openTrades winRate profitFactor expectancy sqn kelly "
            "averageBarsHeld bestTrade worstTrade feesPaid slippagePaid financingPaid benchmarkReturn "
            "excessReturn alpha beta correlation informationRatio periodsPerYear returnPeriods start "
            "end } windowsAgreeing } dataHash } ... on Evaluation { id identifier kind status progress "
            "runsDone runsPlanned eta createdAt startedAt finishedAt failure warnings reportUrl "
            "downloads { name url } spec { backtest { strategy parameters instruments timeframe source "
            "from to initialCash currency costs { commissionFixed commissionPerShare commissionBps "
            "commissionMinimum commissionMaximumBps commissionBpsPassive commissionTiers { over bps } "
            "commissionTierPeriod spreadBps slippageBps impactBps fxBps borrowRate marginRate "
            "fundingRate } fill fillIsOptimistic limitFill sizing { quantity maxLeverage initialMargin "
            "maintenanceMargin stopLoss takeProfit maxVolumeShare } adjustment closeDelisted benchmark "
            "seed } sweep { backtest { strategy parameters instruments timeframe source from to "
            "initialCash currency costs { commissionFixed commissionPerShare commissionBps "
            "commissionMinimum commissionMaximumBps commissionBpsPassive commissionTiers { over bps } "
            "commissionTierPeriod spreadBps slippageBps impactBps fxBps borrowRate marginRate "
            "fundingRate } fill fillIsOptimistic limitFill sizing { quantity maxLeverage initialMargin "
            "maintenanceMargin stopLoss takeProfit maxVolumeShare } adjustment closeDelisted benchmark "
            "seed } space { name values low high step log } constraints method samples objectives { "
            "statistic direction } eachInstrument periods { from to } patience confirmedRuns seed } "
            "trials permutations resamples seed } verdict { answer sentence findings { check answer "
            "sentence value threshold source } } details } ... on InvalidInput { message problems { "
            "path message } } ... on NotFound { message } ... on Conflict { message } ... on Forbidden "
            "{ message } } }"
        )
        found = carried_out(self._transport.execute(document, variables)["resumeStudy"])
        kinds: dict[str, type[Sweep | WalkForward | Evaluation]] = {"Sweep": Sweep, "WalkForward": WalkForward, "Evaluation": Evaluation}
        return kinds[found["__typename"]].model_validate(found)


    def delete_study(
        self,
        id: str,
    ) -> DeletedStudy:
        """Forget an ended study and its rows. Its trials stay counted: they were made."""
        given = arguments({"id": id})
        variables = {"input": given}
        document = (
            "mutation($input: DeleteStudyInput!) { deleteStudy(input: $input) { __typename ... on "
            "DeletedStudy { id } ... on InvalidInput { message problems { path message } } ... on "
            "NotFound { message } ... on Conflict { message } ... on Forbidden { message } } }"
        )
        return DeletedStudy.model_validate(carried_out(self._transport.execute(document, variables)["deleteStudy"]))


    def create_api_key(
        self,
        *,
        name: str,
        role: Role,
        expires_at: datetime | None = None,
    ) -> CreatedApiKey:
        """Make a key of this workspace."""
        given = arguments({"name": name, "role": role, "expiresAt": expires_at})
        variables = {"input": given}
        document = (
            "mutation($input: CreateApiKeyInput!) { createApiKey(input: $input) { __typename ... on "
            "CreatedApiKey { key { id name prefix role createdAt expiresAt revokedAt lastUsedAt } "
            "secret } ... on InvalidInput { message problems { path message } } ... on Forbidden { "
            "message } } }"
        )
        return CreatedApiKey.model_validate(carried_out(self._transport.execute(document, variables)["createApiKey"]))


    def revoke_api_key(
        self,
        id: str,
    ) -> RevokedApiKey:
        """From now on this key opens nothing."""
        given = arguments({"id": id})
        variables = {"input": given}
        document = (
            "mutation($input: RevokeApiKeyInput!) { revokeApiKey(input: $input) { __typename ... on "
            "RevokedApiKey { id } ... on InvalidInput { message problems { path message } } ... on "
            "NotFound { message } ... on Forbidden { message } } }"
        )
        return RevokedApiKey.model_validate(carried_out(self._transport.execute(document, variables)["revokeApiKey"]))


    def backtest_progress(
        self,
        id: str,
    ) -> Iterator[BacktestProgress]:
        """The present state at once, then each step; completes after the final status."""
        given = arguments({"id": id})
        variables = given
        document = (
            "subscription($id: ID!) { backtestProgress(id: $id) { id status progress stage failure } }"
        )
        for event in self._transport.subscribe(document, variables):
            yield BacktestProgress.model_validate(event["backtestProgress"])


    def sweep_progress(
        self,
        id: str,
    ) -> Iterator[StudyProgress]:
        """The present state at once, then each step; completes after the final status."""
        given = arguments({"id": id})
        variables = given
        document = (
            "subscription($id: ID!) { sweepProgress(id: $id) { id status progress runsDone runsPlanned "
            "eta stage best failure } }"
        )
        for event in self._transport.subscribe(document, variables):
            yield StudyProgress.model_validate(event["sweepProgress"])


    def walk_forward_progress(
        self,
        id: str,
    ) -> Iterator[StudyProgress]:
        """The present state at once, then each step; completes after the final status."""
        given = arguments({"id": id})
        variables = given
        document = (
            "subscription($id: ID!) { walkForwardProgress(id: $id) { id status progress runsDone "
            "runsPlanned eta stage best failure } }"
        )
        for event in self._transport.subscribe(document, variables):
            yield StudyProgress.model_validate(event["walkForwardProgress"])


    def evaluation_progress(
        self,
        id: str,
    ) -> Iterator[StudyProgress]:
        """The present state at once, then each step; completes after the final status."""
        given = arguments({"id": id})
        variables = given
        document = (
            "subscription($id: ID!) { evaluationProgress(id: $id) { id status progress runsDone "
            "runsPlanned eta stage best failure } }"
        )
        for event in self._transport.subscribe(document, variables):
            yield StudyProgress.model_validate(event["evaluationProgress"])
