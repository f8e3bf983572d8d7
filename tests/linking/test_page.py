"""The page over real HTTP: the way through it, and what it says to everybody who strays. Ids are of robustness.md."""

import asyncio
import random
import re
from http.cookies import SimpleCookie
from ipaddress import ip_network
from typing import Any

import aiohttp
import pytest

from adapters.base import Address
from bot.linking import PER_CHAT, PER_CLIENT, PER_LOGIN
from handlers.codes import hash_token, new_token
from handlers.text import LANGUAGES, broken_sentences
from tests.linking.desk import OK, TELEGRAM, VK, Browser, Desk, Page, account, browser, desk

TOKEN = "T" * 22
PASSWORD = "pw-canary-51c7"


def same(page: Page) -> tuple[int, bytes, dict[str, str]]:
    """Everything a stranger could compare."""
    kept = {k: v for k, v in page.headers.items() if k not in {"Date", "Set-Cookie"}}
    return page.status, page.body, kept


# ── The way through ───────────────────────────────────────────────────────────────────────────────────────────────


async def test_login_accounts_code_chat(site: Desk, person: Browser) -> None:
    site.links.invite(TELEGRAM, TOKEN)
    page = await person.get(f"/link/{TOKEN}")
    assert "Telegram Анна Петрова" in page.text
    page = await person.sign_in(TOKEN, "demo")
    shown = [one.number[-4:] for one in site.billing.owned["demo"]]
    assert all(f"…{number}" in page.text for number in shown)
    assert not any(one.number in page.html or one.id in page.html for one in site.billing.owned["demo"])
    assert "Пётр С." in page.text
    assert "закрыт" in page.text
    assert len(page.keys) == 2, "the closed account cannot be ticked"
    boxes = [one for one in page.reader.all("input") if one["type"] == "checkbox"]
    assert all("checked" in one for one in boxes)

    page = await person.send(page, [("account", page.keys[1])])
    assert "Код действует ещё 9 минут" in page.text
    assert f"…{shown[1]}" in page.text
    assert f"…{shown[0]}" not in page.text
    assert site.links.linked == {}, "nothing is linked before the code is typed"
    assert site.links.type_code(TELEGRAM, page.code)
    assert site.links.linked == {str(TELEGRAM): {"demo-2"}}
    assert (await person.get(page.path)).status == 404


async def test_back_keeps_the_login_and_never_the_password(site: Desk, person: Browser) -> None:
    site.links.invite(TELEGRAM, TOKEN)
    page = await person.sign_in(TOKEN, "demo")
    back = next(one["href"] for one in page.reader.all("a") if one.get("class") == "back")
    assert back == f"../{TOKEN}"
    page = await person.get(f"/link/{TOKEN}")
    fields = {one["name"]: one for one in page.reader.all("input")}
    assert fields["login"]["value"] == "demo"
    assert "value" not in fields["password"]


async def test_going_back_from_the_code_keeps_what_was_chosen(site: Desk, person: Browser) -> None:
    site.links.invite(TELEGRAM, TOKEN)
    page = await person.sign_in(TOKEN, "demo")
    first = await person.send(page, [("account", page.keys[1])])
    page = await person.get(f"/link/{TOKEN}/accounts")
    assert ["checked" in one for one in page.reader.all("input") if one["type"] == "checkbox"] == [False, True]
    second = await person.send(page, [("account", key) for key in page.keys])
    assert first.code == second.code
    assert site.links.type_code(TELEGRAM, second.code)
    assert site.links.linked == {str(TELEGRAM): {"demo-1", "demo-2"}}


async def test_the_code_page_can_be_loaded_again_until_the_ten_minutes_are_over(site: Desk, person: Browser) -> None:
    site.links.invite(TELEGRAM, TOKEN)
    page = await person.link(TOKEN, "demo")
    site.clock.advance(420)
    again = await person.get(page.path)
    assert again.code == page.code
    assert "ещё 2 минуты" in again.text
    site.clock.advance(180)
    assert (await person.get(page.path)).status == 404
    assert not site.links.type_code(TELEGRAM, page.code)


async def test_no_step_can_be_skipped(site: Desk, person: Browser) -> None:
    site.links.invite(TELEGRAM, TOKEN)
    assert (await person.get(f"/link/{TOKEN}/accounts")).path == f"/link/{TOKEN}"
    assert (await person.get(f"/link/{TOKEN}/code")).path == f"/link/{TOKEN}"
    await person.sign_in(TOKEN, "demo")
    assert (await person.get(f"/link/{TOKEN}/code")).path == f"/link/{TOKEN}/accounts"


async def test_two_chats_are_linked_in_two_tabs_of_one_browser(site: Desk, person: Browser) -> None:
    other = "U" * 22
    site.links.invite(TELEGRAM, TOKEN)
    site.links.invite(VK, other)
    first, second = await person.sign_in(TOKEN, "demo"), await person.sign_in(other, "victim")
    first = await person.send(first, [("account", first.keys[0])])
    second = await person.send(second, [("account", second.keys[0])])
    assert not site.links.type_code(VK, first.code)
    assert site.links.type_code(TELEGRAM, first.code)
    assert site.links.type_code(VK, second.code)
    assert site.links.linked == {str(TELEGRAM): {"demo-1"}, str(VK): {"victim-1"}}


# ── What can be wrong with a step ─────────────────────────────────────────────────────────────────────────────────


async def test_empty_fields_are_named_and_not_counted(site: Desk, person: Browser) -> None:
    site.links.invite(TELEGRAM, TOKEN)
    page = await person.sign_in(TOKEN, "", "")
    assert page.status == 422
    assert "Введите логин" in page.text
    assert "Введите пароль" in page.text
    assert page.html.count("<title>Ошибка: ") == 1
    alert = next(one for _, one in page.reader.tags if one.get("role") == "alert")
    assert "autofocus" in alert
    assert [one["href"] for one in page.reader.all("a") if one["href"].startswith("#")] == ["#login", "#password"]
    assert site.links.attempts == []
    assert not site.billing.asked


@pytest.mark.parametrize("ticks", [[], ["another"], ["", "\x00"]])
async def test_only_accounts_of_this_person_can_be_chosen(site: Desk, person: Browser, ticks: list[str]) -> None:
    site.links.invite(TELEGRAM, TOKEN)
    page = await person.sign_in(TOKEN, "demo")
    answer = await person.send(page, [("account", one) for one in ticks])
    assert answer.status == 422
    assert (await person.get(f"/link/{TOKEN}/code")).path.endswith("/accounts")


async def test_an_account_that_closed_or_changed_hands_meanwhile_is_not_linked(site: Desk, person: Browser) -> None:
    site.links.invite(TELEGRAM, TOKEN)
    page = await person.sign_in(TOKEN, "demo")
    keys = page.keys
    site.billing.owned["demo"] = (account("demo-1"), account("demo-2", is_open=False))
    answer = await person.send(page, [("account", key) for key in keys])
    assert answer.status == 422
    assert "изменился" in answer.text
    assert site.links.invitations[hash_token(TOKEN)].claims == ()


async def test_a_chat_holds_so_many_accounts() -> None:
    async with desk(max_links=1) as small, browser(small.url) as one:
        small.links.invite(TELEGRAM, TOKEN)
        page = await one.sign_in(TOKEN, "demo")
        assert ["checked" in box for box in page.reader.all("input") if box["type"] == "checkbox"] == [True, False]
        answer = await one.send(page, [("account", key) for key in page.keys])
        assert answer.status == 422
        assert "не больше 1 счёта" in answer.text


async def test_a_person_without_open_accounts_is_told(site: Desk, person: Browser) -> None:
    site.links.invite(TELEGRAM, TOKEN)
    page = await person.sign_in(TOKEN, "alone")
    assert "Привязать нечего" in page.text
    assert [one["href"] for one in page.reader.all("a") if one.get("class") == "button"] == [f"../{TOKEN}"]


# ── B3, B4: links ─────────────────────────────────────────────────────────────────────────────────────────────────


async def test_b3_previews_change_nothing(site: Desk, person: Browser) -> None:
    site.links.invite(TELEGRAM, TOKEN)
    before = dict(site.links.invitations)
    for method in ["GET", "HEAD"] * 25:
        async with aiohttp.ClientSession() as scanner:
            for path in ("", "/accounts", "/code"):
                async with scanner.request(method, f"{site.url}/link/{TOKEN}{path}") as answer:
                    assert answer.status == 200
    assert site.links.invitations == before
    assert site.links.written == 0
    assert site.links.type_code(TELEGRAM, (await person.link(TOKEN, "demo")).code)


async def test_b4_every_dead_link_is_the_same_page(site: Desk, person: Browser) -> None:
    used, expired, account_token = "a" * 22, "b" * 22, "c" * 22
    site.links.invite(OK, expired)
    site.clock.advance(601)
    site.links.invite(TELEGRAM, used)
    assert site.links.type_code(TELEGRAM, (await person.link(used, "demo")).code)
    await site.links.grant(hash_token(account_token), "person-demo", (), site.clock.advance(1).replace(year=2027))
    site.links.invite(VK, TOKEN)
    pages = [
        await person.get(f"/link/{token}")
        for token in [
            new_token(), used, expired, account_token, TOKEN[:-1], TOKEN.lower(), TOKEN + "T", "x", "%00", "..%2e",
            "é" * 22, "T" * 5000, "' OR 1=1 --",
        ]
    ]  # fmt: skip
    assert pages[0].status == 404
    assert "Эта ссылка больше не работает" in (await person.get(f"/link/{new_token()}?lang=ru")).text
    assert all(same(page) == same(pages[0]) for page in pages)
    assert not any("Set-Cookie" in page.headers for page in pages)
    posted = await person.ask("POST", f"/link/{new_token()}", data={"login": "demo", "password": "demo"})
    assert same(posted) == same(pages[0])
    assert site.billing.asked == {"demo": 1}


async def test_b4_guesses_find_nothing(site: Desk) -> None:
    site.links.invite(TELEGRAM, TOKEN)
    guesses = random.Random(4)
    hits = [await site.links.invitation(hash_token(f"{guesses.getrandbits(128):022x}")) for _ in range(10_000)]
    assert not any(hits)


# ── B5: several at once ───────────────────────────────────────────────────────────────────────────────────────────


async def test_b5_of_many_sign_ins_one_code_is_alive(site: Desk) -> None:
    site.links.invite(TELEGRAM, TOKEN)

    async def one(login: str) -> str | None:
        async with browser(site.url) as person:
            page = await person.sign_in(TOKEN, login)
            if not page.path.endswith("/accounts"):
                return None
            page = await person.send(page, [("account", key) for key in page.keys])
            return page.code if page.path.endswith("/code") else None

    codes = await asyncio.gather(*(one(login) for login in ["demo", "victim"] * 10))
    shown = {code for code in codes if code}
    alive = [code for code in shown if site.links.type_code(TELEGRAM, code)]
    assert len(alive) <= 1
    assert site.links.linked.get(str(TELEGRAM)) in ({"demo-1", "demo-2"}, {"victim-1"})


async def test_b5_a_form_sent_twice_gives_the_same_code(site: Desk, person: Browser) -> None:
    site.links.invite(TELEGRAM, TOKEN)
    page = await person.sign_in(TOKEN, "demo")
    form = [("account", key) for key in page.keys]
    first, second = await person.send(page, form), await person.send(page, form)
    assert first.code == second.code
    assert site.links.type_code(TELEGRAM, first.code)


# ── B7: other people's forms ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("headers", "csrf", "status"),
    [
        ({"Origin": "null", "Sec-Fetch-Site": "same-origin"}, None, 422),
        ({"Origin": "null"}, None, 422),
        ({"Origin": "own"}, None, 422),
        ({"Origin": "own", "Sec-Fetch-Site": "same-origin"}, None, 422),
        ({}, None, 403),
        ({"Sec-Fetch-Site": "same-origin"}, None, 403),
        ({"Origin": "https://evil.example"}, None, 403),
        ({"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"}, None, 403),
        ({"Origin": "null", "Sec-Fetch-Site": "cross-site"}, None, 403),
        ({"Origin": "own", "Sec-Fetch-Site": "same-site"}, None, 403),
        ({"Origin": "own", "Sec-Fetch-Site": "none"}, None, 403),
        ({"Origin": "own"}, "", 403),
        ({"Origin": "own"}, "A" * 43, 403),
        ({"Origin": "own"}, "é", 403),
    ],
)
async def test_b7_forms_of_others_do_nothing(
    site: Desk, person: Browser, headers: dict[str, str], csrf: str | None, status: int
) -> None:
    site.links.invite(TELEGRAM, TOKEN)
    page = await person.get(f"/link/{TOKEN}")
    headers = {k: site.url if v == "own" else v for k, v in headers.items()}
    form = {"csrf": page.csrf if csrf is None else csrf, "login": "demo", "password": "wrong"}
    answer = await person.ask("POST", page.path, data=form, headers=headers)
    assert answer.status == status
    assert bool(site.billing.asked) == (status == 422)


async def test_b7_a_form_without_its_cookie_or_of_another_browser_or_token_is_refused(
    site: Desk, person: Browser
) -> None:
    other = "U" * 22
    site.links.invite(TELEGRAM, TOKEN)
    site.links.invite(VK, other)
    page = await person.get(f"/link/{TOKEN}")
    form = [("login", "demo"), ("password", "demo")]
    async with browser(site.url) as stranger:
        assert (await stranger.send(page, form)).status == 403
        await stranger.get(f"/link/{TOKEN}")
        assert (await stranger.send(page, form)).status == 403
    await person.get(f"/link/{other}")
    moved = Page(page.status, page.body, page.headers, f"/link/{other}")
    assert (await person.send(moved, form)).status == 403
    assert not site.billing.asked


@pytest.mark.parametrize("spoil", ["cut", "payload", "mac", "other-token"])
async def test_a_forged_cookie_is_no_cookie(site: Desk, person: Browser, spoil: str) -> None:
    site.links.invite(TELEGRAM, TOKEN)
    await person.sign_in(TOKEN, "demo")
    [kept] = list(person.session.cookie_jar)
    payload, _, mac = kept.value.partition(".")
    forged = {
        "cut": payload,
        "payload": f"{payload[:-2]}xx.{mac}",
        "mac": f"{payload}.{mac[::-1]}",
        "other-token": kept.value,
    }[spoil]
    token = TOKEN
    name = kept.key
    if spoil == "other-token":
        token = "U" * 22
        site.links.invite(TELEGRAM, token)
        async with browser(site.url) as probe:
            await probe.get(f"/link/{token}")
            [name] = [one.key for one in probe.session.cookie_jar]
    async with aiohttp.ClientSession(cookies={name: forged}, cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        page = await Browser(session, site.url).get(f"/link/{token}/accounts")
        assert page.path == f"/link/{token}"


async def test_cookies_on_https_are_locked_to_the_host(site: Desk) -> None:
    async with desk(public="https://saldo.example") as secure, browser(secure.url) as person:
        secure.links.invite(TELEGRAM, TOKEN)
        page = await person.get(f"/link/{TOKEN}")
        cookie = SimpleCookie(page.headers["Set-Cookie"])
        [(name, one)] = cookie.items()
        assert name.startswith("__Host-")
        assert (one["secure"], one["httponly"], one["path"], one["domain"]) == (True, True, "/", "")
        assert one["samesite"] == "Lax"
        assert int(one["max-age"]) <= 600
        assert "max-age" in page.headers["Strict-Transport-Security"]
    site.links.invite(TELEGRAM, TOKEN)
    async with browser(site.url) as person:
        page = await person.get(f"/link/{TOKEN}")
        assert "__Host-" not in page.headers["Set-Cookie"]
        assert "Secure" not in page.headers["Set-Cookie"]
        assert "Strict-Transport-Security" not in page.headers


# ── B9, B10, B11: passwords ───────────────────────────────────────────────────────────────────────────────────────


async def test_b9_a_chat_has_five_attempts_an_hour(site: Desk, person: Browser) -> None:
    site.links.invite(TELEGRAM, TOKEN)
    for n in range(PER_CHAT[0]):
        assert (await person.sign_in(TOKEN, f"nobody-{n}", PASSWORD)).status == 422
    page = await person.sign_in(TOKEN, "demo")
    assert page.status == 429
    assert page.headers["Retry-After"] == "3600"
    assert "Попробуйте снова через час" in page.text
    assert sum(site.billing.asked.values()) == 5, "counted before the billing is asked"
    site.links.invite(TELEGRAM, "U" * 22)
    assert (await person.sign_in("U" * 22, "demo")).status == 429, "a new link is no new try"
    site.links.invite(VK, "V" * 22)
    assert (await person.sign_in("V" * 22, "demo")).status == 200, "other chats go on"
    site.clock.advance(3600)
    site.links.invite(TELEGRAM, TOKEN)
    assert (await person.sign_in(TOKEN, "demo")).status == 200


async def test_b9_a_login_has_a_hundred_a_day_over_all_chats(site: Desk) -> None:
    for n in range(45):
        site.clock.advance(900)  # 30 an hour for one address is another bucket
        site.links.invite(Address("vk", str(n)), TOKEN)
        async with browser(site.url) as person:
            for spelled in ("demo", "DEMO", " demo", "ｄｅｍｏ"):
                await person.sign_in(TOKEN, spelled, PASSWORD)
    assert sum(site.billing.asked.values()) <= 100
    assert sum(site.billing.asked.values()) > 90


async def test_b9_strangers_who_use_up_the_attempts_do_not_keep_the_owner_out(site: Desk, person: Browser) -> None:
    for n in range(PER_LOGIN[0] // 4 + 3):
        site.clock.advance(900)
        site.links.invite(Address("vk", str(n)), TOKEN)
        async with browser(site.url) as stranger:
            for _ in range(4):
                await stranger.sign_in(TOKEN, "demo", PASSWORD)
    site.links.invite(TELEGRAM, "U" * 22)
    assert (await person.sign_in("U" * 22, "demo")).status == 200


async def test_b9_an_address_has_thirty_an_hour_and_only_our_proxy_may_name_it() -> None:
    async def attack(site: Desk, headers: list[str]) -> int:
        for n in range(40):
            site.links.invite(Address("vk", str(n)), TOKEN)
            async with browser(site.url) as person:
                person.session.headers["X-Forwarded-For"] = headers[n % len(headers)]
                await person.sign_in(TOKEN, f"login-{n}", PASSWORD)
        return sum(site.billing.asked.values())

    many = [f"198.51.100.{n}" for n in range(40)]
    async with desk() as site:
        assert await attack(site, many) == PER_CLIENT[0], "a header that anybody can write changes nothing"
    async with desk(more={"trusted_proxies": [ip_network("127.0.0.0/8")]}) as site:
        assert await attack(site, [f"{one}, 203.0.113.9" for one in many]) == PER_CLIENT[0]
    async with desk(more={"trusted_proxies": [ip_network("127.0.0.0/8")]}) as site:
        assert await attack(site, many) == 40


async def test_b9_right_passwords_and_silent_billings_do_not_count(site: Desk, person: Browser) -> None:
    site.links.invite(TELEGRAM, TOKEN)
    for _ in range(7):
        assert (await person.sign_in(TOKEN, "demo")).status == 200
    site.billing.down = True
    for _ in range(7):
        assert (await person.sign_in(TOKEN, "demo")).status == 503
    assert site.links.attempts == []


async def test_b10_unknown_wrong_and_locked_are_one_answer(site: Desk, person: Browser) -> None:
    site.links.invite(TELEGRAM, TOKEN)
    site.billing.takes = {"demo": 0.01, "xyzq": 0.25, "qzyx": 0.39}
    pages = [await person.sign_in(TOKEN, login, PASSWORD) for login in ("demo", "xyzq", "qzyx")]
    answers = [
        (page.status, page.body.replace(login, b"...."), len(page.body), len(page.headers["Set-Cookie"]))
        for page, login in zip(pages, (b"demo", b"xyzq", b"qzyx"), strict=True)
    ]
    assert answers[0] == answers[1] == answers[2]
    assert [set(page.headers) for page in pages] == [set(pages[0].headers)] * 3


@pytest.mark.parametrize(("takes", "answered"), [(0.01, 0.4), (0.39, 0.4), (0.41, 0.8), (3.3, 3.6)])
async def test_b10_the_answer_takes_a_whole_number_of_floors(
    site: Desk, person: Browser, takes: float, answered: float
) -> None:
    site.links.invite(TELEGRAM, TOKEN)
    site.billing.takes = {"demo": takes, "nobody": takes}
    for login, password in (("demo", PASSWORD), ("nobody", PASSWORD), ("demo", "demo")):
        began = site.clock.monotonic()
        await person.sign_in(TOKEN, login, password)
        assert site.clock.monotonic() - began == pytest.approx(answered)
    site.billing.down = True
    began = site.clock.monotonic()
    await person.sign_in(TOKEN, "demo")
    assert site.clock.monotonic() - began == pytest.approx(answered)


@pytest.mark.parametrize("password", ["x" * 201, "a\x00b", "a\nb"])
async def test_no_billing_is_asked_about_what_cannot_be_a_password(site: Desk, person: Browser, password: str) -> None:
    site.links.invite(TELEGRAM, TOKEN)
    usual = await person.sign_in(TOKEN, "nobody", "x")
    odd = await person.sign_in(TOKEN, "nobody", password)
    assert same(usual) == same(odd)
    assert site.billing.asked == {"nobody": 1}


@pytest.mark.parametrize("step", ["login", "accounts", "choice"])
async def test_b11_a_billing_that_does_not_answer_is_try_later(site: Desk, person: Browser, step: str) -> None:
    site.links.invite(TELEGRAM, TOKEN)
    page = None if step == "login" else await person.sign_in(TOKEN, "demo")
    site.billing.down = True
    match step:
        case "login":
            answer = await person.sign_in(TOKEN, "demo")
        case "accounts":
            answer = await person.get(f"/link/{TOKEN}/accounts")
        case _:
            assert page is not None
            answer = await person.send(page, [("account", key) for key in page.keys])
    assert answer.status == 503
    assert answer.headers["Retry-After"] == "60"
    assert "ничего не привязано" in answer.text
    assert site.links.invitations[hash_token(TOKEN)].claims == ()
    site.billing.down = False
    retry = next(one["href"] for one in answer.reader.all("a") if one.get("class") == "button")
    async with person.session.get(f"{site.url}{answer.path}".rsplit("/", 1)[0] + "/" + retry) as there:
        assert there.status == 200
    assert site.links.type_code(TELEGRAM, (await person.link(TOKEN, "demo")).code)


# ── Bodies ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{}", "application/json", 415),
        (b"--x--", "multipart/form-data; boundary=x", 415),
        (b"login=%ff&password=x", "application/x-www-form-urlencoded", 400),
        (b"\xff=1", "application/x-www-form-urlencoded", 400),
        (b"&".join(b"a=1" for _ in range(500)), "application/x-www-form-urlencoded", 400),
        (b"login=" + b"x" * 20_000, "application/x-www-form-urlencoded", 413),
        (b"", "application/x-www-form-urlencoded", 403),
        (b"login", "application/x-www-form-urlencoded", 403),
    ],
)
async def test_odd_forms_are_refused(site: Desk, person: Browser, body: bytes, kind: str, status: int) -> None:
    site.links.invite(TELEGRAM, TOKEN)
    headers = {"Content-Type": kind, "Origin": site.url}
    assert (await person.ask("POST", f"/link/{TOKEN}", data=body, headers=headers)).status == status


# ── Languages and looks ───────────────────────────────────────────────────────────────────────────────────────────


async def every_page(site: Desk, person: Browser, query: str = "") -> list[Page]:
    """One of each kind of page, in the state that has most on it."""
    site.links.invite(TELEGRAM, TOKEN)
    pages = [await person.get(f"/link/{TOKEN}{query}")]
    form: Any = [("login", ""), ("password", "")]
    form = [("csrf", pages[0].csrf), *form]
    pages.append(await person.ask("POST", f"/link/{TOKEN}{query}", data=form, headers={"Origin": "null"}))
    await person.sign_in(TOKEN, "demo")
    pages.append(await person.get(f"/link/{TOKEN}/accounts{query}"))
    choice = [("csrf", pages[-1].csrf)]
    pages.append(await person.ask("POST", f"/link/{TOKEN}/accounts{query}", data=choice, headers={"Origin": "null"}))
    choice += [("account", key) for key in pages[-1].keys]
    pages.append(await person.ask("POST", f"/link/{TOKEN}/accounts{query}", data=choice, headers={"Origin": "null"}))
    pages.append(await person.ask("POST", f"/link/{TOKEN}{query}", data={}, headers={"Origin": "null"}))
    pages.append(await person.get(f"/link/{new_token()}{query}"))
    site.billing.down = True
    pages.append(await person.get(f"/link/{TOKEN}/accounts{query}"))
    site.billing.down = False
    assert [page.status for page in pages] == [200, 422, 200, 422, 200, 403, 404, 503]
    return pages


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_page_is_whole_in_every_language(site: Desk, person: Browser, language: str) -> None:
    before = {one: broken_sentences.labels(one)._value.get() for one in LANGUAGES}
    for page in await every_page(site, person, f"?lang={language}"):
        reader = page.reader
        assert reader.all("html") == [{"lang": language}]
        assert [one["lang"] for one in reader.all("a") if one.get("aria-current")] == [language]
        assert len(reader.all("title")) == len(reader.all("h1")) == len(reader.all("main")) == 1
        assert page.html.startswith("<!doctype html>")
        assert "{" not in page.text
        ids = [one["id"] for _, one in reader.tags if "id" in one]
        assert len(ids) == len(set(ids))
        for name, one in reader.tags:
            pointed = one.get("aria-describedby", "") + " " + one.get("aria-labelledby", "") + " " + one.get("for", "")
            assert set(pointed.split()) <= set(ids), name
            if one.get("href", "").startswith("#"):
                assert one["href"][1:] in ids
            assert not any(attribute.startswith("on") for attribute in one), "no script, also not inline"
            assert "style" not in one
        labels = {one["for"] for one in reader.all("label") if "for" in one}
        for box in reader.all("input"):
            assert box["type"] in {"hidden", "checkbox"} or box["id"] in labels
        for one in reader.all("a") + reader.all("form"):
            assert not re.match(r"[a-z]+:|//", one.get("href", "") + one.get("action", "")), "nothing leads outside"
        assert not reader.all("script") + reader.all("link") + reader.all("img") + reader.all("iframe")
        assert not any("src" in one for _, one in reader.tags)
        assert "url(" not in page.html
        assert "@import" not in page.html
    assert before == {one: broken_sentences.labels(one)._value.get() for one in LANGUAGES}


@pytest.mark.parametrize(
    ("invitation", "header", "query", "expected"),
    [
        ("pt", "en", "", "pt"),
        ("pt", "en", "?lang=ru", "ru"),
        ("ru", "pt-BR,en;q=0.5", "?lang=xx", "ru"),
        ("", "de;q=1, en-GB;q=0.8, pt;q=0.9", "", "pt"),
        ("", "en;q=0, pt;q=x, *", "", "ru"),
        ("", "", "", "ru"),
    ],
)
async def test_the_language_is_the_chats_unless_chosen(
    site: Desk, person: Browser, invitation: str, header: str, query: str, expected: str
) -> None:
    site.links.invite(TELEGRAM, TOKEN, language=invitation)
    page = await person.get(f"/link/{TOKEN}{query}", **{"Accept-Language": header})
    assert page.reader.all("html") == [{"lang": expected}]


async def test_a_chosen_language_stays_over_the_steps(site: Desk, person: Browser) -> None:
    site.links.invite(TELEGRAM, TOKEN)
    page = await person.get(f"/link/{TOKEN}?lang=pt")
    form = [("csrf", page.csrf), ("login", "demo"), ("password", "demo")]
    page = await person.ask("POST", f"/link/{TOKEN}?lang=pt", data=form, headers={"Origin": "null"})
    assert page.path.endswith("/accounts")
    assert page.reader.all("html") == [{"lang": "pt"}]
    assert f"../{TOKEN}?lang=pt" in page.html


async def test_login_fields_help_password_managers_and_screen_readers(site: Desk, person: Browser) -> None:
    site.links.invite(TELEGRAM, TOKEN)
    fields = {one["name"]: one for one in (await person.get(f"/link/{TOKEN}")).reader.all("input")}
    assert fields["login"]["autocomplete"] == "username"
    assert fields["password"]["autocomplete"] == "current-password"
    assert fields["password"]["type"] == "password"
    assert fields["login"]["aria-describedby"] == "login-hint"
    wrong = {one["name"]: one for one in (await person.sign_in(TOKEN, "demo", "no")).reader.all("input")}
    assert wrong["login"]["aria-describedby"] == "login-hint login-wrong"
    assert wrong["login"]["aria-invalid"] == "true"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("<b>Анна</b>", "<b>Анна</b>"),
        ("\u202eаннА\u200b", "аннА"),
        ("\u2066\u2069 \x00", "без имени"),
        ("Б" * 500, "Б" * 120),
    ],
)
async def test_a_chats_name_is_shown_as_text_and_cannot_turn_the_line_around(
    site: Desk, person: Browser, name: str, shown: str
) -> None:
    site.links.invite(OK, TOKEN, name=name)
    page = await person.get(f"/link/{TOKEN}")
    assert f"Одноклассники {shown} " in page.text
    assert not page.reader.all("b")


async def test_a_network_without_a_sentence_goes_by_its_own_name(site: Desk, person: Browser) -> None:
    site.links.invite(Address("max", "1"), TOKEN)
    assert "max Анна Петрова" in (await person.get(f"/link/{TOKEN}")).text
