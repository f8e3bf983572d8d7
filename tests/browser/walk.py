"""A walk through every screen of the demo, one picture for each network: docs/walk-<network>.png.

    make walk       starts the demo in an empty folder, writes as a customer does, and draws what was shown

Each card is one question (named as in docs/account.md) with the messages that it brought, in the page's own drawing. It
is a picture of what the program says on that day, not a test: the tests of the same dialogues are in
tests/conversations/.
"""

import asyncio
import re
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from playwright.async_api import Page, async_playwright

from tests.browser.test_demo import NETWORKS, Demo, running
from tests.linking.test_browser import ARGUMENTS

DOCS = Path(__file__).parents[2] / "docs"
QUIET = 0.7  # seconds without a new message: the answer is whole
WIDTH, COLUMN = 2240, 420

# what stands on the card · what is typed; "code" stands for the code that came by e-mail
LOGIN = "demo"
STEPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Баланс", ("баланс",)),
    ("Долг", ("долг",)),
    ("К оплате", ("сколько платить",)),
    ("Мои услуги", ("мои услуги",)),
    ("Одна услуга: телефон", ("домашний телефон",)),
    ("Тариф", ("мой тариф",)),
    ("Подписки", ("подписки",)),
    ("Статистика", ("статистика интернета за месяц",)),
    ("Разговоры по направлениям", ("статистика телефона за 3 месяца",)),
    ("Детализация: код", ("детализация звонков за месяц", "code")),
    ("Начисления", ("начисления за прошлый месяц",)),
    ("Почему так много", ("почему так много",)),
    ("История платежей", ("платежи за год",)),
    ("Выписка", ("выписка за прошлый месяц pdf", "выписка за прошлый месяц excel")),
    ("Пополнить", ("пополнить на 500",)),
    ("Обещанный платёж", ("обещанный платеж",)),
    ("Оплатил, а не работает", ("оплатил, а интернет не работает",)),
    ("Не работает интернет", ("не работает интернет",)),
    ("Квитанция на почту", ("квитанция на почту",)),
    ("Уведомления", ("уведомления",)),
    ("Мои счета", ("мои счета",)),
    ("Телефоны", ("оператор",)),
    ("Регион", ("сменить регион",)),
    ("Новости и аварии", ("новости",)),
    ("Бонусы", ("бонусы",)),
    ("Ещё", ("ещё",)),
    ("Помощь", ("помощь",)),
)

GALLERY = """([network, cards, column]) => {
  const style = document.createElement('style');
  style.textContent = `
    html, body { height: auto; display: block; background: #fff; }
    .gallery { columns: ${column}px; column-gap: 20px; padding: 20px; }
    .card { break-inside: avoid; margin: 0 0 20px; border: 1px solid #cfd6df; border-radius: 14px; overflow: hidden; }
    .card h2 { margin: 0; padding: .5rem .8rem; font-size: 1rem; background: #2b3440; color: #fff; }
    .card .pane { border-radius: 0; box-shadow: none; display: block; }
    .card .screen { overflow: visible; display: block; }
    .card .keys { max-height: none; }`;
  document.head.append(style);
  document.body.innerHTML = '<div class="gallery">' + cards.map(([title, html]) =>
    `<section class="card"><h2>${title}</h2><div class="pane chat ${network}"><div class="screen">` +
    `<ol class="messages">${html}</ol></div></div></section>`).join('') + '</div>';
}"""


@dataclass
class Walk:
    page: Page
    demo: Demo
    network: str
    seen: int = 0
    cards: list[tuple[str, str]] = field(default_factory=list)

    async def messages(self) -> list[str]:
        return await self.page.eval_on_selector_all(
            f"#pane-{self.network} .messages > li[data-id]", "all => all.map(one => one.outerHTML)"
        )

    async def says(self, text: str) -> None:
        field_ = self.page.locator(f"#pane-{self.network} input[name=text]")
        before = len(await self.messages())
        await field_.fill(text)
        await field_.press("Enter")
        await self.quiet(before + 1)

    async def quiet(self, before: int) -> None:
        """Until something is newer than the customer's own line, and then nothing for a while."""
        last, still = await self.messages(), 0.0
        waited = 0.0
        while (still < QUIET or len(last) <= before) and waited < 15:
            await asyncio.sleep(0.1)
            now = await self.messages()
            still = still + 0.1 if now == last else 0.0
            last, waited = now, waited + 0.1

    async def links(self, login: str) -> None:
        pane = self.page.locator(f"#pane-{self.network}")
        await pane.locator(".empty button").click()
        await self.quiet(0)
        await self.says("привязать счёт")
        await pane.locator(".key", has_text="Согласен").first.click()
        address = pane.locator("a.key").last
        await address.wait_for()
        href = await address.get_attribute("href")
        tab = await self.page.context.new_page()
        await tab.goto(str(href))
        await tab.fill("#login", login)
        await tab.fill("#password", login)
        await tab.click("button")
        await tab.wait_for_url("**/accounts")
        await tab.click("button")
        await tab.wait_for_url("**/code")
        code = (await tab.inner_text("#code")).strip()
        await tab.close()
        await self.says(code)
        self.card("Привязка", await self.messages())

    async def asks(self, title: str, lines: tuple[str, ...]) -> None:
        before = len(await self.messages())
        for line in lines:
            if line == "code":
                await self.types_the_code()
            else:
                await self.says(line)
        self.card(title, (await self.messages())[before:])

    async def types_the_code(self) -> None:
        """If a code is wanted: have it sent by e-mail, read it there, type it."""
        send = self.page.locator(f"#pane-{self.network} .messages > li:last-child .key", has_text="@")
        if await send.count():
            before = len(await self.messages())
            await send.first.click()
            await self.quiet(before)
        mails = self.page.locator("#pane-mailbox")
        text = await mails.inner_text() if await mails.count() else ""
        found = re.search(r"\b(\d{6})\b", text)
        if found:
            await self.says(found[1])

    def card(self, title: str, messages: list[str]) -> None:
        self.cards.append((title, "".join(messages)))

    async def draw(self, to: Path) -> None:
        await self.page.evaluate(GALLERY, [self.network, self.cards, COLUMN])
        await self.page.wait_for_load_state("networkidle")
        await self.page.screenshot(path=to, full_page=True)


def slimmed(path: Path) -> None:
    """256 colours: a picture in the repository need not be a photograph."""
    from PIL import Image

    Image.open(path).convert("RGB").quantize(255).save(path, optimize=True)


async def walk(folder: Path, only: tuple[str, ...]) -> None:
    async with async_playwright() as playwright, running(folder) as demo:
        chromium = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        for network in only:
            context = await chromium.new_context(viewport={"width": WIDTH, "height": 1000}, locale="ru-RU")
            page = await context.new_page()
            await page.goto(demo.url)
            one = Walk(page, demo, network)
            await one.links(LOGIN)
            for title, lines in STEPS:
                await one.asks(title, lines)
            picture = DOCS / f"walk-{network}.png"
            await one.draw(picture)
            slimmed(picture)
            print(picture, f"{picture.stat().st_size // 1024} KiB", len(one.cards), "cards")
            await context.close()
        await chromium.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        asyncio.run(walk(Path(made), tuple(sys.argv[1:]) or NETWORKS))
