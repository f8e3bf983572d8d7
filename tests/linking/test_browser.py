"""U13, in Debian's Chromium on a phone's screen: by keyboard alone, without JavaScript, in both colour schemes."""

import os
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import Browser as Chromium
from playwright.async_api import Page, async_playwright

from bot.hardening import hardened
from handlers.text import LANGUAGES
from tests.linking.desk import OK, TELEGRAM, Desk, desk, federated
from tests.linking.test_hardening import served

# One browser for the whole file: starting it takes longer than the tests.
pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

TOKEN = "T" * 22
PHONE = {"width": 390, "height": 780}
LONG = "Достопримечательнейшая" * 5
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# Every text whose contrast is below WCAG 2.2 AA, every control smaller than 44 px, every field with small letters or a
# faint border, and whether the page is wider than the screen.
FAULTS = """() => {
  const rgb = text => { const n = text.match(/[0-9.]+/g).map(Number); return n.length < 4 ? [...n, 1] : n; };
  const light = ([r, g, b]) => { const [x, y, z] = [r, g, b].map(c => { c /= 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; }); return 0.2126 * x + 0.7152 * y + 0.0722 * z; };
  const ratio = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p);
    return (x + 0.05) / (y + 0.05); };
  const ground = one => { for (let e = one; e; e = e.parentElement) {
    const c = rgb(getComputedStyle(e).backgroundColor); if (c[3] === 1) return c; } return [255, 255, 255, 1]; };
  const faults = [];
  const say = (what, e, n) => faults.push(`${what} ${n} <${e.tagName} class="${e.className}"> ${e.textContent}`);
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let texts = 0;
  while (walk.nextNode()) {
    const e = walk.currentNode.parentElement, s = getComputedStyle(e);
    if (!walk.currentNode.data.trim() || e.closest('.unseen')) continue;
    texts += 1;
    const large = parseFloat(s.fontSize) >= 24 || (parseFloat(s.fontSize) >= 18.66 && s.fontWeight >= 700);
    const n = ratio(rgb(s.color), ground(e));
    if (n < (large ? 3 : 4.5)) say('contrast', e, n.toFixed(2));
  }
  for (const e of document.querySelectorAll('a, button, input:not([type=hidden])')) {
    const s = getComputedStyle(e), box = (e.type === 'checkbox' ? e.closest('label') : e).getBoundingClientRect();
    if (box.height < 44 || box.width < 44) say('target', e, `${box.width}x${box.height}`);
    if (box.right > innerWidth || box.left < 0) say('outside', e, box.right);
    if (e.tagName === 'INPUT' && e.type !== 'checkbox') {
      if (parseFloat(s.fontSize) < 16) say('letters', e, s.fontSize);
      if (ratio(rgb(s.borderTopColor), ground(e.parentElement)) < 3) say('border', e, s.borderTopColor);
      if (ratio(rgb(s.color), rgb(s.backgroundColor)) < 4.5) say('contrast', e, s.color);
    }
  }
  if (document.documentElement.scrollWidth > innerWidth) faults.push(`wide ${document.documentElement.scrollWidth}`);
  if (texts < 5) faults.push('nothing was looked at');
  return faults;
}"""


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def chromium() -> AsyncIterator[Chromium]:
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        reason = "There is no Chromium on this machine: apt-get install chromium fonts-dejavu-core"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="module")
async def site() -> AsyncIterator[Desk]:
    async with desk() as made:
        yield made


async def focus(page: Page, selector: str) -> None:
    """Press Tab until the element has the focus, which must be visible."""
    for _ in range(20):
        await page.keyboard.press("Tab")
        if await page.evaluate("selector => document.activeElement.matches(selector)", selector):
            outline = await page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none", f"{selector}: the focus cannot be seen"
            return
    pytest.fail(f"{selector} cannot be reached by Tab")


@pytest.mark.parametrize("javascript", [False, True], ids=["without JavaScript", "with JavaScript"])
async def test_u13_the_whole_way_by_keyboard(site: Desk, chromium: Chromium, javascript: bool) -> None:
    site.links.invite(TELEGRAM, TOKEN)
    context = await chromium.new_context(viewport=PHONE, java_script_enabled=javascript, locale="ru-RU")  # type: ignore[arg-type]
    page = await context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.goto(f"{site.url}/link/{TOKEN}")
    await focus(page, "#login")
    await page.keyboard.type("demo")
    await focus(page, "#password")
    await page.keyboard.type("wrong")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("[role=alert]")
    assert await page.evaluate("document.activeElement.getAttribute('role')") == "alert"
    assert (await page.title()).startswith("Ошибка: ")
    await focus(page, ".problem a")
    await page.keyboard.press("Enter")
    assert await page.evaluate("document.activeElement.id") == "login"
    assert await page.input_value("#login") == "demo"
    assert await page.input_value("#password") == ""
    await focus(page, "#password")
    await page.keyboard.type("demo")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/accounts")
    await focus(page, "input[type=checkbox]")
    await page.keyboard.press("Space")
    await focus(page, "button")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/code")
    code = await page.inner_text("#code")
    await focus(page, ".back")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/accounts")
    await focus(page, ".back")
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**/link/{TOKEN}")
    assert await page.input_value("#login") == "demo"
    assert await page.input_value("#password") == ""
    assert all(url.startswith(f"{site.url}/link/") for url in asked), "nothing but our own pages is asked for"
    await context.close()
    assert site.links.type_code(TELEGRAM, code)
    assert site.links.linked == {str(TELEGRAM): {"demo-2"}}


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_u13_every_page_fits_a_phone_and_can_be_read(chromium: Chromium, scheme: str) -> None:
    async with desk(operator=LONG) as site:
        site.billing.owned["demo"] = tuple(replace(one, holder=LONG) for one in site.billing.owned["demo"])
        context = await chromium.new_context(viewport=PHONE, java_script_enabled=False, color_scheme=scheme)  # type: ignore[arg-type]
        page = await context.new_page()
        found: dict[str, list[str]] = {}

        async def look(name: str) -> None:
            assert await page.evaluate("document.documentElement.lang") == language
            found[f"{language} {name}"] = await page.evaluate(FAULTS)

        for language in LANGUAGES:
            site.links.invite(OK, TOKEN, name=LONG, language=language)
            await page.goto(f"{site.url}/link/{TOKEN}")
            await look("login")
            await page.fill("#login", "x" * 190)
            await page.click("button")
            await page.wait_for_selector("[role=alert]")
            await look("wrong")
            await page.fill("#login", "demo")
            await page.fill("#password", "demo")
            await page.click("button")
            await page.wait_for_url("**/accounts")
            await look("accounts")
            await page.click("button")
            await page.wait_for_url("**/code")
            await look("code")
            site.billing.down = True
            await page.goto(f"{site.url}/link/{TOKEN}/accounts")
            await look("later")
            site.billing.down = False
            await page.goto(f"{site.url}/link/unknown?lang={language}")
            await look("old")
        assert {name: faults for name, faults in found.items() if faults} == {}
        assert len(found) == 18
        await context.close()


# To a browser "localhost" and "127.0.0.1" are two sites, as we and the operator are: cookies, form-action and
# Sec-Fetch-Site know the difference.
OURS = "http://localhost:{port}"


@pytest.mark.parametrize("javascript", [False, True], ids=["without JavaScript", "with JavaScript"])
async def test_the_way_to_the_operators_site_and_back_by_keyboard(chromium: Chromium, javascript: bool) -> None:
    async with federated(public=OURS) as (site, provider):
        site.links.invite(TELEGRAM, TOKEN)
        context = await chromium.new_context(viewport=PHONE, java_script_enabled=javascript, locale="ru-RU")  # type: ignore[arg-type]
        page = await context.new_page()
        told: list[str] = []
        page.on("console", lambda message: told.append(message.text))
        await page.goto(f"{site.url}/link/{TOKEN}")
        await focus(page, "button")
        await page.keyboard.press("Enter")
        await page.wait_for_url(f"{provider.url}/authorize?**")
        await page.click("button[value=deny]")
        await page.wait_for_url("**/link/back?**")
        await focus(page, "a.button")
        await page.keyboard.press("Enter")
        await page.wait_for_url(f"**/link/{TOKEN}")
        await focus(page, "button")
        await page.keyboard.press("Enter")
        await page.wait_for_url(f"{provider.url}/authorize?**")
        await page.fill("input[name=login]", "demo")
        await page.fill("input[name=password]", "demo")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/accounts")
        await focus(page, "button")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/code")
        code = await page.inner_text("#code")
        await context.close()
        assert told == [], "no policy was hurt"
        assert provider.violations == []
        assert site.links.type_code(TELEGRAM, code)
        assert site.links.linked == {str(TELEGRAM): {"demo-1", "demo-2"}}


async def test_every_page_on_that_way_fits_a_phone_and_can_be_read(chromium: Chromium) -> None:
    found: dict[str, list[str]] = {}
    async with federated(public=OURS, operator=LONG) as (site, _):
        for language, scheme in zip(LANGUAGES, ("light", "dark", "light"), strict=True):
            site.links.invite(OK, TOKEN, name=LONG, language=language)
            context = await chromium.new_context(viewport=PHONE, java_script_enabled=False, color_scheme=scheme)  # type: ignore[arg-type]
            page = await context.new_page()
            await page.goto(f"{site.url}/link/{TOKEN}")
            found[f"{language} enter"] = await page.evaluate(FAULTS)
            await context.route("**/authorize?**", lambda route: route.fulfill(status=204))  # the page stays
            await page.click("button")
            await page.wait_for_selector("a.button")
            found[f"{language} leave"] = await page.evaluate(FAULTS)
            await context.unroute("**/authorize?**")
            await page.click("a.button")
            await page.click("button[value=deny]")
            await page.wait_for_selector("a.button")
            found[f"{language} declined"] = await page.evaluate(FAULTS)
            await page.reload()
            await page.wait_for_selector("h1")
            found[f"{language} astray"] = await page.evaluate(FAULTS)
            await context.close()
    assert {name: faults for name, faults in found.items() if faults} == {}
    assert len(found) == 12


async def test_the_measure_itself_finds_faults(chromium: Chromium) -> None:
    page = await chromium.new_page(viewport=PHONE)  # type: ignore[arg-type]
    await page.set_content(
        "<body style='background:#fff'><p style='color:#999'>faint<p>a<p>b<p>c<p>d"
        "<button style='width:30px;height:30px'>x</button><div style='width:500px'>wide</div>"
        "<input style='font-size:13px;border:1px solid #ddd;height:50px;width:90px'>"
    )
    faults = " ".join(await page.evaluate(FAULTS))
    assert all(word in faults for word in ("contrast", "target", "wide", "letters", "border"))


async def test_the_code_is_copied_with_one_tap_and_read_out_by_letters(site: Desk, chromium: Chromium) -> None:
    site.links.invite(TELEGRAM, TOKEN)
    page = await chromium.new_page(viewport=PHONE)  # type: ignore[arg-type]
    await page.goto(f"{site.url}/link/{TOKEN}")
    await page.fill("#login", "victim")
    await page.fill("#password", "victim")
    await page.click("button")
    await page.click("button")
    await page.wait_for_url("**/code")
    await page.click("#code")
    code = await page.inner_text("#code")
    assert await page.evaluate("getSelection().toString().trim()") == code
    assert ", ".join(code) in await page.inner_text(".unseen")


async def test_b7_nobody_can_frame_the_page(site: Desk, chromium: Chromium) -> None:
    site.links.invite(TELEGRAM, TOKEN)
    thief = hardened(0)

    async def frame(_: web.Request) -> web.Response:
        body = f'<!doctype html><iframe src="{site.url}/link/{TOKEN}"></iframe>'
        policy = {"Content-Security-Policy": "frame-src *"}
        return web.Response(text=body, content_type="text/html", headers=policy)

    thief.router.add_get("/", frame)
    async with served(thief) as url:
        page = await chromium.new_page()
        told: list[str] = []
        page.on("console", lambda message: told.append(message.text))
        await page.goto(url)
        frames = [one for one in page.frames if one is not page.main_frame]
        assert len(frames) == 1
        assert await frames[0].query_selector("#login") is None
        assert any("frame" in text.lower() for text in told)
        await page.close()
