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

# login -> what stands on each card, and what is typed for it. Two words are not typed: "code" is the code that came by
# e-mail, "press …" is the button whose label begins so.
WALKS: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "demo": (
        ("Меню", ("меню",)),
        ("S14, S16, S18 Баланс", ("баланс",)),
        ("Долг", ("долг",)),
        ("S5 К оплате", ("сколько платить",)),
        ("S3, S4 Мои услуги", ("мои услуги",)),
        ("S9–S13 Одна услуга", ("домашний телефон",)),
        ("S3 Тариф", ("мой тариф",)),
        ("Платные опции", ("подписки",)),
        ("S7 Статистика", ("статистика интернета за неделю",)),
        ("S7 Разговоры по направлениям", ("статистика телефона за прошлый месяц",)),
        ("S8 Детализация звонков", ("детализация звонков за прошлый месяц", "press Почта", "code")),
        ("S10 Начисления", ("начисления за прошлый месяц",)),
        ("Почему так много", ("почему так много",)),
        ("S6 История платежей", ("платежи за год", "press По месяцам")),
        ("Выписка", ("выписка за прошлый месяц pdf",)),
        ("S15 Пополнить", ("пополнить на 500",)),
        ("S13 Квитанция на почту", ("почта для счетов",)),
        ("Уведомления", ("уведомления",)),
        ("S17, S19 Телефоны", ("оператор",)),
        ("S19 Регион", ("сменить регион",)),
        ("Новости и аварии", ("новости",)),
        ("S2 Бонусы", ("бонусы",)),
        ("S2 Ещё", ("ещё", "press Дальше")),
        ("Помощь", ("помощь",)),
        ("Отказы", ("платежи за 2019 год", "пополнить на 0", "абракадабра")),
    ),
    "blocked": (
        ("S4 Мои услуги с долгом", ("мои услуги",)),
        ("Долг", ("долг",)),
        ("Не работает интернет", ("не работает интернет",)),
        ("Оплатил, а не работает", ("оплатил, а интернет не работает",)),
        ("Обещанный платёж: отказ", ("обещанный платеж",)),
    ),
    "minus": (
        ("Обещанный платёж", ("обещанный платеж", "press Взять", "да")),
        ("Несколько счетов", ("мои счета", "баланс 2734")),
    ),
    "postpaid": (("Почему счёт больше", ("почему так много",)), ("Долга нет, счёт выставлен", ("баланс",))),
}

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
        pane, before = self.page.locator(f"#pane-{self.network}"), len(await self.messages())
        if await pane.locator(".empty button").count():
            await pane.locator(".empty button").click()
            await self.quiet(0)
        await self.says("привязать ещё счёт" if before else "привязать счёт")
        if not before:
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
        self.card(f"S20–S23 Привязка: {login}", (await self.messages())[before:])

    async def asks(self, title: str, lines: tuple[str, ...]) -> None:
        before = len(await self.messages())
        for line in lines:
            if line == "code":
                codes = re.findall(r"\b(\d{6})\b", await self.page.locator("#pane-mail").inner_text())
                await self.says(codes[0])
            elif line.startswith("press "):
                await self.presses(line.removeprefix("press "))
            else:
                await self.says(line)
        # An answer to a press may stand in the place of the message that was pressed.
        self.card(title, (await self.messages())[before:])

    async def presses(self, label: str) -> None:
        before = await self.messages()
        keys = self.page.locator(f"#pane-{self.network} .messages .key", has_text=re.compile(f"^{re.escape(label)}"))
        await keys.last.click()
        for _ in range(100):
            await asyncio.sleep(0.1)
            if await self.messages() != before:
                break
        await self.quiet(0)

    def card(self, title: str, messages: list[str]) -> None:
        self.cards.append((title, "".join(messages)))

    async def draw(self, to: Path) -> None:
        await self.page.evaluate(GALLERY, [self.network, self.cards, COLUMN])
        await self.page.wait_for_load_state("networkidle")
        await self.page.screenshot(path=to, full_page=True)


def slimmed(path: Path) -> None:
    """256 colours: a picture in the repository need not be a photograph."""
    from PIL import Image

    Image.open(path).convert("RGB").quantize(255, Image.Quantize.MAXCOVERAGE).save(path, optimize=True)


async def walk(folder: Path, only: tuple[str, ...]) -> None:
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        for network in only:
            # A demo of its own: a promised payment is taken once, whichever chat took it.
            async with running(folder / network) as demo:
                context = await chromium.new_context(
                    viewport={"width": WIDTH, "height": 1000}, locale="ru-RU", bypass_csp=True
                )
                page = await context.new_page()
                await page.goto(demo.url)
                one = Walk(page, demo, network)
                for login, steps in WALKS.items():
                    await one.links(login)
                    for title, lines in steps:
                        await one.asks(title, lines)
                picture = DOCS / f"walk-{network}.png"
                await one.draw(picture)
                slimmed(picture)
                print(picture.name, f"{picture.stat().st_size // 1024} KiB", len(one.cards), "cards")
                await context.close()
        await chromium.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        asyncio.run(walk(Path(made), tuple(sys.argv[1:]) or NETWORKS))
