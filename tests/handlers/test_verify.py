"""Step-up by a code: sent to what is on record, believed from the chat that asked, soon dead and soon sent anew."""

from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.base import Address, Incoming, Reply
from billing.base import Account, Capability, Reach, Way
from handlers import routes, verify
from handlers.ask import Ask, Turn
from handlers.codes import clean_digits, digits_of
from storage.base import Choose, MissAnswer, Pose, Post, Solve, Verify
from tests.clock import NOON
from tests.handlers.talk_asks import IVAN, OLGA, OPERATOR, House, Talk, actions, everything, labels

MAIL = Reach(IVAN.id, Way.EMAIL, "ivan.petrov@mail.ru")
PHONE = Reach(IVAN.id, Way.SMS, "+79120004412")
NEW = "new.address@example.com"
INCOMING = Incoming("e", Address("vk", "1"), NOON)


async def secret(ask: Ask, account: Account) -> Turn:
    """What a sensitive question does, and all that it has to do."""
    begin = await verify.required(ask, account, ":".join(("secret", *ask.arguments)))
    if begin is not None:
        return begin
    return Turn(Reply(f"secret of {account.id} {ask.arguments} {ask.text!r}"))


async def newmail(ask: Ask, account: Account) -> Turn:
    """A question with a purpose of its own: the proof that an address is the customer's."""
    if ask.solved == "email":
        return Turn(Reply(f"changed to {ask.proof['address']} for {ask.proof['service']}"))
    assert ask.link is not None
    return await verify.pose(ask, "email", ask.link, Way.EMAIL, NEW, "newmail:yes", {"service": "s1"})


async def newsms(ask: Ask, account: Account) -> Turn:
    assert ask.link is not None
    return await verify.pose(ask, "email", ask.link, Way.SMS, PHONE.address, "newmail:yes")


@pytest.fixture(autouse=True)
def sensitive(monkeypatch: pytest.MonkeyPatch) -> None:
    more = {"secret": routes.customer(secret), "newmail": routes.customer(newmail), "newsms": routes.customer(newsms)}
    monkeypatch.setattr(routes, "ROUTES", {**routes.ROUTES, **more})


def house(*on_record: Reach) -> House:
    made = House()
    made.books.on_record = {IVAN.id: on_record or (MAIL, PHONE), OLGA.id: (Reach(OLGA.id, Way.SMS, "89120000099"),)}
    return made


def posts(talk: Talk) -> list[Post]:
    return [one for one in talk.effects if isinstance(one, Post)]


def code(talk: Talk) -> str:
    return digits_of(talk.tokens[-1])


def wrong(talk: Talk) -> str:
    return f"{(int(code(talk)) + 1) % 1_000_000:06}"


async def test_verified_by_a_code_and_the_question_goes_on() -> None:
    anna = house().talk().linked(IVAN)
    await anna.sends("secret:2026-10-01:2026-10-31")
    assert anna.turn.effects == ()
    assert labels(anna.reply) == ["Почта: i***@mail.ru", "СМС: +7 ··· ··-12", "Отмена"]
    assert "ivan" not in everything(anna.turn)
    assert "0044" not in everything(anna.turn)
    await anna.says("1")
    pose_, post = anna.turn.effects
    assert isinstance(pose_, Pose)
    assert isinstance(post, Post)
    assert post.to == Address("email", MAIL.address)
    subject, body = post.reply.text.split("\n", 1)
    assert "Телесеть" in subject
    assert code(anna) not in subject, "a subject is read on a locked screen"
    assert code(anna) in body
    assert "Никому не говорите" in body
    assert post.expires_at == pose_.challenge.expires_at == anna.house.clock.now() + timedelta(minutes=10)
    assert code(anna) not in pose_.challenge.code_hash
    assert code(anna) not in everything(anna.turn), "the chat is told where it went, not what it is"
    assert "i***@mail.ru" in anna.reply.text
    typed = f"{code(anna)[:3]} {code(anna)[3:]}"
    reply = await anna.says(typed)
    until = anna.house.clock.now() + timedelta(minutes=15)
    assert anna.turn.effects == (Solve(pose_.challenge.code_hash), Verify(anna.memory.links[0].id, until))
    assert reply.text == "secret of acc-ivan ('2026-10-01', '2026-10-31') ''", "the code is not its text"
    anna.house.clock.advance(minutes=14)
    assert (await anna.sends("secret")).text == "secret of acc-ivan () ''", "no second code within the quarter"
    anna.house.clock.advance(minutes=1)
    await anna.sends("secret")
    assert labels(anna.reply)[0] == "Почта: i***@mail.ru"
    assert len(posts(anna)) == 1


async def test_every_language_and_every_way() -> None:
    for language, said in (("ru", "код"), ("en", "code"), ("pt", "código")):
        for way, number in ((MAIL, "1"), (PHONE, "1")):
            anna = house(way).talk(language=language).linked(IVAN)
            await anna.sends("secret")
            assert len(labels(anna.reply)) == 2, "one way, one button"
            assert max(map(len, labels(anna.reply))) <= 32
            await anna.sends(f"verify:{number}:secret")
            [post] = posts(anna)
            assert post.to == Address(str(way.way), way.address)
            assert said in post.reply.text
            assert "secret of" in (await anna.says(code(anna))).text


@pytest.mark.parametrize("language", ["ru", "en", "pt"])
@pytest.mark.parametrize("question", ["verify:1:secret", "newsms"])
async def test_an_sms_is_two_segments_at_most(language: str, question: str) -> None:
    long = house(PHONE)
    long.operator = replace(OPERATOR, name="Телекоммуникационные Сети Урала и Сибири")
    anna = long.talk(language=language).linked(IVAN)
    await anna.sends(question)
    [post] = posts(anna)
    assert len(post.reply.text) <= 134
    assert code(anna) in post.reply.text
    assert "\n" not in post.reply.text


@pytest.mark.parametrize(
    "address", ["a" * 60 + "@" + "очень-длинное-имя" * 9 + ".рф", "@x", "@", "", "x", "+1 (555) 12"]
)
async def test_any_address_is_masked_to_a_label(address: str) -> None:
    for way in Way:
        anna = house(Reach(IVAN.id, way, address)).talk().linked(IVAN)
        await anna.sends("secret")
        assert len(labels(anna.reply)[0]) <= 32
        assert "aa" not in labels(anna.reply)[0]


async def test_nothing_on_record_is_said_with_the_phones() -> None:
    nowhere = house()
    nowhere.books.on_record = {}
    unsendable = house(PHONE)
    unsendable.operator = replace(OPERATOR, ways=frozenset({Way.EMAIL}))
    unsent = house()
    unsent.operator = replace(OPERATOR, ways=frozenset())
    silent = house()
    silent.books.can = frozenset(Capability) - {Capability.REACHES}
    for one in (nowhere, unsendable, unsent, silent):
        anna = one.talk().linked(IVAN)
        for ask in ("secret", "verify:1:secret", "verify:2"):
            await anna.sends(ask)
            assert "8 800 555-00-01" in anna.reply.text
            assert actions(anna.reply) == ["operator", "menu"]
            assert anna.turn.effects == ()


async def test_a_wrong_code_counts_and_five_end_it() -> None:
    anna = house().talk().linked(IVAN)
    await anna.sends("verify:1:secret")
    right = code(anna)
    for left in ("4 попытки", "3 попытки", "2 попытки", "1 попытка"):
        reply = await anna.says(wrong(anna))
        assert left in reply.text
        assert anna.turn.effects == (MissAnswer(5),)
    assert "пять раз" in (await anna.says(wrong(anna))).text
    assert "больше не действует" in (await anna.says(right)).text, "not even the right one"
    assert anna.turn.effects == ()
    await anna.presses("Отправить код ещё раз")
    assert labels(anna.reply)[0] == "Почта: i***@mail.ru", "the question begins anew"


async def test_expired_used_and_never_asked_for() -> None:
    anna = house().talk().linked(IVAN)
    await anna.sends("verify:1:secret")
    anna.house.clock.advance(minutes=10)
    assert "10 минут" in (await anna.says(code(anna))).text
    assert anna.turn.effects == ()
    await anna.sends("verify:1:secret")
    used = code(anna)
    assert "secret of" in (await anna.says(used)).text
    assert "один раз" in (await anna.says(used)).text
    assert anna.turn.effects == ()
    stranger = house().talk().linked(IVAN)
    assert "больше не действует" in (await stranger.says("482913")).text
    assert "Не понял" in (await house().talk().agreed().says("482913")).text, "without an account there are no codes"


async def test_another_chats_code_is_a_wrong_one() -> None:
    shared = house()
    anna, thief = shared.talk("vk", "1").linked(IVAN), shared.talk("vk", "2").linked(IVAN)
    thief.tokens.append("so that its next one is not anna's")
    await anna.sends("verify:1:secret")
    await thief.sends("secret")
    assert "больше не действует" in (await thief.says(code(anna))).text
    await thief.sends("verify:2:secret")
    assert code(thief) != code(anna)
    assert "не подошёл" in (await thief.says(code(anna))).text
    assert thief.memory.links[0].verified_until is None


async def test_a_new_code_ends_the_one_before() -> None:
    anna = house().talk().linked(IVAN)
    await anna.sends("verify:1:secret")
    first = code(anna)
    await anna.presses("Отправить код ещё раз")
    assert [post.to.chat for post in posts(anna)] == [MAIL.address] * 2
    assert first != code(anna)
    assert "не подошёл" in (await anna.says(first)).text
    assert "secret of" in (await anna.says(code(anna))).text


async def test_three_codes_in_a_quarter_and_ten_a_day() -> None:
    anna = house().talk().linked(IVAN)
    for _ in range(3):
        await anna.sends("verify:1:secret")
    await anna.sends("verify:1:secret")
    assert "через 15 минут" in anna.reply.text
    assert anna.turn.effects == ()
    await anna.sends("verify:2:secret")
    assert "через 15 минут" in anna.reply.text, "nor by another way: the chat's own limit"
    assert "secret of" in (await anna.says(code(anna))).text, "the last one that was sent still counts"
    for _ in range(7):
        anna.house.clock.advance(minutes=15)
        await anna.sends("verify:1:secret")
    assert len(posts(anna)) == 10
    anna.house.clock.advance(minutes=15)
    await anna.sends("verify:1:secret")
    assert "завтра" in anna.reply.text
    anna.house.clock.advance(hours=24)
    await anna.sends("verify:1:secret")
    assert len(posts(anna)) == 11


async def test_an_address_is_not_flooded_from_many_chats() -> None:
    shared = house()
    for n in range(3):
        await shared.talk("vk", str(n)).linked(IVAN).sends("verify:2:secret")
    anna = shared.talk("ok", "9").linked(IVAN)
    await anna.sends("verify:2:secret")
    assert "через 15 минут" in anna.reply.text
    assert posts(anna) == []
    await anna.sends("verify:1:secret")
    assert len(posts(anna)) == 1, "another address has codes of its own"


async def test_a_proof_is_for_its_own_account() -> None:
    anna = house().talk().linked(IVAN, OLGA)
    ivan, olga = anna.memory.links
    await anna.sends("verify:1:secret")
    await anna.sends(f"choose:{olga.id}")
    await anna.sends("verify:again")
    assert len(posts(anna)) == 1, "the other account is asked about now"
    await anna.sends(f"choose:{olga.id}")
    reply = await anna.says(code(anna))
    assert anna.turn.effects[-1] == Choose(ivan.id)
    assert "secret of acc-ivan" in reply.text
    assert reply.text.startswith("Счёт …7731"), "and said so"
    await anna.sends(f"choose:{olga.id}:secret")
    assert labels(anna.reply)[0] == "СМС: +7 ··· ··-99"
    await anna.sends(f"choose:{ivan.id}:verify:1:secret")
    assert "secret of acc-ivan" in anna.reply.text, "verified already: no code is sent"
    assert len(posts(anna)) == 1


async def test_an_account_that_was_let_go_is_not_verified() -> None:
    anna = house().talk().linked(IVAN, OLGA)
    await anna.sends("verify:1:secret")
    lost = anna.memory.challenge
    anna.remember(links=anna.memory.links[1:])
    anna.remember(challenge=lost)
    assert "недоступен" in (await anna.says(code(anna))).text
    assert anna.turn.effects == ()


@pytest.mark.parametrize(
    "forged",
    [
        "solve",
        "solve:1",
        "verify",
        "verify:",
        "verify:9:secret",
        "verify:-1",
        "verify:x:secret",
        "verify:1",
        "verify:again",
    ],
)
async def test_no_forged_button_proves_anything(forged: str) -> None:
    anna = house().talk().linked(IVAN)
    await anna.sends(forged)
    await anna.sends("newmail:yes")
    assert "changed" not in anna.reply.text
    assert not any(isinstance(one, Solve | Verify) for one in anna.effects)
    await anna.sends("secret")
    assert "secret of" not in anna.reply.text


async def test_then_may_be_long_odd_or_gone() -> None:
    anna = house().talk().linked(IVAN)
    await anna.sends("secret:" + "x" * 57)
    assert actions(anna.reply)[0] == "verify:1", "too long for a button: the dialogue remembers it"
    await anna.says("1")
    assert "x" * 57 in (await anna.says(code(anna))).text
    bob = house().talk().linked(IVAN)
    await bob.sends("verify:1:nonsense:🙂")
    assert "устарела" in (await bob.says(code(bob))).text
    carl = house().talk().linked(IVAN)
    await carl.sends("verify:1")
    assert "меню" in (await carl.says(code(carl))).text


async def test_a_purpose_of_its_own_brings_its_data_and_verifies_nothing_else() -> None:
    anna = house().talk().linked(IVAN)
    await anna.sends("newmail")
    [post] = posts(anna)
    assert post.to == Address("email", NEW)
    await anna.sends("newmail:yes")  # forged: sends once more, changes nothing
    assert "changed" not in anna.reply.text
    await anna.presses("Отправить код ещё раз")
    assert [one.to.chat for one in posts(anna)] == [NEW] * 3
    reply = await anna.says(code(anna))
    assert reply.text == f"changed to {NEW} for s1"
    assert not any(isinstance(one, Verify) for one in anna.turn.effects)
    await anna.sends("newmail:yes")
    assert "changed" not in anna.reply.text, "a proof is for one turn"
    await anna.sends("secret")
    assert "secret of" not in anna.reply.text, "who reads a new mailbox is not therefore the owner"


async def test_a_code_before_all_other_meanings_and_after_a_detour() -> None:
    anna = house().talk().linked(IVAN)
    await anna.sends("verify:1:secret")
    assert "Баланс" in (await anna.says("баланс")).text
    for figures in ("48291", "4829134", "48 29"):
        await anna.sends("verify:1:secret")
        assert "шесть цифр" in (await anna.says(figures)).text
        assert anna.turn.effects == (), "a slip of the finger costs no try"
        anna.house.clock.advance(minutes=15)
    await anna.sends("verify:1:secret")
    await anna.says("порог")
    assert "secret of" in (await anna.says(code(anna))).text


async def test_nothing_of_it_in_groups_and_where_nothing_personal_is_said() -> None:
    shared = house()
    group = shared.talk("vk", "2000000001", private=False).linked(IVAN)
    public = shared.talk("ok", "5", public=True).linked(IVAN)
    for talk in (group, public):
        for action in ("secret", "verify:1:secret", "verify:again", "solve"):
            await talk.sends(action)
            assert "mail.ru" not in everything(talk.turn)
            assert posts(talk) == []


async def test_the_billing_fails_after_the_code_and_the_code_still_counts() -> None:
    anna = house().talk().linked(IVAN)
    await anna.sends("verify:1:secret")
    turn = routes.unavailable(anna.ask(replace(INCOMING, sender=anna.address, text=code(anna))), "ABC")
    anna.apply(turn)
    reply = await anna.sends("again:solve")
    assert reply.text == "secret of acc-ivan () ''"


def test_digits_as_people_type_them() -> None:
    for typed in (
        "482913",
        "482 913",
        "48-29-13",
        "4 8 2 9 1 3",
        "код 482913",
        "Код: 482 913.",
        "code 482913",
        " 482–913 ",
    ):
        assert clean_digits(typed) == "482913", typed
    for typed in (
        "48291",
        "4829131",
        "482913 руб",
        "٤٨٢٩١٣",
        "+482913",
        "482,913",
        "",
        "а482913",
        "код",
        "482913 482913",
    ):
        assert clean_digits(typed) is None, typed
    assert {len(digits_of(str(n))) for n in range(3000)} == {6}
    assert len({digits_of(str(n)) for n in range(300)}) > 290


async def test_only_the_posed_challenge_is_a_proof() -> None:
    anna = house().talk().linked(IVAN)
    await anna.sends("newmail")
    ask = anna.ask(INCOMING)
    posed = ask.memory.challenge
    assert posed is not None
    assert routes.after(ask, (Solve("another"),)).solved == ""
    after = routes.after(ask, (Solve(posed.code_hash),))
    assert (after.solved, after.proof["address"], after.memory.challenge) == ("email", NEW, None)
    assert routes.after(replace(ask, memory=replace(ask.memory, challenge=None)), (Solve("x"),)).solved == ""
