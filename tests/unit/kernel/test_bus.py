"""The in-process bus."""

import asyncio
import threading

from events.bus import InProcessBus, Topic
from events.topics import backtest_progress

HERE = Topic.of("news", id="1")


def test_a_topic_key_does_not_depend_on_the_order_of_its_arguments() -> None:
    assert Topic.of("a", x="1", y="2") == Topic.of("a", y="2", x="1")
    assert backtest_progress("w", "b").key == "backtest.progress?id=b&workspace=w"


async def test_a_listener_hears_in_order_what_is_published_after_it_entered() -> None:
    bus = InProcessBus()
    bus.publish(HERE, "too early")
    async with bus.listen(HERE) as events:
        for number in range(3):
            bus.publish(HERE, number)
        assert [await anext(events) for _ in range(3)] == [0, 1, 2]


async def test_a_listener_hears_nothing_of_other_topics() -> None:
    bus = InProcessBus()
    async with bus.listen(HERE) as events:
        bus.publish(Topic.of("news", id="2"), "elsewhere")
        bus.publish(HERE, "here")
        assert await anext(events) == "here"


async def test_events_published_from_another_thread_arrive() -> None:
    bus = InProcessBus()
    async with bus.listen(HERE) as events:
        publisher = threading.Thread(target=bus.publish, args=(HERE, "from a thread"))
        publisher.start()
        assert await asyncio.wait_for(anext(events), timeout=5) == "from a thread"
        publisher.join()


async def test_a_slow_listener_loses_the_oldest_events_and_always_gets_the_newest() -> None:
    bus = InProcessBus()
    async with bus.listen(HERE) as events:
        for number in range(1_000):
            bus.publish(HERE, number)
        await asyncio.sleep(0)
        heard = [await anext(events) for _ in range(256)]
    assert heard == list(range(744, 1_000))


async def test_a_listener_that_left_is_forgotten() -> None:
    bus = InProcessBus()
    async with bus.listen(HERE):
        pass
    assert bus._listeners == {}
