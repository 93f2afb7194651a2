"""One Chromium, German and in Berlin, against a server of our own; its console must stay silent."""

import os
import shutil
from pathlib import Path

import pytest

# Playwright runs an event loop in this thread, which would make Django refuse every query.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"
SIZES = [(1440, 900), (390, 844)]  # CSS pixels: a desk, a phone


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items):
    """All of them on one worker: a single browser, while the others run beside it."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.fail("Missing: chromium. Install it with: apt-get install chromium")
    return {
        **browser_type_launch_args,
        "executable_path": chromium,
        "args": [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
        ],
    }


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args):
    width, height = SIZES[0]
    return {
        **browser_context_args,
        "locale": "de-DE",
        "timezone_id": "Europe/Berlin",
        "viewport": {"width": width, "height": height},
    }


@pytest.fixture(autouse=True)
def console_errors(request):
    """Fail a test whose pages raise or log an error; one that expects it clears this list."""
    errors = []
    if "page" not in request.fixturenames:
        yield errors
        return
    page = request.getfixturevalue("page")
    page.context.on("weberror", lambda error: errors.append(f"uncaught: {error.error}"))
    page.context.on(
        "console",
        lambda message: (
            message.type == "error"
            and errors.append(f"{message.text} ({message.location.get('url')})")
        ),
    )
    yield errors
    if not page.is_closed():
        page.title()  # events are delivered while the browser answers
    assert not errors, "the browser reports:\n" + "\n".join(errors)


@pytest.fixture
def shot():
    """`shot(page, "start")` stores the whole page as start-1440.png and start-390.png."""

    def take(page, name):
        before = page.viewport_size
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            _settle(page)
            # As high as the page: bars that stick to the window would lie across its middle.
            full = page.evaluate("() => document.documentElement.scrollHeight")
            page.set_viewport_size({"width": width, "height": max(height, full)})
            _settle(page)
            page.screenshot(path=SCREENSHOTS / f"{name}-{width}.png", animations="disabled")
        page.set_viewport_size(before)

    return take


def _settle(page):
    """Two frames: layout and scripts have followed the new size."""
    page.evaluate(
        "() => new Promise(done => "
        "requestAnimationFrame(() => requestAnimationFrame(() => done())))"
    )
