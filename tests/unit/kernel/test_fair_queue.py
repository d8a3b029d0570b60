"""Work waits in lanes that take turns."""

from domain.backtesting.adapters.fair_queue import FairQueue


def test_a_long_lane_does_not_make_another_one_wait() -> None:
    queue = FairQueue[str]()
    for number in range(3):
        queue.put("sweep", f"chunk {number}")
    queue.put("backtests", "run")
    assert [queue.get() for _ in range(4)] == ["chunk 0", "run", "chunk 1", "chunk 2"]


def test_a_lane_keeps_its_order_and_lanes_take_turns() -> None:
    queue = FairQueue[str]()
    for lane, item in (("a", "a0"), ("b", "b0"), ("a", "a1"), ("b", "b1"), ("c", "c0")):
        queue.put(lane, item)
    assert [queue.get() for _ in range(5)] == ["a0", "b0", "c0", "a1", "b1"]


def test_a_closed_queue_is_emptied_before_it_ends() -> None:
    queue = FairQueue[int]()
    queue.put("a", 1)
    queue.close()
    assert [queue.get(), queue.get()] == [1, None]
