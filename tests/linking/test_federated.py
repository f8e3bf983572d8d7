"""Signing in at the operator's own site, over real HTTP, with a provider that is strict: the way there and back, and
what comes to /link/back without having set out. The provider's own tricks are tested in tests/billing/test_openid.py.
"""

from collections.abc import AsyncIterator
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest
from structlog.testing import capture_logs

from billing.base import Unsupported
from bot.linking import PER_CHAT
from handlers.codes import hash_token
from handlers.text import LANGUAGES, broken_sentences
from sandbox.openid import OpenId as Provider
from sandbox.openid import Quirk
from tests.linking.desk import TELEGRAM, VK, Browser, Desk, Page, browser, desk, federated

TOKEN, OTHER = "T" * 22, "U" * 22
ASTRAY = "Вход не завершён"


@pytest.fixture
async def both() -> AsyncIterator[tuple[Desk, Provider]]:
    async with federated() as made:
        yield made
        assert made[1].violations == []


@pytest.fixture
def site(both: tuple[Desk, Provider]) -> Desk:
    both[0].links.invite(TELEGRAM, TOKEN)
    return both[0]


@pytest.fixture
def provider(both: tuple[Desk, Provider]) -> Provider:
    return both[1]


def changed(back: str, **parameters: str | None) -> str:
    """The address with other parameters; None takes one away."""
    path, _, query = back.partition("?")
    given = {**dict(parse_qsl(query)), **parameters}
    return f"{path}?{urlencode({name: value for name, value in given.items() if value is not None})}"


async def astray(site: Desk, person: Browser, back: str, asked: int = 0) -> Page:
    page = await person.get(back)
    assert page.status == 404
    assert ASTRAY in page.text
    assert site.billing.asked["enter"] == asked, "the operator's site is not asked"
    assert site.links.invitations.get(hash_token(TOKEN)) is None or await nobody(site)
    return page


async def nobody(site: Desk) -> bool:
    found = site.links.invitations[hash_token(TOKEN)]
    return found.subject is None and found.code_hash is None


# ── The way ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_button_site_accounts_code_chat(site: Desk, person: Browser) -> None:
    page = await person.get(f"/link/{TOKEN}")
    assert page.status == 200
    assert "Войти на сайте «Связь Плюс»" in page.text
    assert "Telegram Анна Петрова" in page.text
    assert [one["type"] for one in page.reader.all("input")] == ["hidden"], "nobody is asked for a password here"

    page = await person.set_out(TOKEN)
    door = urlsplit(page.door)
    asked = {name: values[0] for name, values in parse_qs(door.query, strict_parsing=True).items()}
    assert asked["redirect_uri"] == f"{site.url}/link/back"
    assert asked["code_challenge_method"] == "S256"
    assert TOKEN not in page.door, "the operator's logs get no key to the chat"
    assert site.links.written == 0

    page = await person.get(await person.visit(page.door, "demo"))
    assert page.path == f"/link/{TOKEN}/accounts"
    shown = [one.number[-4:] for one in site.billing.owned["demo"]]
    assert all(f"…{number}" in page.text for number in shown)
    page = await person.send(page, [("account", page.keys[1])])
    assert site.links.linked == {}
    assert site.links.type_code(TELEGRAM, page.code)
    assert site.links.linked == {str(TELEGRAM): {"demo-2"}}
    assert site.links.attempts == []


async def test_a_password_is_taken_only_where_it_is_asked_for(site: Desk, person: Browser) -> None:
    page = await person.get(f"/link/{TOKEN}")
    assert (await person.send(page, [("login", "demo"), ("password", "demo")])).status == 405
    assert not site.billing.asked
    async with desk() as other, browser(other.url) as stranger:
        other.links.invite(TELEGRAM, TOKEN)
        page = await stranger.get(f"/link/{TOKEN}")
        answer = await stranger.ask("POST", f"/link/{TOKEN}/sign-in", data={"csrf": page.csrf})
        assert answer.status == 404
        old = await stranger.get("/link/back?state=x&code=y")
        assert "больше не работает" in old.text or "no longer works" in old.text


async def test_the_chosen_language_comes_back_from_the_site(site: Desk, person: Browser) -> None:
    page = await person.set_out(TOKEN, "?lang=pt")
    assert "Abrindo o site de Связь Плюс" in page.text
    page = await person.get(await person.visit(page.door, "demo"))
    assert "Quais contas vincular?" in page.text
    page = await person.get(f"/link/{TOKEN}/sign-in?lang=en")
    assert page.path == f"/link/{TOKEN}"
    assert "Sign in at" in page.text


async def test_only_our_own_form_leads_to_the_site(site: Desk, person: Browser, provider: Provider) -> None:
    page = await person.get(f"/link/{TOKEN}")
    for form, headers in (
        ({"csrf": "guessed"}, {}),
        ({"csrf": page.csrf}, {"Origin": "https://evil.example"}),
        ({"csrf": page.csrf}, {"Origin": "null", "Sec-Fetch-Site": "cross-site"}),
    ):
        answer = await person.ask("POST", f"/link/{TOKEN}/sign-in", data=form, headers=headers)
        assert answer.status == 403
        assert "http-equiv" not in answer.html
    assert not provider.calls


async def test_two_chats_are_linked_in_two_tabs_of_one_browser(site: Desk, person: Browser) -> None:
    site.links.invite(VK, OTHER)
    first, second = await person.set_out(TOKEN), await person.set_out(OTHER)
    one = await person.get(await person.visit(second.door, "victim"))
    two = await person.get(await person.visit(first.door, "demo"))
    one = await person.send(one, [("account", one.keys[0])])
    two = await person.send(two, [("account", two.keys[0])])
    assert site.links.type_code(VK, one.code)
    assert site.links.type_code(TELEGRAM, two.code)
    assert site.links.linked == {str(VK): {"victim-1"}, str(TELEGRAM): {"demo-1"}}


# ── What ends without a sign-in ───────────────────────────────────────────────────────────────────────────────────


async def test_who_cancels_is_told_kindly_and_may_try_again(site: Desk, person: Browser) -> None:
    page = await person.set_out(TOKEN)
    page = await person.get(await person.visit(page.door, "demo", verdict="deny"))
    assert page.status == 200
    assert "Вход отменён" in page.text
    assert await nobody(site)
    assert site.links.attempts == []
    button = next(one["href"] for one in page.reader.all("a") if one.get("class") == "button")
    assert button == TOKEN, "a neighbour of /link/back"
    others = [one["href"] for one in page.reader.all("a") if one.get("hreflang")]
    assert others == [f"{TOKEN}?lang={language}" for language in ("ru", "en", "pt")]
    page = await person.set_out(TOKEN)
    page = await person.get(await person.visit(page.door, "demo"))
    assert page.path.endswith("/accounts")


async def test_where_nobody_can_sign_in_the_page_says_where_to_go(
    site: Desk, person: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def none(*_: str) -> str:
        raise Unsupported("test")

    monkeypatch.setattr(site.billing, "door", none)
    page = await person.set_out(TOKEN)
    assert page.status == 404
    assert "Привязка начинается в личном кабинете" in page.text


@pytest.mark.parametrize("error", ["server_error", "temporarily_unavailable", "invalid_scope", "Иван"])
async def test_a_site_that_cannot_now_is_no_fault_of_the_customer(site: Desk, person: Browser, error: str) -> None:
    page = await person.set_out(TOKEN)
    back = await person.visit(page.door, "demo", verdict="deny")
    with capture_logs() as logs:
        page = await person.get(changed(back, error=error, error_description="Иван Петров"))
    assert page.status == 503
    assert "Попробуйте через несколько минут" in page.text
    assert "Иван" not in str(logs)
    assert site.links.attempts == []


async def test_a_silent_site_is_not_counted(site: Desk, person: Browser, provider: Provider) -> None:
    page = await person.set_out(TOKEN)
    back = await person.visit(page.door, "demo")
    await provider.stop()
    page = await person.get(back)
    assert page.status == 503
    assert site.links.attempts == []
    assert await nobody(site)


async def test_what_proves_nobody_is_counted_and_links_nothing(site: Desk, person: Browser, provider: Provider) -> None:
    provider.quirks = {Quirk.NONCE}
    for _ in range(PER_CHAT[0]):
        page = await person.set_out(TOKEN)
        page = await person.get(await person.visit(page.door, "demo"))
        assert page.status == 403
        assert "не подтвердил, кто вошёл" in page.text
    assert await nobody(site)
    provider.quirks = set()
    page = await person.set_out(TOKEN)
    page = await person.get(await person.visit(page.door, "demo"))
    assert page.status == 429
    assert site.billing.asked["enter"] == PER_CHAT[0]
    site.clock.advance(PER_CHAT[1] + 1)
    site.links.invite(TELEGRAM, TOKEN)
    page = await person.set_out(TOKEN)
    page = await person.get(await person.visit(page.door, "demo"))
    assert page.path.endswith("/accounts")


# ── What comes back and never set out ─────────────────────────────────────────────────────────────────────────────


async def test_a_code_from_another_browser_is_nobodys(site: Desk, person: Browser) -> None:
    """The thief signs in and sends the address that he came back to; or his victim's address leaks to him."""
    async with browser(site.url) as thief:
        mine = await thief.set_out(TOKEN)
        back = await thief.visit(mine.door, "demo")
        await astray(site, person, back)
        theirs = await person.set_out(TOKEN)
        await astray(site, person, back)
        await astray(site, person, changed(back, state=parse_qs(urlsplit(theirs.door).query)["state"][0][:-1]))
        leaked = await person.visit(theirs.door, "victim")
        await astray(site, thief, leaked)
        page = await person.get(leaked)
        assert page.path.endswith("/accounts"), "nobody has spoiled it"


async def test_a_code_under_the_state_of_ones_own_journey_is_refused(site: Desk, person: Browser) -> None:
    """Login fixation: the code of one journey under the state of another. PKCE and the nonce part them."""
    async with browser(site.url) as thief:
        foreign = await thief.visit((await thief.set_out(TOKEN)).door, "demo")
    own = await person.visit((await person.set_out(TOKEN)).door, "victim")
    code = parse_qs(urlsplit(foreign).query)["code"][0]
    page = await person.get(changed(own, code=code))
    assert page.status == 403
    assert await nobody(site)


async def test_the_link_of_another_chat_is_not_served(site: Desk, person: Browser) -> None:
    """One browser, two chats: a code asked for by one is not taken for the other."""
    site.links.invite(VK, OTHER)
    first, second = await person.set_out(TOKEN), await person.set_out(OTHER)
    one, two = await person.visit(first.door, "demo"), await person.visit(second.door, "demo")
    swapped = changed(two, code=parse_qs(urlsplit(one).query)["code"][0])
    page = await person.get(swapped)
    assert page.status == 403
    assert site.links.invitations[hash_token(OTHER)].subject is None
    mixed = parse_qs(urlsplit(two).query)["state"][0][:10] + parse_qs(urlsplit(one).query)["state"][0][10:]
    await astray(site, person, changed(one, state=mixed), asked=1)


async def test_nothing_is_taken_twice(site: Desk, person: Browser) -> None:
    page = await person.set_out(TOKEN)
    back = await person.visit(page.door, "demo")
    assert (await person.get(back)).path.endswith("/accounts")
    before = dict(site.links.invitations)
    page = await person.get(back)
    assert page.status == 404
    assert ASTRAY in page.text
    assert site.billing.asked["enter"] == 1
    assert site.links.invitations == before
    assert (await person.get(f"/link/{TOKEN}/accounts")).path.endswith("/accounts"), "the sign-in still counts"


async def test_a_later_journey_ends_the_one_before(site: Desk, person: Browser) -> None:
    first = await person.set_out(TOKEN)
    await person.set_out(TOKEN)
    await astray(site, person, await person.visit(first.door, "demo"))


async def test_what_is_missing_doubled_or_strange_is_one_page(site: Desk, person: Browser) -> None:
    page = await person.set_out(TOKEN)
    back = await person.visit(page.door, "demo")
    pages = [
        await astray(site, person, one)
        for one in (
            "/link/back",
            "/link/back?state=&code=",
            changed(back, state=None),
            changed(back, code=None),
            changed(back, code=""),
            changed(back, code="a\x00b"),
            changed(back, code="c" * 5000),
            changed(back, error="access_denied"),
            changed(back, state="x" * 53),
            changed(back, state="%%%"),
            changed(back, state="ы" * 53),
            back + "&code=another",
            back + "&" + back.partition("?")[2],
            changed(back, code=None, error="access_denied") + "&error=access_denied",
        )
    ]
    assert len({page.body for page in pages}) == 1
    assert (await person.ask("HEAD", back)).status in {404, 405}
    assert (await person.ask("POST", back)).status == 405
    assert (await person.get(back)).path.endswith("/accounts"), "nothing of it has spoiled the journey"


async def test_a_forged_cookie_is_nobodys(site: Desk, person: Browser) -> None:
    page = await person.set_out(TOKEN)
    back = await person.visit(page.door, "demo")
    jar = person.session.cookie_jar
    cookie = next(iter(jar))
    for forged in (
        "",
        ".",
        "x.y",
        "e30.e30",
        cookie.value[:-1] + ("A" if cookie.value[-1] != "A" else "B"),
        cookie.value.partition(".")[0],
        "é" * 9,
    ):
        async with browser(site.url) as thief:
            page = await thief.get(back, Cookie=f"{cookie.key}={forged}")
            assert page.status == 404, forged
            assert ASTRAY in page.text or "not finished" in page.text
    assert site.billing.asked["enter"] == 0


async def test_an_invitation_that_expired_on_the_way_is_over(site: Desk, person: Browser) -> None:
    page = await person.set_out(TOKEN)
    back = await person.visit(page.door, "demo")
    site.clock.advance(601)
    page = await person.get(back, **{"Accept-Language": "ru"})
    assert page.status == 404
    assert ASTRAY in page.text
    assert site.billing.asked["enter"] == 0


# ── Words and headers ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("language", LANGUAGES)
async def test_no_sentence_is_missing(both: tuple[Desk, Provider], person: Browser, language: str) -> None:
    site, provider = both
    site.links.invite(TELEGRAM, TOKEN, language=language)
    before = broken_sentences.labels(language)._value.get()
    pages = [await person.get(f"/link/{TOKEN}"), await person.set_out(TOKEN)]
    back = await person.visit(pages[-1].door, "demo", verdict="deny")
    pages += [await person.get(back), await person.get(back)]
    provider.quirks = {Quirk.FOREIGN}
    pages.append(await person.get(await person.visit((await person.set_out(TOKEN)).door, "demo")))
    assert [page.status for page in pages] == [200, 200, 200, 404, 403]
    assert len({page.text for page in pages}) == len(pages)
    assert broken_sentences.labels(language)._value.get() == before
    for page in pages:
        assert page.reader.all("html")[0]["lang"] == language
        assert "form-action 'self'" in page.headers["Content-Security-Policy"]
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert page.headers["Cache-Control"] == "no-store"


async def test_the_cookie_is_kept_from_scripts_and_comes_back_from_the_site() -> None:
    async with federated(public="https://saldo.example") as (site, _), browser(site.url) as person:
        site.links.invite(TELEGRAM, TOKEN)
        page = await person.get(f"/link/{TOKEN}")
        cookie = page.headers["Set-Cookie"]
        assert cookie.startswith("__Host-link-")
        assert all(word in cookie for word in ("HttpOnly", "Secure", "SameSite=Lax", "Path=/"))
