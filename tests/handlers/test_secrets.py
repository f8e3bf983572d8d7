"""A typed password reaches nothing; what is none goes through untouched."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.base import Address, Incoming
from handlers.codes import new_code
from handlers.routes import ROUTES
from handlers.secrets import conceal, looks_like_password
from handlers.text import LANGUAGES, sentences
from tests.clock import NOON
from tests.handlers.talk_asks import House
from tests.handlers.test_understand import SAID


def event(text: str, **more: object) -> Incoming:
    return Incoming("e", Address("vk", "1"), NOON, text=text, message="m1", **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "пароль: qwerty", "мой пароль котик123", "Пароль qwerty", "логин ivan пароль 1234",
        "логин: ivan\nпароль: Kotik", "login ivan password hunter", "password: hunter2", "password=abc",
        "my password is hunter22", "senha: abc123", "minha senha é gatinho1", "login maria senha 9999", "Qwerty12",
        "qwerty2024!", "ivan Qwerty12", "demo1234", "пароль котик", "password letmein", "логин demo пароль demo",
        "pin 4821", "Kx9$mPq2vL", "«Qwerty12»", "пароль — S3cret", "мой логин ivanov77 и пароль kotik", "senha gato",
    ],
)  # fmt: skip
def test_a_password_is_taken_out(text: str) -> None:
    concealed = conceal(event(text))
    assert concealed.text == ""
    assert concealed.action == "password"
    assert concealed.message == "m1"  # so that the message itself can be erased


@pytest.mark.parametrize(
    "text",
    [
        "забыл пароль", "как поменять пароль от личного кабинета?", "Не помню пароль", "I forgot my password",
        "сброс пароля", "how do I reset my password?", "esqueci minha senha", "это безопасно, писать сюда пароль?",
        "куда вводить логин и пароль", "логин", "password", "баланс", "ivan@example.com", "test123@mail.ru",
        "https://lk.example/page1?x=2", "8 800 555-00-01", "+79161234567", "01.10.2026", "2026-10-01", "1oct2026",
        "october2026", "1000rub", "1234,56", "с 1 по 15 октября", "4951234567", "100000017731", "KM45TX", "km45 tx",
        "/balance", "/start@saldo_bot1", "сколько платить за 2026", "ghbdtn", "bcnjhbz gkfnt;tq", "", "👍", "wi-fi",
        "50gb", "100mbps", "2026-10-01T10:00:00Z", "договор 12345678", "интернет 100мбит",
        "how do I change the password", "como trocar a senha",
    ],
)  # fmt: skip
def test_what_is_no_password_goes_through(text: str) -> None:
    assert conceal(event(text)) == event(text)


@pytest.mark.parametrize("text", [t for texts in SAID.values() for t in texts])
def test_no_question_is_taken_for_a_password(text: str) -> None:
    assert not looks_like_password(text)


def test_no_known_phrase_is_taken_for_a_password() -> None:
    for language in LANGUAGES:
        for line in sentences(language).values():
            for entry in line.split("|"):
                assert not looks_like_password(entry.strip(" =")), entry


def test_no_code_is_taken_for_a_password() -> None:
    for n in range(300):
        code = new_code(n.to_bytes(16, "big"))
        assert not looks_like_password(code)
        assert not looks_like_password(code.lower())


def test_presses_and_deep_links_stay() -> None:
    press = event("Qwerty12", action="balance")
    assert conceal(press) == press
    opened = event("", start="abcdefghijklmnopqrst12")
    assert conceal(opened) == opened


def test_a_long_text_is_cut() -> None:
    assert len(conceal(event("б" * 100_000)).text) == 2000


@pytest.mark.parametrize(
    "unit",
    [
        "a",
        "1",
        "a1",
        " ",
        "пароль",
        "пароль ",
        "пароль: ",
        "a1B2c3D4 ",
        ":",
        "=",
        "-",
        "@",
        "jan",
        "http://",
        "0.",
        "\u0301",
        "😀",
    ],
)
def test_a_hundred_thousand_characters_are_read_quickly(unit: str) -> None:
    text = (unit * 100_000)[:100_000]
    started = time.perf_counter()
    conceal(event(text))
    conceal(event(text[:1999] + "!"))
    assert time.perf_counter() - started < 0.1


@given(st.text(max_size=200), st.sampled_from(["пароль: ", "password: ", "senha: "]))
def test_whatever_follows_the_word_and_a_colon_is_taken_out(text: str, word: str) -> None:
    secret = "".join(c for c in text if c.isalnum())[:20]
    if len(secret) >= 8 and secret.lower() not in {"alterar"}:
        assert conceal(event(word + secret)).text == ""


@given(st.text(max_size=500))
def test_nothing_is_added_and_nothing_raised(text: str) -> None:
    concealed = conceal(event(text))
    assert concealed.text in {"", text}


@pytest.mark.parametrize("public", [False, True])
async def test_the_customer_is_warned_and_the_message_erased(public: bool) -> None:
    anna = House().talk(public=public)
    reply = await anna.says("пароль: Kotik2026")
    assert reply.erases == "m1"
    assert "Kotik" not in repr(anna.turn)
    assert "не сохранил" in reply.text
    assert ("link" in [b.action for row in reply.keyboard for b in row]) is not public
    assert "password" in ROUTES
