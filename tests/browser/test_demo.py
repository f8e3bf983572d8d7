"""`make demo` in Debian's Chromium, as a person uses it who has never seen the project; nothing stands in for anything.

Each test starts the command itself, on a folder of its own, and stops it with Ctrl-C.
"""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import Browser as Chromium
from playwright.async_api import BrowserContext, Locator, Page, expect

from handlers.text import Say
from tests.browser.measure import FAULTS
from tests.ports import free_port

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

DESK, PHONE = (1440, 900), (390, 780)
NETWORKS = ("vk", "telegram", "ok")
PATIENCE = 20_000  # milliseconds: the machine may be busy
expect.set_options(timeout=PATIENCE)

# question -> what is typed, and how the answer begins
QUESTIONS = {
    "ru": {
        "balance": ("баланс", "Баланс 350,00"),
        "debt": ("долг", "Долга нет"),
        "pay": ("сколько платить", "К оплате"),
        "payments": ("платежи за март", r"\d+ плат"),
    },
    "en": {
        "balance": ("balance", r"Balance 350\.00"),
        "debt": ("debt", "No debt"),
        "pay": ("how much to pay", "To pay"),
        "payments": ("payments for march", r"\d+ payment"),
    },
    "pt": {
        "balance": ("saldo", "Saldo 350,00"),
        "debt": ("dívida", "Não há dívida"),
        "pay": ("quanto pagar", "A pagar"),
        "payments": ("pagamentos de março", r"\d+ pagamento"),
    },
}
SPOKEN = {"ru": "Русский", "en": "English", "pt": "Português"}
BY_BUTTON = ("balance", "pay", "payments")  # each is in the menu; the debt is one of the questions under «Ещё»


# ── The program ───────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Demo:
    folder: Path
    port: int
    process: asyncio.subprocess.Process

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def interrupt(self) -> str:
        """Ctrl-C; what it said last. It may take three seconds, on a machine with nothing else to do."""
        assert self.process.stdout is not None
        self.process.send_signal(signal.SIGINT)
        async with asyncio.timeout(12):
            said = (await self.process.stdout.read()).decode()
            assert await self.process.wait() == 0
        return said


async def start(folder: Path, port: int) -> Demo:
    command = (sys.executable, "-m", "bot", "demo", "--port", str(port), "--folder", str(folder))
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdout=pipe, stderr=asyncio.subprocess.STDOUT)
    assert process.stdout is not None
    async with asyncio.timeout(60):
        line = (await process.stdout.readline()).decode()
    assert line.startswith(f"Saldo is on http://127.0.0.1:{port}"), line
    return Demo(folder, port, process)


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Demo]:
    demo = await start(folder, free_port())
    try:
        yield demo
    finally:
        if demo.process.returncode is None:
            demo.process.kill()
            await demo.process.wait()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Demo]:
    """For tests that each begin with whatever they find."""
    async with running(tmp_path_factory.mktemp("demo")) as demo:
        yield demo


# ── The person ────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Visitor:
    """Somebody at the page, who sees whatever goes wrong there."""

    page: Page
    phone: bool
    complaints: list[str] = field(default_factory=list)

    def pane(self, name: str) -> Locator:
        return self.page.locator(f"#pane-{name}")

    def hears(self, told: str) -> None:
        """What the console says. Of a connection that ended just as it was used the page asks once more."""
        if "ERR_EMPTY_RESPONSE" not in told:
            self.complaints.append(f"console: {told}")

    async def goes_to(self, name: str) -> None:
        if self.phone:
            await self.page.locator(f"#tab-{name}").click()

    async def looks(self) -> None:
        """At everything that is on the screen."""
        self.complaints += await self.page.evaluate(FAULTS)

    async def answer(self, network: str, beginning: str) -> Locator:
        """The newest message, once it is the bot's and begins so."""
        newest = self.pane(network).locator(".messages > li:last-child:not(.mine)")
        await expect(newest.locator(".bubble")).to_have_text(re.compile(rf"^\s*{beginning}"))
        await expect(self.pane(network).locator("[aria-busy]")).to_have_count(0)
        return newest

    async def says(self, network: str, text: str, beginning: str) -> Locator:
        await self.goes_to(network)
        field = self.pane(network).get_by_role("textbox")
        await field.fill(text)
        await field.press("Enter")
        await expect(self.pane(network).locator(".messages > li.mine").last).to_have_text(text)
        await expect(field).to_have_value("")
        return await self.answer(network, beginning)

    async def presses(self, network: str, label: str, beginning: str) -> Locator:
        await self.goes_to(network)
        newest, menu = (self.pane(network).locator(one) for one in (".messages > li:last-child", ".menu"))
        key = newest.get_by_role("button", name=label, exact=True)
        await key.or_(menu.get_by_role("button", name=label, exact=True)).last.click()
        return await self.answer(network, beginning)

    async def links(self, network: str, context: BrowserContext, say: Say) -> None:
        """By the page, in a tab of its own, and the code."""
        await self.presses(network, say("button-link"), "")
        agree = (
            self.pane(network)
            .locator(".messages > li:last-child")
            .get_by_role("button", name=say("button-agree"), exact=True)
        )
        await agree.click()
        address = self.pane(network).locator(".messages > li:last-child a.key")
        await expect(address).to_be_visible()
        async with context.expect_page() as opened:
            await address.click()
        await expect(self.pane(network).locator(".note")).to_contain_text("demo")
        await self.looks()
        tab = await opened.value
        await tab.fill("#login", "demo")
        await tab.fill("#password", "demo")
        await tab.click("button")
        await tab.wait_for_url("**/accounts")
        await tab.click("button")
        await tab.wait_for_url("**/code")
        code = (await tab.inner_text("#code")).strip()
        await tab.close()
        await self.says(network, code, "")

    async def moves(self, what: str, sum_: str, said: str) -> None:
        await self.goes_to("operator")
        operator = self.pane("operator")
        await operator.get_by_role("textbox").fill(sum_)
        await operator.get_by_role("button", name=what, exact=True).click()
        await expect(operator.locator(".result")).to_have_text(re.compile(said))
        await self.looks()


Visit = Callable[..., Awaitable[tuple[Visitor, BrowserContext]]]


@pytest.fixture
def visit(chromium: Chromium) -> Visit:
    async def visit(demo: Demo, size: tuple[int, int] = DESK, scheme: str = "light") -> tuple[Visitor, BrowserContext]:
        context = await chromium.new_context(
            viewport={"width": size[0], "height": size[1]},
            locale="ru-RU",
            color_scheme=scheme,  # type: ignore[arg-type]
        )
        context.set_default_timeout(PATIENCE)
        page = await context.new_page()
        visitor = Visitor(page, phone=size == PHONE)

        def see(asked: str) -> None:
            if urlsplit(asked).scheme in {"http", "https"} and not asked.startswith(f"{demo.url}/"):
                visitor.complaints.append(f"asks {asked}")

        context.on("request", lambda request: see(request.url))
        page.on("console", lambda message: visitor.hears(message.text))
        page.on("pageerror", lambda error: visitor.complaints.append(f"error: {error}"))
        await page.goto(demo.url)
        await expect(visitor.pane("ok").locator(".messages > li")).not_to_have_count(0)
        return visitor, context

    return visit


async def violations(page: Page) -> dict[str, list[str]]:
    told = await page.evaluate("async () => (await fetch('/desk/screens')).json()")
    return {name: told["screens"][name]["violations"] for name in NETWORKS}


# ── What happens ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("size", "scheme", "languages"),
    [(DESK, "light", ("ru", "en", "pt")), (PHONE, "dark", ("ru", "ru", "ru"))],
    ids=["at a desk, in three languages", "on a phone in the dark, in Russian"],
)
async def test_somebody_who_has_never_seen_it(
    tmp_path: Path,
    visit: Visit,
    size: tuple[int, int],
    scheme: str,
    languages: tuple[str, ...],
) -> None:
    async with running(tmp_path / "demo") as demo:
        spoken = dict(zip(NETWORKS, languages, strict=True))
        say = {name: Say.at(datetime.now(UTC), spoken[name], "Europe/Moscow") for name in NETWORKS}
        anna, first = await visit(demo, size, scheme)
        assert await anna.page.evaluate("document.documentElement.lang") == "ru"
        await anna.looks()
        for at, network in enumerate(NETWORKS):
            await anna.goes_to(network)
            await anna.pane(network).get_by_role("button", name="Начать").click()
            await anna.answer(network, "Здравствуйте")
            await anna.looks()
            if spoken[network] != "ru":
                await anna.presses(network, SPOKEN[spoken[network]], "")
            await anna.links(network, first, say[network])
            for before, other in enumerate(NETWORKS[:at]):  # they hear of it
                stranger = anna.pane(other).locator(".key", has_text=say[other]("button-stranger"))
                await expect(stranger).to_have_count(at - before)

        async def asks(network: str) -> tuple[Visitor, BrowserContext]:
            """By button and by text, in a tab of its own: no network waits for another."""
            asked = QUESTIONS[spoken[network]]
            anna, context = await visit(demo, size, scheme)
            await anna.goes_to(network)
            await anna.says(network, say[network]("button-menu"), "")
            for question in BY_BUTTON:
                await anna.presses(network, say[network](f"button-{question}"), asked[question][1])
                await anna.looks()
            if not anna.phone:  # once is enough: the languages differ there
                for text, beginning in asked.values():
                    await anna.says(network, text, beginning)
            await anna.says(network, say[network]("button-menu"), "")
            await anna.presses(network, say[network]("button-more"), "")
            await anna.presses(network, say[network]("button-alerts"), "")
            await anna.presses(network, say[network]("button-alerts-on"), "")
            off = anna.pane(network).get_by_role("button", name=say[network]("button-alerts-off"))
            await expect(off.last).to_be_visible()
            return anna, context

        tabs = [(anna, first), *await asyncio.gather(*map(asks, NETWORKS))]
        await anna.says("vk", "присылай сюда", "Готово")  # one chat hears of an account
        for due in ("больше не напоминайте об оплате", "не предупреждай перед списанием"):
            await anna.says("vk", due, "Готово")  # at a month's end both would be told with the first sum that moves
        await anna.goes_to("operator")
        await expect(anna.pane("operator").locator("dd", has_text="ниже 100,00")).to_have_count(3)
        others = {name: await anna.pane(name).locator(".messages > li").count() for name in ("telegram", "ok")}
        await anna.moves("Списать", "50", "Списано 50,00.₽.*не меньше 100,00")
        await anna.moves("Списать", "250", "Списано 250,00.₽. Клиенту об этом написали")
        await anna.goes_to("vk")
        await anna.answer("vk", r"\D+50,00")
        await anna.looks()
        await anna.moves("Пополнить", "300", "Пополнено на 300,00.₽. Клиенту об этом написали")
        await anna.goes_to("vk")
        # Mostly one message; who looks in the middle of a scan hears of the payment first, and then of the threshold.
        paid = anna.pane("vk").locator(".messages > li:not(.mine)", has_text=re.compile(r"300,00[\s\S]*350,00"))
        await expect(paid).to_have_count(1)
        await anna.answer("vk", r"\D+350,00|\D+300,00[\s\S]*350,00")
        assert others == {name: await anna.pane(name).locator(".messages > li").count() for name in others}
        assert await violations(anna.page) == {name: [] for name in NETWORKS}
        for visitor, context in tabs:
            assert visitor.complaints == []
            await context.close()


async def test_a_restart_is_survived_by_the_page_and_the_chats(tmp_path: Path, visit: Visit) -> None:
    async with running(tmp_path / "demo") as demo:
        anna, context = await visit(demo)
        for network in NETWORKS:
            await anna.pane(network).get_by_role("button", name="Начать").click()
            await anna.answer(network, "Здравствуйте")
        assert (await demo.interrupt()).endswith("Stopped.\n")
        offline = anna.page.get_by_role("alert")
        await expect(offline).to_contain_text("make demo")
        await anna.pane("vk").get_by_role("textbox").fill("помощь")
        await anna.pane("vk").get_by_role("textbox").press("Enter")
        await expect(anna.pane("vk").get_by_role("textbox")).to_have_value("помощь")

        again = await start(demo.folder, demo.port)
        try:
            await expect(offline).to_be_hidden()
            await anna.says("vk", "помощь", "")
            for network in ("telegram", "ok"):  # a key of before
                await expect(anna.pane(network).locator(".messages > li")).not_to_have_count(0)
                await anna.presses(network, Say.at(datetime.now(UTC), "ru", "Europe/Moscow")("button-help"), "")
            await anna.page.reload()
            await expect(anna.pane("vk").locator(".bubble").first).to_contain_text("Начать")
        finally:
            await again.interrupt()
        await context.close()


async def test_a_second_start_changes_nothing(tmp_path: Path, shared: Demo) -> None:
    before = sorted(os.listdir(shared.folder))

    async def refused(port: int, folder: Path, *more: str) -> str:
        command = (sys.executable, "-m", "bot", "demo", "--port", str(port), "--folder", str(folder), *more)
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(*command, stdout=pipe, stderr=asyncio.subprocess.STDOUT)
        said = (await process.communicate())[0].decode()
        assert (process.returncode, said.count("\n")) == (2, 1), said
        return said

    elsewhere = tmp_path / "elsewhere"
    said = await asyncio.gather(refused(shared.port, elsewhere), refused(free_port(), shared.folder, "--reset"))
    assert f"port {shared.port} is in use" in said[0]
    assert not elsewhere.exists()
    assert "is in use by another process" in said[1]
    assert sorted(os.listdir(shared.folder)) == before


async def test_by_keyboard(shared: Demo, visit: Visit) -> None:
    anna, context = await visit(shared, PHONE)
    keyboard, focused = anna.page.keyboard, "document.activeElement"
    await anna.page.locator("#tab-vk").focus()
    for key, name in (("ArrowRight", "telegram"), ("ArrowLeft", "vk"), ("ArrowLeft", "mail"), ("Home", "vk")):
        await keyboard.press(key)
        assert await anna.page.evaluate(f"{focused}.id") == f"tab-{name}"
        await expect(anna.pane(name)).to_be_visible()
        await expect(anna.page.get_by_role("tab", selected=True)).to_have_id(f"tab-{name}")
        await expect(anna.page.get_by_role("tabpanel")).to_have_count(1)

    async def tab_to(selector: str) -> None:
        for _ in range(20):
            await keyboard.press("Tab")
            if await anna.page.evaluate(f"s => {focused}.matches(s)", selector):
                assert await anna.page.evaluate(f"getComputedStyle({focused}).outlineStyle") != "none"
                return
        pytest.fail(f"{selector} cannot be reached by Tab")

    await tab_to(".more summary")
    await keyboard.press("Enter")
    await tab_to("[data-do=block]")
    await keyboard.press("Escape")
    await expect(anna.pane("vk").locator("[data-do=block]")).to_be_hidden()
    await tab_to(".empty button")
    await keyboard.press("Enter")
    await anna.answer("vk", "Здравствуйте")
    await tab_to("#pane-vk .write input")
    await keyboard.type("помощь")
    await keyboard.press("Enter")
    await expect(anna.pane("vk").locator(".mine").last).to_have_text("помощь")
    await anna.answer("vk", "")
    assert await anna.page.evaluate(f"{focused}.name") == "text"

    await anna.goes_to("operator")
    await anna.page.locator("select").focus()
    await tab_to("[name=rubles]")
    await keyboard.type("ерунда")
    await keyboard.press("Enter")
    await expect(anna.pane("operator").locator(".result")).to_contain_text("Это не сумма")
    await anna.looks()
    assert [one for one in anna.complaints if "400" not in one] == []
    await context.close()


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["at a desk", "on a phone"])
async def test_trouble_comes_and_goes_at_the_operators_hand(shared: Demo, visit: Visit, size: tuple[int, int]) -> None:
    login = "waiting" if size == PHONE else "blocked"
    anna, context = await visit(shared, size)
    await anna.goes_to("operator")
    operator = anna.pane("operator")
    await operator.locator("select").select_option(label=await operator.locator("option", has_text=login).inner_text())
    facts, buttons = operator.locator(".facts"), operator.locator(".buttons")
    await expect(facts).to_contain_text("Остановлено за долг")
    for name in ("Зачислить платёж", "Авария устранена"):
        await expect(buttons.get_by_role("button", name=name, exact=True)).to_be_hidden()
    for what, said, fact in (
        ("Платёж в пути", "не зачислен", "Платёж в пути"),
        ("Авария у дома", "Авария началась", "Авария у дома"),
    ):
        await anna.moves(what, "123,45", said)
        await expect(facts).to_contain_text(fact)
    await expect(facts).to_contain_text("123,45")
    await anna.moves("Выставить счёт", "123,45", "Выставлен счёт на 123,45")
    await anna.moves("Необычное списание", "123,45", "не бывало")
    for what, said, fact in (
        ("Зачислить платёж", "Зачислено 123,45", "Платёж в пути"),
        ("Авария устранена", "Авария устранена", "Авария у дома"),
        ("Включить услуги", "снова включены", "Остановлено за долг"),
    ):
        await anna.moves(what, "123,45", said)
        await expect(facts).not_to_contain_text(fact)
        await expect(buttons.get_by_role("button", name=what, exact=True)).to_be_hidden()
    await anna.moves("Новая подписка", "123,45", "Подключена подписка")
    await anna.moves("Остановить услуги", "123,45", "остановлены за долг")
    await expect(facts).to_contain_text("Остановлено за долг")
    assert anna.complaints == []
    await context.close()


async def test_what_the_operator_may_ask_for(shared: Demo) -> None:
    async with aiohttp.ClientSession(shared.url, headers={"X-Desk": "1"}) as page:
        async with page.get("/operator/customers") as answer:
            accounts = {one["login"]: one["account"] for one in await answer.json() if one["open"]}
            closed = next(one["account"] for one in await answer.json() if not one["open"])

        async def asks(what: str, account: str, rubles: str = "1") -> tuple[int, str | None]:
            async with page.post(f"/operator/{what}", json={"account": account, "rubles": rubles}) as answer:
                told = await answer.json() if answer.content_type == "application/json" else {}
                return answer.status, told.get("error")

        home = accounts["zero"]
        for what in ("arrive", "restore", "unblock"):
            assert await asks(what, home) == (409, "nothing")
        for what in ("charge", "pay", "seen", "bill"):
            assert await asks(what, home, "даром") == (400, "sum")
            assert await asks(what, home, "1000000,01") == (400, "large")
        for what in ("seen", "arrive", "outage", "restore", "unblock", "bill", "stop", "subscribe", "unusual"):
            assert await asks(what, closed) == (409, "closed")
            assert await asks(what, "404") == (404, "unknown")
        assert await asks("outage", home) == (200, None)
        assert await asks("outage", home) == (409, "nothing"), "one fault at a time"
        assert await asks("restore", home) == (200, None)
        assert [await asks("subscribe", home) for _ in range(4)] == [(200, None)] * 3 + [(409, "nothing")]
        assert [await asks("unusual", home) for _ in range(5)] == [(200, None)] * 4 + [(409, "nothing")]
        assert [await asks("stop", home) for _ in range(2)] == [(200, None), (409, "nothing")]
        assert await asks("subscribe", home) == (409, "nothing"), "to what stands still nothing is connected"
        assert [await asks("unblock", home) for _ in range(2)] == [(200, None), (409, "nothing")]
        assert await asks("bill", home) == (200, None)
        assert (await asks("rob", home))[0] in {404, 405}
    async with (
        aiohttp.ClientSession(shared.url) as stranger,
        stranger.post("/operator/outage", json={"account": home}) as answer,
    ):
        assert answer.status == 403
