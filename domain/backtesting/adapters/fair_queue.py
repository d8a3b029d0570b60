"""A queue in lanes that take turns, so that one long list of work does not make another one wait."""

import threading
from collections import OrderedDict, deque
from typing import Generic, TypeVar

T = TypeVar("T")


class FairQueue(Generic[T]):
    """Items of a lane come out in their order; lanes with items take turns, whoever waited longest first."""

    def __init__(self) -> None:
        self._lanes: OrderedDict[str, deque[T]] = OrderedDict()
        self._changed = threading.Condition()
        self._closed = False

    def put(self, lane: str, item: T) -> None:
        with self._changed:
            self._lanes.setdefault(lane, deque()).append(item)
            self._changed.notify()

    def get(self) -> T | None:
        """Wait for the next item; None once the queue is closed and empty."""
        with self._changed:
            while not self._lanes:
                if self._closed:
                    return None
                self._changed.wait()
            lane, items = self._lanes.popitem(last=False)
            item = items.popleft()
            if items:
                self._lanes[lane] = items
            return item

    def close(self) -> None:
        """Nothing more will come; what is here can still be taken."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
