"""The order in which reviews are looked at, and that a walk through them meets each once."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, insert, update

from registries.client.queue import Order, Queue
from registries.database import writing
from registries.tables import reviews
from tests.registries.people import Registry

SCORES = {"a": 0.5, "b": None, "c": 0.9, "d": 0.5, "e": None}


@pytest.fixture
def queue(engine: Engine) -> Queue:
    person = Registry(engine).person(ipp="1")
    told = {"person": person, "other": "", "text": "", "state": "open", "event": "", "transaction": ""}
    with writing(engine) as connection:
        for at, (id, score) in enumerate(SCORES.items()):
            reason = "possible-match" if score else "claimed-twice"
            connection.execute(insert(reviews).values(**told, id=id, at=-at // 2, reason=reason, score=score))
    return Queue(engine)


def walked(queue: Queue, order: Order, most: int) -> str:
    found, after = "", ""
    while page := queue.page(order=order, after=after, most=most):
        found += "".join(one.id for one in page)
        after = page[-1].id
    return found


@pytest.mark.parametrize(("order", "expected"), [("oldest", "debca"), ("likeliest", "cadbe")])
@pytest.mark.parametrize("most", [1, 2, 5])
def test_every_review_is_met_once_in_its_order(queue: Queue, order: Order, expected: str, most: int) -> None:
    assert walked(queue, order, most) == expected


def test_reviews_are_counted_by_reason(queue: Queue) -> None:
    assert list(queue.counts().items()) == [("possible-match", 3), ("claimed-twice", 2)]


def test_the_next_one_comes_after_those_left_for_later_too(queue: Queue, engine: Engine) -> None:
    c, e = queue.one("c"), queue.one("e")
    assert c
    assert e
    after = queue.next(e, order="likeliest")
    assert after
    assert after.id == "c", "round again"
    with writing(engine) as connection:
        connection.execute(update(reviews).where(reviews.c.id == "c").values(state="decided"))
    following = queue.next(c, order="likeliest")
    assert following
    assert following.id == "a", "one that is decided still tells the place"
    alone = queue.next(c, reason="another-sex")
    assert alone is None


def test_who_gave_no_such_review_gets_no_page(queue: Queue) -> None:
    assert queue.page(after="nobody") == []
    assert queue.one("nobody") is None
