"""What axe finds on a page."""

from axe_playwright_python.sync_playwright import Axe

# What WCAG 2.2 asks for on level AA, and what axe advises beyond it.
_AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
_ADVICE = "best-practice"


def faults(page):
    """{rule: [elements]}"""
    return _found(page, [*_AA, _ADVICE])


def faults_in_the_office(page):
    """The same in light and dark, without advice: the theme has regions of its own."""
    found = {}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found |= {f"{scheme}: {rule}": nodes for rule, nodes in _found(page, _AA).items()}
    page.emulate_media(color_scheme="light")
    return found


def _found(page, rules):
    found = Axe().run(page, options={"runOnly": rules}).response["violations"]
    return {one["id"]: [node["html"] for node in one["nodes"]] for one in found}
