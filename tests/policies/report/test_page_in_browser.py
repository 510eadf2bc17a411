"""The page as people use it: at a desk and on a phone, by keyboard, in print, without scripts, and large."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from policies.report import html_report
from policies.result import Report, Verdict
from tests.policies.report.reports import covered, every_verdict, finding, large, report

browser = pytest.importorskip("tests.policies.report.browser")
pytestmark = [
    pytest.mark.skipif(bool(browser.ABSENT), reason=browser.ABSENT or "a browser"),
    pytest.mark.slow,
]


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with browser.chromium(tmp_path_factory.mktemp("profile")) as driver:
        yield driver


@pytest.fixture
def show(driver: Any, tmp_path: Path) -> Any:
    """Opens a report and gives the driver; what the browser complains of fails the test."""
    browser.window(driver, 1280)

    def opened(of: Report, query: str = "") -> Any:
        path = tmp_path / "report.html"
        path.write_text(html_report.render(of, covered(of)))
        driver.get("about:blank")
        driver.get(path.as_uri() + query)
        assert driver.get_log("browser") == []
        return driver

    return opened


def count(driver: Any) -> str:
    return str(driver.find_element("id", "count").text)


def names(driver: Any) -> list[str]:
    return [each.text for each in driver.find_elements("css selector", "#rows .name")]


def choose(driver: Any, field: str, value: str) -> None:
    script = (
        "const field = document.getElementById(arguments[0]); field.value = arguments[1];"
        "field.dispatchEvent(new Event(field.type === 'search' ? 'input' : 'change'))"
    )
    driver.execute_script(script, field, value)


def press(driver: Any, verdict: str) -> None:
    driver.find_element("css selector", f"[data-verdict={verdict}]").click()


def test_everything_is_there_and_what_needs_somebody_comes_first(show: Any) -> None:
    driver = show(every_verdict())
    assert count(driver) == "6 of 6 findings"
    assert names(driver) == ["events", "later", "old", "good", "none"]
    row = driver.find_element("css selector", "#rows tr").text
    for part in ("failed", "high", "topic-cmek", "kmsKeyName is absent", "Set kmsKeyName.", "controls"):
        assert part in row


def test_filters_by_verdict_text_severity_framework_control_check_and_stack(show: Any) -> None:
    other = finding(Verdict.FAILED, "db", "eu-tenant-b", "sql-cmek")
    driver = show(report(*every_verdict().findings, other, stacks=("eu-tenant-a", "eu-tenant-b")))
    press(driver, "failed")
    assert set(names(driver)) == {"events", "db"}
    choose(
        driver,
        "f-stack",
        driver.execute_script(
            "return [...document.getElementById('f-stack').options].find(o => o.text === 'eu-tenant-b').value"
        ),
    )
    assert names(driver) == ["db"]
    driver.find_element("id", "clear").click()
    assert count(driver) == "7 of 7 findings"
    choose(driver, "f-text", "WAIVED spring")
    assert count(driver) == "0 of 7 findings"
    choose(driver, "f-text", "spring SAM@")
    assert names(driver) == ["old"]
    choose(driver, "f-text", "")
    choose(driver, "f-check", "sql-cmek")
    assert names(driver) == ["db"]
    choose(driver, "f-check", "")
    choose(driver, "f-severity", "low")
    assert "No finding fits these filters." in driver.find_element("id", "rows").text
    choose(driver, "f-severity", "")
    choose(driver, "f-framework", "hipaa")
    choose(driver, "f-control", "164.312(b)")
    assert names(driver) == []
    choose(driver, "f-control", "164.312(a)(2)(iv)")
    assert len(names(driver)) == 6


def test_a_filtered_view_is_in_the_address(show: Any) -> None:
    driver = show(every_verdict())
    press(driver, "waived")
    address = driver.current_url
    assert "verdict=waived" in address
    driver = show(every_verdict(), "#?" + address.split("#?")[1])
    assert names(driver) == ["old"]
    driver = show(every_verdict(), "#?framework=nothing&stack=nobody&verdict=x")
    assert count(driver) == "6 of 6 findings"


def test_a_control_leads_to_its_findings(show: Any) -> None:
    driver = show(every_verdict())
    driver.execute_script("document.getElementById('framework-hipaa').open = true")
    driver.find_element("css selector", "#framework-hipaa a[data-show*='topic-cmek']").click()
    assert len(names(driver)) == 5
    assert driver.find_element("id", "f-check").get_attribute("value") == "topic-cmek"


def test_pages_turn_by_keyboard_and_are_told(show: Any) -> None:
    from selenium.webdriver.common.keys import Keys

    driver = show(large(20))
    assert count(driver) == "120 of 120 findings, 1 to 50 shown"
    following = driver.find_elements("css selector", ".pager button")[1]
    following.send_keys(Keys.ENTER)
    assert count(driver) == "120 of 120 findings, 51 to 100 shown"
    assert driver.switch_to.active_element == following
    following.send_keys(Keys.SPACE)
    assert count(driver) == "120 of 120 findings, 101 to 120 shown"
    assert not following.is_enabled()


def test_every_control_can_be_reached_and_shows_its_focus(show: Any) -> None:
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys

    driver = show(every_verdict())
    reached = set()
    for _ in range(60):
        ActionChains(driver).send_keys(Keys.TAB).perform()
        here = driver.switch_to.active_element
        reached.add(here.get_attribute("id") or here.get_attribute("data-verdict") or here.text)
        outline = driver.execute_script("return getComputedStyle(arguments[0]).outlineStyle", here)
        assert outline != "none" or here.tag_name == "body"
    wanted = {
        "f-text",
        "f-severity",
        "f-stack",
        "f-framework",
        "f-check",
        "failed",
        "passed",
        "clear",
        "Skip to the findings",
    }
    assert wanted <= reached


@pytest.mark.parametrize("width", [390, 768, 1280])
@pytest.mark.parametrize("dark", [False, True])
def test_nothing_is_wider_than_the_screen(show: Any, width: int, dark: bool) -> None:
    long = finding(Verdict.FAILED, "n" * 200, path="a." * 90, seen="'" + "v" * 300 + "'")
    driver = show(report(long, *every_verdict().findings))
    browser.window(driver, width, dark=dark)
    driver.execute_script("for (const each of document.querySelectorAll('details')) each.open = true")
    assert driver.execute_script("return document.documentElement.scrollWidth") <= width
    back = driver.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert back == ("rgb(15, 22, 29)" if dark else "rgb(255, 255, 255)")


_BROKEN = """
const broken = [];
for (const node of document.querySelectorAll(arguments[0])) {
  const walker = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) for (const word of walker.currentNode.data.matchAll(/[A-Za-z]+/g)) {
    const range = document.createRange();
    range.setStart(walker.currentNode, word.index);
    range.setEnd(walker.currentNode, word.index + word[0].length);
    if (new Set([...range.getClientRects()].map((each) => each.top)).size > 1) broken.push(word[0]);
  }
}
return broken;
"""


@pytest.mark.parametrize("width", [420, 700, 800, 1280])
def test_no_line_ends_inside_a_word(show: Any, width: int) -> None:
    database = finding(Verdict.FAILED, type="gcp:sql/databaseInstance:DatabaseInstance")
    driver = show(report(database, *every_verdict().findings))
    browser.window(driver, width)
    driver.execute_script("for (const each of document.querySelectorAll('details')) each.open = true")
    where = "caption, .framework td:nth-child(2), #rows .id, .tile, .answer, .why, .split, .key"
    assert driver.execute_script(_BROKEN, where) == []


def test_a_screenshot_at_phone_and_desk_width_is_no_blank_page(show: Any) -> None:
    driver = show(every_verdict())
    for width in (390, 1280):
        browser.window(driver, width)
        shot = driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})["data"]
        assert len(base64.b64decode(shot)) > 15_000


def test_in_print_every_row_is_there_and_no_filter(show: Any) -> None:
    driver = show(large(30))
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    driver.execute_script("dispatchEvent(new Event('beforeprint'))")
    assert len(driver.find_elements("css selector", "#rows tr")) == 180
    assert count(driver) == "180 of 180 findings"
    controls = "document.querySelectorAll('.filters, .pager, nav, .skip')"
    shown = f"return [...{controls}].filter(e => e.offsetHeight).length"
    assert driver.execute_script(shown) == 0
    assert driver.execute_script("return document.querySelectorAll('details:not([open])').length") == 0
    driver.execute_script("dispatchEvent(new Event('afterprint'))")
    assert len(driver.find_elements("css selector", "#rows tr")) == 50


def test_it_prints_as_a_pdf(show: Any) -> None:
    driver = show(every_verdict())
    assert base64.b64decode(driver.print_page()).startswith(b"%PDF")
    assert len(driver.find_elements("css selector", "#rows tr")) == 6


def test_hostile_names_are_text(show: Any) -> None:
    name = "<img src=x onerror=\"document.title='owned'\">"
    driver = show(
        report(finding(Verdict.FAILED, name, waiver=name, message=name), finding(Verdict.PASSED, "a\u202eb"))
    )
    assert names(driver) == [name, r"a\u{202e}b"]
    assert driver.title == "Policy report: eu-tenant-a"
    assert not driver.find_elements("tag name", "img")


def test_without_scripts_the_table_is_complete(tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text(html_report.render(every_verdict(), covered(every_verdict())))
    with browser.chromium(tmp_path / "profile", scripts=False) as driver:
        driver.get((tmp_path / "report.html").as_uri())
        rows = driver.find_elements("css selector", "noscript table tbody tr")
        assert len(rows) == 6 and "events" in rows[0].text
        assert not driver.find_element("class name", "filters").is_displayed()


def test_ten_thousand_resources_open_and_filter(show: Any) -> None:
    """How fast is `make bench`'s business."""
    driver = show(large(10_000))
    everything = count(driver)
    press(driver, "failed")
    assert count(driver) != everything
    choose(driver, "f-check", "topic-cmek")
    assert "topic-cmek" in driver.find_element("id", "findings").text
