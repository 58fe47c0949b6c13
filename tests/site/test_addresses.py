"""Addresses that were published once lead to where their page is today."""

import re

import pytest

from tools import pages
from tools.pages import MOVED
from tools.site import lead_on

EVERY = sorted(MOVED.items())


def test_each_old_address_leads_to_a_page_of_today():
    today = {page.stem for page in pages.pages()}
    assert set(MOVED.values()) <= today
    assert not today & set(MOVED)


def test_a_page_that_is_not_there_or_still_is_stops_the_build(tmp_path):
    (tmp_path / "book").mkdir()
    old, new = next(iter(MOVED.items()))
    with pytest.raises(SystemExit, match=f"{old} leads to book/{new}.html, which the site lacks"):
        lead_on(tmp_path)
    for name in (new, old):
        (tmp_path / "book" / f"{name}.html").write_text("a page", encoding="utf-8")
    with pytest.raises(SystemExit, match=f"{old}.html: the site has this page"):
        lead_on(tmp_path)


def documents_alone(context):
    """Open a window that asks for pages and for nothing beside them: none is looked at."""

    def only(route):
        if route.request.resource_type == "document":
            route.continue_()
        else:
            route.abort()

    page = context.new_page()
    page.route("**/*", only)
    return page


@pytest.mark.slow
@pytest.mark.parametrize("opened", ["file", "served"])
def test_an_old_address_leads_on_with_its_place(site, address, browser, opened):
    start = {"file": f"{site.as_uri()}/", "served": address}[opened]
    with browser.new_context() as context:
        page = documents_alone(context)
        for old, new in EVERY:
            page.goto(f"{start}book/{old}.html?q=1#exercises", wait_until="commit")
            page.wait_for_url(f"{start}book/{new}.html?q=1#exercises", wait_until="commit")
            page.wait_for_selector("#exercises", state="attached")


@pytest.mark.slow
def test_an_old_address_leads_on_without_scripts(site, browser):
    with browser.new_context(java_script_enabled=False) as context:
        page = documents_alone(context)
        for old, new in EVERY:
            page.goto(f"{site.as_uri()}/book/{old}.html", wait_until="commit")
            page.wait_for_url(f"**/book/{new}.html", wait_until="commit")


@pytest.mark.slow
def test_old_addresses_are_in_no_list(site):
    for name in ("sitemap.xml", "searchindex.js", "book/intro.html"):
        text = (site / name).read_text(encoding="utf-8")
        assert not [old for old in MOVED if re.search(rf"\b{old}\b", text)], name
