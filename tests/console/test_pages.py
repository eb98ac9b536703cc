"""The pages in a real browser: nothing the policy forbids, nothing wider than a telephone, buttons that do things."""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect, sync_playwright

from channels.watch import metrics
from tests.console.place import NAME, PASSWORD, SALES, Place, nameless, result

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE = {"width": 360, "height": 740}
PATIENCE = 60_000  # ms; only bounds a failure

expect.set_options(timeout=PATIENCE)

pytestmark = pytest.mark.skipif(
    not CHROMIUM.exists() and os.environ.get("CI") != "true",
    reason="the pages are tried in Debian's chromium, which is not on this machine (apt-get install chromium)",
)


class Served:
    """A place on a port, with one of everything in it."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.made = place.send("lab-hl7v2", result("A"), nameless("B"))
        self.made += place.send("pharmacy-csv", SALES, content_type="text/csv")
        config = uvicorn.Config(place.app, host="127.0.0.1", port=0, log_level="warning", lifespan="off", ws="none")
        self.server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self.server.run, daemon=True)
        self._thread.start()
        until = time.monotonic() + 60
        while not self.server.started and time.monotonic() < until:
            self._thread.join(0.01)
        port = self.server.servers[0].sockets[0].getsockname()[1]
        self.address = f"http://127.0.0.1:{port}"

    @property
    def paths(self) -> list[str]:
        stories = [f"/transactions/{one}" for one in self.made]
        groups = [f"/failures/group?kind={one['kind']}&channel={one['channel']}&reason={one['reason']}"
                  for one in self.place.desk.groups()]  # fmt: skip
        fixed = [
            "/",
            "/transactions",
            "/failures",
            "/care-sheets",
            "/codes",
            "/check",
            "/nationals",
            "/console/channels/lab-hl7v2",
            "/places",
            "/places/new",
            "/places/unknown",
            "/places/lists",
            "/professionals",
            "/nowhere",
        ]
        return [*fixed, *stories, *groups]

    def close(self) -> None:
        self.server.should_exit = True
        self._thread.join(10)
        self.place.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    metrics.circuit.clear()
    metrics.lag.clear()
    served = Served(Place(tmp_path_factory.mktemp("place")))
    yield served
    served.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


class Looked:
    """A page that is logged in, and everything its console complained of."""

    def __init__(self, page: Page, served: Served) -> None:
        self.page, self.served, self.complaints = page, served, list[str]()
        page.on("console", lambda said: self.complaints.append(said.text) if said.type != "log" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def go(self, path: str) -> None:
        self.page.goto(self.served.address + path)

    def enter(self) -> None:
        self.go("/login")
        self.page.get_by_label(re.compile("Utilisateur|User")).fill(NAME)
        self.page.get_by_label(re.compile("Mot de passe|Password")).fill(PASSWORD)
        self.page.keyboard.press("Enter")
        expect(self.page).to_have_url(self.served.address + "/")

    @property
    def overflow(self) -> int:
        """By how many pixels the page is wider than its window."""
        wide: int = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        return wide


def looked(
    chromium: Browser, served: Served, locale: str, viewport: dict[str, int] | None = None, script: bool = True
) -> Looked:
    context = chromium.new_context(locale=locale, viewport=viewport, java_script_enabled=script)  # type: ignore[arg-type]  # a plain dict does
    seen = Looked(context.new_page(), served)
    seen.page.set_default_timeout(PATIENCE)
    seen.enter()
    return seen


@pytest.mark.parametrize("locale", ["fr-MA", "en-GB"])
@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_every_page_fits_a_telephone_and_the_console_stays_silent(
    chromium: Browser, served: Served, locale: str, direction: str
) -> None:
    seen = looked(chromium, served, locale, PHONE)
    for path in served.paths:
        seen.go(path)
        seen.page.evaluate(f"document.documentElement.dir = '{direction}'")
        assert seen.overflow <= 0, path
    # the browser itself says that a page was not found
    assert [said for said in seen.complaints if "404" not in said] == []
    seen.page.context.close()


def test_every_control_can_be_hit_with_a_thumb(chromium: Browser, served: Served) -> None:
    """24 px (WCAG 2.5.8), for what does not stand within a sentence."""
    seen = looked(chromium, served, "fr-MA", PHONE)
    small = """() => [...document.querySelectorAll('button, .button, input:not([type=hidden]), select, nav a, summary')]
        .filter(one => one.checkVisibility()).map(one => [one.textContent.trim(), one.getBoundingClientRect().height])
        .filter(([_, height]) => height < 24)"""
    for path in served.paths:
        seen.go(path)
        assert seen.page.evaluate(small) == [], path
    seen.page.context.close()


def test_every_page_has_one_heading_named_tables_and_labelled_fields(chromium: Browser, served: Served) -> None:
    seen = looked(chromium, served, "en-GB")
    for path in served.paths:
        seen.go(path)
        assert seen.page.locator("h1").count() == 1, path
        assert seen.page.locator("table:not(:has(caption))").count() == seen.page.locator(".u-legend").count(), path
        fields = "[...document.querySelectorAll('input:not([type=hidden]), select, textarea')]"
        assert seen.page.evaluate(f"{fields}.filter(one => !one.labels.length).length") == 0, path
        ids = seen.page.evaluate("[...document.querySelectorAll('[id]')].map(one => one.id)")
        assert len(ids) == len(set(ids)), path
    seen.page.context.close()


def test_the_keyboard_skips_to_the_content(chromium: Browser, served: Served) -> None:
    seen = looked(chromium, served, "en-GB")
    seen.go("/failures")
    seen.page.keyboard.press("Tab")
    expect(seen.page.get_by_text("Skip to the content")).to_be_focused()
    seen.page.keyboard.press("Enter")
    expect(seen.page.locator("#main")).to_be_focused()
    seen.page.context.close()


def test_the_overview_follows_what_comes_without_being_loaded_again(chromium: Browser, served: Served) -> None:
    seen = looked(chromium, served, "en-GB")
    rate = seen.page.locator("#channel-radiology-hl7v2 [data-rate]")
    expect(rate).to_have_text("0")
    served.place.send("radiology-hl7v2", result("X-RAY"))
    expect(rate).to_have_text("1")
    assert seen.complaints == []
    seen.page.context.close()


def test_the_button_runs_the_message_again_and_leads_to_the_new_one(chromium: Browser, served: Served) -> None:
    seen = looked(chromium, served, "fr-MA")
    seen.go(f"/transactions/{served.made[0]}")
    seen.page.get_by_role("button", name="Relancer", exact=True).click()
    expect(seen.page.get_by_role("heading", name="En chemin")).to_be_visible()
    served.place.flow()
    expect(seen.page.get_by_role("heading", name="ORU^R01")).to_be_visible()
    expect(seen.page.get_by_role("link", name=served.made[0])).to_be_visible()
    assert seen.complaints == []
    seen.page.context.close()


def test_the_chart_is_drawn_and_its_table_is_beside_it(chromium: Browser, served: Served) -> None:
    seen = looked(chromium, served, "en-GB")
    seen.go("/console/channels/lab-hl7v2")
    expect(seen.page.locator(".chart canvas")).to_be_visible()
    seen.page.get_by_text("View as table").click()
    expect(seen.page.get_by_role("table", name="By minute")).to_be_visible()
    assert seen.complaints == []
    seen.page.context.close()


def test_a_program_that_does_not_answer_is_said_to_be_silent(chromium: Browser, served: Served) -> None:
    seen = looked(chromium, served, "en-GB")
    expect(seen.page.locator("#offline")).to_be_hidden()
    seen.page.route("**/console/overview", lambda route: route.abort())
    expect(seen.page.locator("#offline")).to_be_visible()
    seen.page.unroute("**/console/overview")
    expect(seen.page.locator("#offline")).to_be_hidden()
    seen.page.context.close()


def test_a_session_that_ended_leads_to_the_login_page(chromium: Browser, served: Served) -> None:
    seen = looked(chromium, served, "en-GB")
    seen.page.context.clear_cookies()
    expect(seen.page).to_have_url(served.address + "/login")
    seen.page.context.close()


@pytest.mark.parametrize("script", [True, False])
def test_a_message_is_checked_by_pasting_or_choosing_a_file(
    chromium: Browser, served: Served, tmp_path: Path, script: bool
) -> None:
    seen = looked(chromium, served, "en-GB", PHONE, script=script)
    seen.page.get_by_role("link", name="Check a message").click()
    seen.page.get_by_label("Message").fill(nameless("Z1").decode().replace("\r", "\n"))
    seen.page.get_by_role("button", name="Check").click()
    expect(seen.page.get_by_role("heading", name="1 thing to mend")).to_be_visible()
    expect(seen.page.locator("tr.wrong th").first).to_have_text("PID-3")
    assert "BENNANI" not in seen.page.url
    (tmp_path / "sales.csv").write_bytes(SALES)
    seen.page.get_by_label("Or a file").set_input_files(tmp_path / "sales.csv")
    seen.page.get_by_label("Channel").select_option("pharmacy-csv")
    seen.page.get_by_role("button", name="Check").click()
    expect(seen.page.get_by_role("heading", name="What lands on the care sheet")).to_be_visible()
    if script:
        assert seen.overflow <= 0
    assert seen.complaints == []
    seen.page.context.close()


def test_everything_works_without_javascript(chromium: Browser, served: Served) -> None:
    seen = looked(chromium, served, "en-GB", script=False)
    expect(seen.page.locator("#channel-lab-hl7v2")).to_be_visible()
    seen.go("/transactions")
    seen.page.get_by_label("Patient identifier").fill("A-4711")
    seen.page.get_by_role("button", name="Search").click()
    expect(seen.page.locator("tbody tr").first).to_be_visible()
    assert "4711" not in seen.page.url
    seen.go("/console/channels/fhir")
    seen.page.get_by_label("Why").fill("a test")
    seen.page.get_by_role("button", name="Stop the line").click()
    seen.page.get_by_role("button", name="Start the line again").click()
    expect(seen.page.get_by_role("button", name="Stop the line")).to_be_visible()
    seen.page.get_by_role("link", name="Français").click()
    expect(seen.page.get_by_role("button", name="Arrêter la ligne")).to_be_visible()
    seen.page.get_by_role("button", name="Se déconnecter").click()
    expect(seen.page).to_have_url(served.address + "/login")
    seen.page.context.close()
