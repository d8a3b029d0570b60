"""The port every listener uses, and the bus that needs nothing but this process."""

import asyncio
import threading
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Protocol

_WAITING_EVENTS_PER_LISTENER = 256


@dataclass(frozen=True, slots=True)
class Topic:
    """An exact address: a name and the arguments a subscriber may choose by.

    Its key is what travels: `backtest.progress?id=bt_1&workspace=default`.
    """

    name: str
    arguments: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, name: str, **arguments: str) -> "Topic":
        return cls(name, tuple(sorted(arguments.items())))

    @property
    def key(self) -> str:
        return self.name + "?" + "&".join(f"{name}={value}" for name, value in self.arguments)


class Bus(Protocol):
    """Carries events from whoever publishes to whoever listens at that moment."""

    def publish(self, topic: Topic, event: Any) -> None:
        """Hand the event to every present listener; never blocks, callable from any thread."""
        ...

    def listen(self, topic: Topic) -> AbstractAsyncContextManager[AsyncIterator[Any]]:
        """Events published after the context was entered, in order, until it is left.

        A subscriber enters first and reads its snapshot then, so nothing falls between the two.
        """
        ...


class InProcessBus:
    """Delivers within one process; a listener that falls behind loses its oldest events.

    Progress is a state, not a history: the newest event always arrives.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: dict[str, list[Callable[[Any], None]]] = defaultdict(list)

    def publish(self, topic: Topic, event: Any) -> None:
        with self._lock:
            listeners = tuple(self._listeners.get(topic.key, ()))
        for deliver in listeners:
            deliver(event)

    @asynccontextmanager
    async def listen(self, topic: Topic) -> AsyncIterator[AsyncIterator[Any]]:
        loop = asyncio.get_running_loop()
        queue: asyncio.Queue[Any] = asyncio.Queue(_WAITING_EVENTS_PER_LISTENER)

        def put(event: Any) -> None:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(event)

        def deliver(event: Any) -> None:
            with suppress(RuntimeError):  # the loop of a listener that is shutting down is closed
                loop.call_soon_threadsafe(put, event)

        with self._lock:
            self._listeners[topic.key].append(deliver)
        try:
            yield _drain(queue)
        finally:
            with self._lock:
                self._listeners[topic.key].remove(deliver)
                if not self._listeners[topic.key]:
                    del self._listeners[topic.key]


async def _drain(queue: "asyncio.Queue[Any]") -> AsyncIterator[Any]:
    while True:
        yield await queue.get()
