"""What happens to each request around its execution: limits, caches, errors made presentable."""

from collections.abc import Iterator

from graphql import ExecutionResult
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.types.execution import StreamExecutionResult

from trader_graphql.errors import present_errors
from trader_graphql.limits import Guard

_CACHED_DOCUMENTS = 512


class Pipeline(ParserCache, ValidationCache):
    """One extension for all of it: Strawberry asks each extension at every stage of every request,
    which for four of them costs more than a small query itself.
    """

    def __init__(self, guard: Guard) -> None:
        ParserCache.__init__(self, maxsize=_CACHED_DOCUMENTS)
        ValidationCache.__init__(self, maxsize=_CACHED_DOCUMENTS)
        self._guard = guard
        self._is_stream = False

    def on_operation(self) -> Iterator[None]:
        execution = self.execution_context
        execution.parse_options["max_tokens"] = self._guard.limits.tokens
        rules = self._guard.rules(execution.context.may_introspect)
        execution.validation_rules = (*execution.validation_rules, *rules)
        yield
        if not self._is_stream:
            present_errors(execution.result)

    def on_stream_result(self, result: StreamExecutionResult) -> Iterator[None]:
        self._is_stream = True  # each result is presented on its way out, the last one not again
        present_errors(result)
        yield

    def on_execute(self) -> Iterator[None]:
        error = self._guard.cost_error(self.execution_context)
        if error is not None:
            self.execution_context.result = ExecutionResult(data=None, errors=[error])
        yield
