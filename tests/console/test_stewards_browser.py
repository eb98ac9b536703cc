"""The stewards' pages in a real browser: on a telephone, by the keyboard alone, and without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from channels.identities import Identities
from channels.watch import metrics
from tests.console import test_pages as pages
from tests.console.identities import certain, doubtful
from tests.console.place import Place

pytestmark = pages.pytestmark
chromium = pages.chromium


@pytest.fixture
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[pages.Served]:
    metrics.circuit.clear()
    metrics.lag.clear()
    served = pages.Served(Place(tmp_path_factory.mktemp("place")))
    doubtful(served.place)
    certain(served.place)
    yield served
    served.close()


def paths(identities: Identities) -> list[str]:
    (one,) = identities.records.persons_with("urn:id:130310623", "N-R5")
    (other,) = identities.records.persons_with("urn:id:130310624", "N-R2")
    reviews = [f"/reviews/{review.id}" for review in identities.queue.page()]
    return ["/reviews", *reviews, "/people", f"/people/{one}", f"/people/{one}/beside/{other}", "/rules", "/rules/1"]


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_every_page_fits_a_telephone_and_a_thumb(chromium: Browser, served: pages.Served, direction: str) -> None:
    seen = pages.looked(chromium, served, "fr-MA", pages.PHONE)
    for path in paths(Identities.of(served.place.house)):
        seen.go(path)
        seen.page.evaluate(f"document.documentElement.dir = '{direction}'")
        seen.page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
        assert seen.overflow <= 0, path
        small = seen.page.evaluate(
            "[...document.querySelectorAll('button, summary, input:not([type=hidden]), select, textarea')]"
            ".filter((one) => one.getClientRects().length && one.getBoundingClientRect().height < 24)"
            ".map((one) => one.outerHTML)"
        )
        assert small == [], path
    assert seen.complaints == []
    seen.page.context.close()


def test_a_steward_decides_undoes_and_goes_on_by_the_keyboard_alone(chromium: Browser, served: pages.Served) -> None:
    identities = Identities.of(served.place.house)
    before = {review.id for review in identities.queue.page()}
    seen = pages.looked(chromium, served, "en-GB")
    seen.go("/reviews")
    seen.page.get_by_role("link", name="Begin with the first").press("Enter")
    expect(seen.page.get_by_role("heading", name="Is this one person?")).to_be_visible()
    seen.page.keyboard.press("a")
    expect(seen.page.get_by_role("status")).to_contain_text("one person now")
    assert len(identities.queue.page()) == len(before) - 1
    seen.page.keyboard.press("u")
    expect(seen.page.get_by_role("status")).to_contain_text("taken back")
    assert {review.id for review in identities.queue.page()} == before
    seen.page.get_by_label(re.compile("Reason")).press_sequentially("are two")
    assert {review.id for review in identities.queue.page()} == before, "letters of a reason decide nothing"
    seen.page.keyboard.press("Enter")
    expect(seen.page.get_by_role("status")).to_contain_text("one person now")
    seen.page.context.close()


def test_a_steward_decides_without_javascript(chromium: Browser, served: pages.Served) -> None:
    identities = Identities.of(served.place.house)
    seen = pages.looked(chromium, served, "en-GB", script=False)
    (review, *_) = identities.queue.page()
    seen.go(f"/reviews/{review.id}")
    seen.page.get_by_role("button", name="Two persons").click()
    expect(seen.page.get_by_role("status")).to_contain_text("kept apart")
    assert review.other in identities.links.kept_apart(review.person)
    seen.page.context.close()
