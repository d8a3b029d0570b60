"""Following something that runs, from its present state to its final one."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any, Protocol, TypeVar

from events.bus import Bus, Topic

# What runs may be ended by another process, whose events this bus does not carry: the stored state is
# read again after that long without an event.
SILENCE_BEFORE_LOOKING_SECONDS = 2.0


class Status(Protocol):
    """Where something stands."""

    @property
    def is_final(self) -> bool: ...


class Step(Protocol):
    """One step of something that runs, as a subscriber sees it."""

    @property
    def status(self) -> Status: ...

    @property
    def progress(self) -> float: ...


S = TypeVar("S", bound=Step)


async def follow(
    bus: Bus, topic: Topic, stored: Callable[[], Awaitable[S]], shown: Callable[[Any], S]
) -> AsyncGenerator[S, None]:
    """The present state at once, then each step; ends after the final status.

    stored reads the state that is kept; shown makes an event of the topic what a subscriber sees.
    """
    async with bus.listen(topic) as events:
        present = await stored()
        yield present
        waiting: asyncio.Task[Any] | None = None
        try:
            while not present.status.is_final:
                waiting = waiting or asyncio.create_task(_next_event(events))
                done, _ = await asyncio.wait({waiting}, timeout=SILENCE_BEFORE_LOOKING_SECONDS)
                if done:
                    with suppress(StopAsyncIteration):
                        present = shown(waiting.result())
                        yield present
                    waiting = None
                    continue
                found = await stored()
                if found.status is not present.status or found.progress > present.progress:
                    present = found
                    yield present
        finally:
            if waiting is not None:
                waiting.cancel()


async def _next_event(events: AsyncIterator[Any]) -> Any:
    return await anext(events)
