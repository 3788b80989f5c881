"""Use the explorer's page in headless Chromium as a person does.

These tests need Panel, Playwright and a system Chromium. They are skipped without them, unless
``FASTLR_REQUIRE`` names ``panel``.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import pytest
from processes import SITE

import fastlr as flr

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
if "panel" not in os.environ.get("FASTLR_REQUIRE", ""):
    pytest.importorskip("panel")
    pytest.importorskip("playwright")
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed", allow_module_level=True)

from playwright.sync_api import expect, sync_playwright  # noqa: E402

expect.set_options(timeout=20_000)  # CI machines are busy
PLAN = "warmup_cosine(peak=0.001, warmup=500, steps=10000, end=1e-05)"
HOSTILE = [
    "<img src=x onerror=window.attacked=1>",
    "__import__('os').system('touch attacked')",
    "(lambda: 0)()",
    "{{7*7}}${7*7}",
    "'; alert(1); //",
    '"><script>window.attacked=1</script>',
    "/etc/passwd",
    "constant(" * 300 + "0.1" + ")" * 300,
    "9**9**9**9",
    "constant(nan)",
    "\u202e\u0007constant",
]


def start(folder: Path, *arguments: str) -> tuple[subprocess.Popen[str], str]:
    """``fastlr explore`` in a process, and the address that it printed."""
    env = {**os.environ, "PYTHONPATH": str(SITE)}
    command = [sys.executable, "-m", "fastlr", "explore", "--no-browser", *arguments]
    with Path(folder, "errors").open("w") as errors:
        process = subprocess.Popen(
            command, cwd=folder, env=env, text=True, stdout=subprocess.PIPE, stderr=errors
        )
    line = process.stdout.readline()
    assert "http" in line, Path(folder, "errors").read_text()
    return process, re.search(r"http\S+", line)[0]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("explore")


@pytest.fixture(scope="module")
def address(folder):
    """The address of a running explorer, with its token and no more."""
    process, address = start(folder)
    yield address.partition("&")[0]
    process.kill()
    process.communicate()
    assert not (folder / "attacked").exists()
    assert "Traceback" not in (folder / "errors").read_text()


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def context(browser):
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    context.set_default_timeout(30_000)
    yield context
    context.close()


def opened(context, address, *, curves=(PLAN,), **view):
    """A page with these curves, once it is drawn."""
    page = context.new_page()
    page.requests, page.problems = [], []
    page.on("request", lambda request: page.requests.append(request.url))
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on("dialog", lambda dialog: page.problems.append(dialog.message) or dialog.dismiss())
    pairs = [("curve", curve) for curve in curves]
    pairs += [(key, value) for key, values in view.items() for value in values.split("|")]
    page.goto(f"{address}&{urllib.parse.urlencode(pairs)}" if pairs else address)
    page.locator(".explorer-table").wait_for()
    page.locator("canvas").first.wait_for()
    return page


def text_of(page, i=0):
    return page.locator(".explorer-text textarea").nth(i)


def type_into(box, text):
    box.click()
    box.press("Control+a")
    box.press("Delete")
    box.press_sequentially(text)


def cells(page, i=0):
    """A row of the table: curve, rate, peak, last rate, steps."""
    row = page.locator(".explorer-table tr").nth(i + 1)
    row.locator("td").first.wait_for()
    return [cell.strip() for cell in row.locator("td").all_inner_texts()]


def read_off(page, place):
    box = page.get_by_label("Read off at")
    box.fill(place)
    box.press("Enter")


def shows(page, text):
    expect(page.locator(".explorer-table")).to_contain_text(text)


def error_in(page):
    return page.locator(".explorer-error")


def test_a_first_picture_and_no_token_in_the_address(context, address):
    page = opened(context, address)
    assert page.title() == "fastlr explore"
    assert "token" not in page.url
    assert cells(page)[2:] == ["0.001", repr(flr.parse(PLAN)(9_999)), "10,000"]
    assert page.problems == []
    assert [url for url in page.requests if "//127.0.0.1:" not in url] == []


def test_type_an_expression_and_read_off_rates(context, address):
    page = opened(context, address, curves=["constant(0.1)"])
    type_into(text_of(page), "wsd(3e-4, 100, 800, 100)")
    shows(page, "1,000")
    read_off(page, "950")
    shows(page, "at step 950")
    assert cells(page)[1] == repr(flr.wsd(3e-4, 100, 800, 100)(950))
    assert "wsd%283e-4" in page.url


def test_the_pointer_reads_the_rate_of_its_step(context, address):
    page = opened(context, address, curves=[PLAN, "cosine(0.002, 0.0, 10000)"])
    box = page.locator(".bk-events").bounding_box()
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.5 * box["height"])
    page.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 0.5 * box["height"])
    head = page.locator(".explorer-table th").nth(1)
    expect(head).to_contain_text("at step")
    page.wait_for_timeout(300)
    step = int(head.inner_text().removeprefix("at step ").replace(",", ""))
    assert 2_000 < step < 6_000
    assert cells(page, 0)[1] == repr(flr.parse(PLAN)(step))
    assert cells(page, 1)[1] == repr(flr.cosine(0.002, 0.0, 10_000)(step))


def test_drag_a_slider(context, address):
    page = opened(context, address)
    handle = page.locator(".noUi-handle").first
    box = handle.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 60, box["y"] + box["height"] / 2, steps=8)
    page.mouse.up()
    expect(text_of(page)).not_to_have_value(PLAN)
    page.wait_for_timeout(300)
    dragged = flr.parse(text_of(page).input_value())
    peak = float(page.locator(".explorer-value input").first.input_value())
    assert peak > 0.001
    assert dragged == flr.warmup_cosine(peak, 500, 10_000, end=1e-5)
    assert cells(page)[2] == repr(peak)
    assert repr(peak) in urllib.parse.unquote(page.url)


def test_a_slider_that_is_refused_says_why(context, address):
    page = opened(context, address)
    box = page.locator(".explorer-value input").nth(1)
    box.fill("20000")
    box.press("Enter")
    expect(error_in(page)).to_contain_text("warmup_cosine: ")
    expect(page.locator("body")).to_contain_text("A pale line is the last schedule")
    assert text_of(page).input_value() == PLAN
    box.fill("250")
    box.press("Enter")
    expect(error_in(page)).to_have_count(0)
    assert "warmup=250" in text_of(page).input_value()


def test_half_typed_numbers_are_errors(context, address):
    page = opened(context, address)
    box = page.locator(".explorer-value input").nth(1)
    for typed in ("1e", "abc", "", "inf", "1.5", "<b>1</b>"):
        box.fill(typed)
        box.press("Enter")
        expect(error_in(page)).to_contain_text("must be an integer")
        assert cells(page)[2] == "0.001"
        box.fill("500")
        box.press("Enter")
        expect(error_in(page)).to_have_count(0)


def test_a_half_typed_expression_keeps_a_pale_picture(context, address):
    page = opened(context, address)
    type_into(text_of(page), "cosine(0.1, 0.0, 10")
    expect(error_in(page)).to_contain_text("parse: ")
    expect(page.locator("body")).to_contain_text("A pale line is the last schedule")
    expect(page.get_by_role("button", name="Copy code")).to_be_disabled()
    text_of(page).press_sequentially("0)")
    expect(error_in(page)).to_have_count(0)
    shows(page, "0.1")
    assert cells(page)[4] == "100"


def copied(page, kind):
    page.get_by_role("button", name=kind, exact=True).click()
    page.wait_for_timeout(200)
    page.get_by_role("button", name="Copy code").click()
    page.wait_for_timeout(200)
    return page.evaluate("navigator.clipboard.readText()")


def test_copy_as_python_spec_and_torch(context, address):
    page = opened(context, address)
    code = copied(page, "Python")
    names = {}
    exec(code, names)  # what the page itself wrote
    assert names["schedule"] == flr.parse(PLAN)
    assert flr.from_spec(json.loads(copied(page, "Spec"))) == flr.parse(PLAN)
    assert "flr.adapters.torch.Scheduler(optimizer, schedule)" in copied(page, "torch")


def test_a_link_shows_the_same_picture(context, address):
    page = opened(context, address, curves=[PLAN, "noam(512, 400)"], run="bert-base", log="1")
    read_off(page, "70")
    shows(page, "at step 70")
    page.get_by_role("button", name="Copy link").click()
    page.wait_for_timeout(200)
    link = page.evaluate("navigator.clipboard.readText()")
    assert link == page.url
    assert link.partition("?")[2].startswith("curve=warmup_cosine")
    again = context.new_page()
    again.goto(link)
    shows(again, "at step 70")
    assert [cells(again, i) for i in range(3)] == [cells(page, i) for i in range(3)]
    assert again.locator("input[type=checkbox]").first.is_checked()


def test_tabs_do_not_share_their_curves(context, address):
    one, other = opened(context, address), opened(context, address)
    type_into(text_of(one), "constant(0.25)")
    shows(one, "0.25")
    assert cells(other)[2] == "0.001"


def test_compare_with_published_runs(context, address):
    page = opened(context, address)
    box = page.locator("input.choices__input").first
    box.click()
    box.press_sequentially("llama2")
    page.wait_for_timeout(300)
    box.press("Enter")
    shows(page, "llama2-70b")
    expect(page.locator("body")).to_contain_text("Counted in tokens, shown in optimizer steps")
    page.get_by_label("Axis", exact=True).select_option("share")
    read_off(page, "50")
    shows(page, "at 50 % of the run")
    assert cells(page, 1)[1] == repr(flr.recipe("llama2-70b").schedule(250_000))
    page.get_by_label("Axis", exact=True).select_option("tokens")
    expect(page.locator("body")).to_contain_text("Published runs have their own tokens per step")
    box = page.get_by_label("Tokens per step")
    box.fill("4e6")
    box.press("Enter")
    read_off(page, "2e9")
    shows(page, "at token 2,000,000,000")
    assert cells(page)[1] == repr(flr.parse(PLAN)(500))


def test_add_a_preset_and_remove_it(context, address):
    page = opened(context, address)
    box = page.get_by_label("Add a curve")
    box.press_sequentially("torch.OneCycle")
    page.locator(".bk-menu >> text=torch.OneCycleLR").first.click()
    expect(text_of(page, 1)).to_have_value(re.compile(r"torch\.OneCycleLR\("))
    page.get_by_role("button", name="Remove").nth(1).click()
    expect(page.locator(".explorer-text")).to_have_count(1)


def test_open_a_config_file(context, address, tmp_path):
    page = opened(context, address)
    page.get_by_text("Open a config file").click()
    config = tmp_path / "args.json"
    config.write_text(
        json.dumps(
            {
                "learning_rate": 2e-5,
                "lr_scheduler_type": "cosine",
                "max_steps": 900,
                "warmup_steps": 90,
            }
        )
    )
    page.locator("input[type=file]").set_input_files(config)
    expect(page.locator(".explorer-text")).to_have_count(2)
    assert cells(page, 1)[0] == "args"
    assert flr.parse(text_of(page, 1).input_value()) == flr.from_config(config)
    broken = tmp_path / "broken.json"
    broken.write_text("{not json <img src=x onerror=window.attacked=1>")
    page.locator("input[type=file]").set_input_files(broken)
    expect(error_in(page)).to_contain_text("broken.json: must be JSON")
    assert page.evaluate("window.attacked") is None


@pytest.mark.parametrize(
    ("curve", "peak", "steps"),
    [
        ("cyclic(0.1, 0.5, 20)", "0.5", "for ever"),
        ("cosine(0.1, 0.0, 1_000_000_000)", "0.1", "1,000,000,000"),
        ("inverse_sqrt(0.1, 2**52)", "0.1", "for ever"),
        ("stack([constant(0.1), constant(0.2)], names=['body', 'head'])", "0.1", "for ever"),
        ("cosine([0.1, 0.2], 0.0, 90)", "0.1", "90"),
        ("linear(0.1, 0.0, 30).with_past_end('raise')", "0.1", "30"),
    ],
)
def test_endless_long_and_batched_schedules(context, address, curve, peak, steps):
    page = opened(context, address, curves=[curve])
    expect(error_in(page)).to_have_count(0)
    assert (cells(page)[2].removeprefix("≥ "), cells(page)[4]) == (peak, steps)


def test_lanes_have_names(context, address):
    page = opened(
        context, address, curves=["stack([constant(0.1), constant(0.2)], names=['a', 'b'])"]
    )
    read_off(page, "5")
    shows(page, "at step 5")
    assert [row[0][-1] + row[1] for row in (cells(page, 0), cells(page, 1))] == ["a0.1", "b0.2"]


# -- what must not happen --------------------------------------------------------------------------


def refused(address, **headers):
    """The status of a request without a cookie."""
    request = urllib.request.Request(address, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code if b"needs the token" in error.read() else -error.code


@pytest.mark.parametrize(
    "path", ["", "?token=", "?token=wrong", "ws", "autoload.js?bokeh-autoload-element=1",
             "metadata", "static/js/bokeh.min.js", "?curve=constant(0.1)"],
)  # fmt: skip
def test_without_the_token_everything_is_refused(address, path):
    base = address.partition("?")[0]
    assert refused(base + path) == 403
    assert (
        refused(base + path, Cookie=f"fastlr-explore-{urllib.parse.urlsplit(base).port}=x") == 403
    )


def test_another_host_name_is_refused(address):
    assert refused(address, Host="attacker.example") == 403


def test_a_wrong_token_in_the_browser(context, address):
    page = context.new_page()
    answer = page.goto(address[:-1] + ("A" if address[-1] != "A" else "B"))
    assert answer.status == 403
    assert "needs the token" in page.locator("body").inner_text()


def test_it_listens_on_the_loopback_address_alone(address):
    port = urllib.parse.urlsplit(address).port
    for other in {found[4][0] for found in socket.getaddrinfo(socket.gethostname(), None)}:
        if not other.startswith("127.") and other != "::1":
            with pytest.raises(OSError, match=r".*"):
                socket.create_connection((other, port), timeout=2)
    with pytest.raises(OSError, match=r".*"):
        socket.create_connection(("127.0.0.2", port), timeout=2)


def test_hostile_text_in_every_field_is_an_error(context, address):
    page = opened(context, address)
    fields = [text_of(page)]
    fields += [page.get_by_label(label) for label in ("Steps shown", "Read off at")]
    fields += [page.locator(".explorer-value input").nth(i) for i in range(2)]
    for text in HOSTILE:
        for field in fields:
            before = field.input_value()
            field.fill(text)
            field.press("Tab")
            expect(error_in(page).first).to_be_visible()
            field.fill(before)
            field.press("Tab")
            expect(error_in(page)).to_have_count(0)
        name = page.get_by_placeholder("name").first
        name.fill(text[:40])
        expect(page.locator("td.explorer-name").first).to_contain_text(" ".join(text[:9].split()))
        name.fill("")
    assert page.evaluate("window.attacked") is None
    assert page.problems == []


@pytest.mark.parametrize(
    ("query", "errors"),
    [
        (urllib.parse.urlencode([("curve", text) for text in HOSTILE[:8]]), 8),
        (urllib.parse.urlencode([("curve", text) for text in HOSTILE[8:]]), len(HOSTILE) - 8),
        (urllib.parse.urlencode({"unit": HOSTILE[0]}), 1),
        (urllib.parse.urlencode({"steps": HOSTILE[1]}), 1),
        ("&".join(["curve=constant(0.1)"] * 9), 1),
        ("%ff%00=1", 1),
    ],
)
def test_hostile_addresses_are_errors(context, address, query, errors):
    page = context.new_page()
    problems = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("dialog", lambda dialog: problems.append(dialog.message) or dialog.dismiss())
    page.goto(f"{address}&{query}")
    expect(error_in(page)).to_have_count(errors)
    assert page.locator(".explorer-table td").count() == 0
    assert page.evaluate("window.attacked") is None
    assert problems == []


def test_a_phone_does_not_scroll_sideways(browser, address):
    context = browser.new_context(viewport={"width": 400, "height": 800})
    page = opened(context, address, run="llama3-405b")
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    context.close()


def test_ctrl_c_ends_it(tmp_path):
    process, _ = start(tmp_path, "bert-base", "constant(0.1)")
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=20)
    assert (process.returncode, out.splitlines()[-1]) == (0, "Stopped.")
    assert (tmp_path / "errors").read_text() == ""


def test_a_link_of_another_machine_opens(tmp_path):
    link = "http://127.0.0.1:1/?" + urllib.parse.urlencode({"curve": PLAN, "log": 1})
    process, address = start(tmp_path, link)
    process.kill()
    process.communicate()
    assert urllib.parse.parse_qs(address.partition("?")[2])["curve"] == [PLAN]
