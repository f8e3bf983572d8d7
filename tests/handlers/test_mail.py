"""Bill by e-mail: what is shown masked, what is proved before it changes, and where a bill goes."""

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from adapters.base import Address, Incoming, Reply
from billing.base import Capability, Delivery, Kind, Reach, Service, Status, Way
from handlers import routes
from handlers.ask import Ask
from handlers.codes import digits_of
from handlers.subject import mark
from pictures.base import Drawing
from storage.base import Pose, Post, Solve, Verify
from tests.clock import NOON
from tests.handlers.talk_asks import IVAN, OLGA, OPERATOR, Books, House, Talk, actions, everything, labels

OLD, NEW = "ivan.petrov@mail.ru", "new.box@example.com"
NET, TEL, TV = (
    Service(IVAN.id, name, kind, title, Status.ACTIVE)
    for name, kind, title in (
        ("net", Kind.INTERNET, "Домашний интернет"),
        ("tel", Kind.PHONE, "Домашний телефон"),
        ("tv", Kind.TV, "Телевидение"),
    )
)


class Post_(Books):
    """A billing that delivers documents."""

    def __init__(self, *of: tuple[Service, str | None]) -> None:
        super().__init__()
        self.of = {service.id: (service, email) for service, email in of}
        self.on_record = {IVAN.id: (Reach(IVAN.id, Way.SMS, "+79120004412"),)}

    async def services(self, account: str) -> tuple[Service, ...]:
        return tuple(service for service, _ in self.of.values() if account == IVAN.id)

    async def deliveries(self, account: str) -> tuple[Delivery, ...]:  # type: ignore[override]
        return tuple(Delivery(account, s.id, email) for s, email in self.of.values() if account == IVAN.id)

    async def deliver(self, account: str, service: str, email: str | None) -> None:
        assert account == IVAN.id
        self.of[service] = (self.of[service][0], email)

    @property
    def now(self) -> dict[str, str | None]:
        return {name: email for name, (_, email) in self.of.items()}


@dataclass
class Drawn(Talk):
    """A chat where files can be drawn."""

    able: bool = True

    def ask(self, incoming: Incoming) -> Ask:
        async def draw(_: Drawing) -> bytes | None:
            return b"%PDF" if self.able else None

        return replace(super().ask(incoming), draw=draw)


def anna(*of: tuple[Service, str | None], ways: frozenset[Way] = frozenset(Way), accounts: int = 1) -> Drawn:
    house = House(replace(OPERATOR, ways=ways))
    house.books = Post_(*(of or ((NET, OLD), (TEL, None))))
    talk = Drawn(house, Address("vk", "1"))
    house.talks[talk.address] = talk
    talk.linked(*(IVAN, OLGA)[:accounts])
    return talk


def books(talk: Talk) -> Post_:
    assert isinstance(talk.house.books, Post_)
    return talk.house.books


def posts(talk: Talk) -> list[Post]:
    return [one for one in talk.effects if isinstance(one, Post)]


async def proves(talk: Talk) -> Reply:
    """The step-up: a code to what is on record."""
    await talk.presses("СМС: +7 ··· ··-12")
    return await talk.says(digits_of(talk.tokens[-1]))


# ── Where they go now ─────────────────────────────────────────────────────────────────────────────────────────────────


async def test_each_service_says_where_its_documents_go_and_no_address_stands_whole() -> None:
    talk = anna()
    reply = await talk.says("доставка документов")
    assert "Домашний интернет: на почту i***@mail.ru" in reply.text
    assert "Домашний телефон: не по электронной почте" in reply.text
    assert labels(reply) == ["Прислать счёт на почту", "Сменить адрес почты", "Не присылать на почту"]
    assert "ivan" not in everything(talk.turn)


async def test_without_an_address_there_is_nothing_to_send_or_stop() -> None:
    reply = await anna((NET, None)).says("почта")
    assert labels(reply) == ["Указать адрес почты"]


async def test_where_no_mail_can_be_sent_it_is_only_shown() -> None:
    talk = anna(ways=frozenset({Way.SMS}))
    reply = await talk.says("почта")
    assert "i***@mail.ru" in reply.text
    assert labels(reply) == ["Оператор", "Меню"]
    for forged in ("mail:send", "mail:change", "mail:change:all", "mail:off:all:1", "mail:code", "mail:done"):
        reply = await talk.sends(forged)
        assert "i***@mail.ru" in reply.text
    assert talk.effects == [one for one in talk.effects if not isinstance(one, Post | Pose)]
    assert books(talk).now == {"net": OLD, "tel": None}


async def test_what_the_billing_cannot_tell_is_not_drawn_as_none() -> None:
    talk = anna()
    books(talk).can = frozenset(Capability) - {Capability.DELIVERY}  # type: ignore[misc]
    reply = await talk.says("почта")
    assert "не передаёт" in reply.text


async def test_an_account_without_documents_says_so() -> None:
    talk = anna()
    books(talk).of = {}
    assert "нет документов" in (await talk.says("почта")).text
    assert "нет документов" in (await talk.sends("mail:change")).text


async def test_services_that_the_billing_does_not_name_have_numbers() -> None:
    talk = anna()
    books(talk).can = frozenset(Capability) - {Capability.SERVICES}  # type: ignore[misc]
    reply = await talk.says("почта")
    assert "Услуга 1: на почту i***@mail.ru" in reply.text


# ── A new address ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_whole_way_to_a_new_address() -> None:
    talk = anna()
    reply = await talk.says("сменить почту")
    assert labels(reply) == ["Домашний интернет", "Домашний телефон", "Для всех услуг", "Отмена"]
    reply = await talk.presses("Домашний телефон")
    assert "Сначала убедимся" in reply.text
    reply = await proves(talk)
    assert "Напишите новый адрес" in reply.text
    reply = await talk.says(f"  {NEW.upper()} ")
    assert "NEW.BOX@example.com" in reply.text, "what was typed is written out, the domain as it is"
    assert books(talk).now == {"net": OLD, "tel": None}
    before = len(posts(talk))
    reply = await talk.presses("Всё верно, отправить код")
    (post,) = posts(talk)[before:]
    assert post.to == Address("email", "NEW.BOX@example.com")
    assert "для отправки счетов на этот адрес" in post.reply.text
    assert books(talk).now == {"net": OLD, "tel": None}, "not before the code"
    reply = await talk.says(digits_of(talk.tokens[-1]))
    assert "Домашний телефон, документы будут приходить на N***@example.com" in reply.text
    assert books(talk).now == {"net": OLD, "tel": "NEW.BOX@example.com"}
    assert "BOX" not in reply.text


async def test_all_services_at_once_and_within_the_quarter_of_an_hour_no_second_proof() -> None:
    talk = anna()
    await talk.says("сменить почту")
    await talk.presses("Для всех услуг")
    await proves(talk)
    await talk.says(NEW)
    await talk.presses("Всё верно, отправить код")
    before = len(posts(talk))
    await talk.says(digits_of(talk.tokens[-1]))
    assert books(talk).now == {"net": NEW, "tel": NEW}
    (farewell,) = posts(talk)[before:]
    assert farewell.to.chat == OLD
    assert "7731" in farewell.reply.text
    assert NEW not in farewell.reply.text
    reply = await talk.says("сменить почту для телефона")
    assert "Напишите новый адрес" in reply.text, "named in words, proved a moment ago"
    reply = await talk.says(NEW)
    assert "Уже так и есть" in reply.text
    assert "N***" not in reply.text
    assert "n***@example.com" in reply.text


async def test_the_old_mailbox_is_told_also_when_the_change_is_done_a_second_time() -> None:
    talk = anna()
    await talk.says("сменить почту")
    await talk.presses("Для всех услуг")
    await proves(talk)
    await talk.says(NEW)
    await talk.presses("Всё верно, отправить код")
    before, typed = len(posts(talk)), digits_of(talk.tokens[-1])
    event = Incoming("e", talk.address, talk.house.clock.now(), text=typed)
    await routes.answer(talk.ask(event))  # the billing has done it, and we died before it was written
    assert books(talk).now == {"net": NEW, "tel": NEW}
    await talk.says(typed)
    assert [one.to.chat for one in posts(talk)[before:]] == [OLD]


async def test_one_service_is_not_asked_about() -> None:
    talk = anna((NET, None))
    await talk.says("указать почту")
    assert "Сначала убедимся" in talk.reply.text
    await proves(talk)
    await talk.says(f"вот: {NEW}")
    await talk.presses("Всё верно, отправить код")
    await talk.says(digits_of(talk.tokens[-1]))
    assert books(talk).now == {"net": NEW}


@pytest.mark.parametrize(
    "typed",
    [
        "anna",
        "anna@",
        "@mail.ru",
        "анна@mail.ru",
        "a@b",
        "anna@mail.ru boris@mail.ru",
        "anna@mail.ru,boris@mail.ru",
        "нет никакой",
        "x" * 300 + "@mail.ru",
        "anna@mail.ru\nBcc: boris@mail.ru",
    ],
)
async def test_what_is_no_address_is_asked_for_again(typed: str) -> None:
    talk = anna((NET, None))
    await talk.sends("mail:change:all")
    await proves(talk)
    reply = await talk.says(typed)
    assert "Это не похоже на адрес" in reply.text
    reply = await talk.says(NEW)
    assert NEW in reply.text


async def test_another_question_meanwhile_is_answered() -> None:
    talk = anna((NET, None))
    await talk.sends("mail:change:all")
    await proves(talk)
    assert "Баланс" in (await talk.says("баланс")).text
    reply = await talk.says(NEW)
    assert NEW not in reply.text, "nothing waits for an address any more"


async def test_no_button_carries_or_forges_an_address() -> None:
    talk = anna((NET, OLD))
    await talk.sends("mail:change:all")
    await proves(talk)
    await talk.says(NEW)
    assert not any("@" in action for action in actions(talk.reply))
    await talk.says("меню")
    for forged in ("mail:code", "mail:done", "mail:done:all", f"mail:code:all:{NEW}", "mail:x", "mail:change:zz:zz"):
        await talk.sends(forged)
    assert books(talk).now == {"net": OLD}
    assert len(posts(talk)) == 1, "the code of the step-up, and nothing else"


async def test_the_step_up_code_changes_no_address() -> None:
    """A proof of being the owner is no proof that an address is his."""
    talk = anna((NET, OLD))
    await talk.sends("verify:1:mail:done")
    await talk.says(digits_of(talk.tokens[-1]))
    assert any(isinstance(one, Verify) for one in talk.effects)
    assert books(talk).now == {"net": OLD}


async def test_a_proof_that_has_ended_is_asked_for_again_before_the_code_goes_out() -> None:
    talk = anna((NET, OLD))
    await talk.sends("mail:change:all")
    await proves(talk)
    await talk.says(NEW)
    talk.house.clock.advance(timedelta(minutes=16).total_seconds())
    reply = await talk.sends("mail:code")
    assert "Сначала убедимся" in reply.text
    assert len(posts(talk)) == 1


async def test_a_code_wrong_five_times_changes_nothing() -> None:
    talk = anna((NET, OLD))
    await talk.sends("mail:change:all")
    await proves(talk)
    await talk.says(NEW)
    await talk.presses("Всё верно, отправить код")
    right = digits_of(talk.tokens[-1])
    wrong = f"{(int(right) + 1) % 1_000_000:06}"
    for _ in range(5):
        reply = await talk.says(wrong)
    assert "пять раз" in reply.text
    await talk.says(right)
    assert books(talk).now == {"net": OLD}
    assert sum(isinstance(one, Solve) for one in talk.effects) == 1


async def test_a_service_that_is_gone_meanwhile_is_said_to_be() -> None:
    talk = anna((NET, OLD), (TEL, None))
    await talk.sends("mail:change")
    await talk.presses("Домашний телефон")
    await proves(talk)
    await talk.says(NEW)
    await talk.presses("Всё верно, отправить код")
    books(talk).of = {"net": (NET, OLD), "tv": (TV, None)}
    reply = await talk.says(digits_of(talk.tokens[-1]))
    assert labels(reply)[0] == "Счёт на почту"
    assert books(talk).now == {"net": OLD, "tv": None}


async def test_an_account_closed_meanwhile_is_said_to_be() -> None:
    talk = anna((NET, OLD))
    await talk.sends("mail:change:all")
    await proves(talk)
    await talk.says(NEW)
    await talk.presses("Всё верно, отправить код")
    books(talk).closed.add(IVAN.id)
    reply = await talk.says(digits_of(talk.tokens[-1]))
    assert "закрыт" in reply.text
    assert books(talk).now == {"net": OLD}


async def test_the_proof_of_one_account_changes_no_other() -> None:
    talk = anna((NET, OLD), accounts=2)
    ivan, olga = (one.id for one in talk.memory.links)
    await talk.sends(f"choose:{ivan}")
    await talk.sends("mail:change:all")
    await proves(talk)
    await talk.says(NEW)
    await talk.presses("Всё верно, отправить код")
    code = digits_of(talk.tokens[-1])
    await talk.sends(f"choose:{olga}")
    reply = await talk.says(code)
    assert "7731" in reply.text, "what follows is about the account that the code was for"
    assert books(talk).now == {"net": NEW}


async def test_many_services_stand_on_pages() -> None:
    many = [(replace(NET, id=f"s{n}", title=f"Услуга номер {n}"), None) for n in range(1, 15)]
    talk = anna(*many)
    reply = await talk.sends("mail:change")
    assert len(labels(reply)) <= 10
    assert len(reply.keyboard) <= 6
    await talk.sends(next(action for action in actions(reply) if action == "mail:change:2"))
    await talk.presses("Услуга номер 7")
    reply = await proves(talk)
    assert "Документы: Услуга номер 7." in reply.text


# ── Not any more ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_off_is_asked_twice_and_said_back() -> None:
    talk = anna((NET, OLD), (TEL, OLD), (TV, None))
    reply = await talk.says("не присылайте счета на почту")
    assert labels(reply) == ["Домашний интернет", "Домашний телефон", "Для всех услуг", "Отмена"]
    reply = await talk.presses("Домашний интернет")
    assert "Больше не присылать" in reply.text
    await talk.says("нет")
    assert books(talk).now == {"net": OLD, "tel": OLD, "tv": None}
    await talk.sends("mail:off:all")
    reply = await talk.presses("Да, не присылать")
    assert "Готово" in reply.text
    assert books(talk).now == {"net": None, "tel": None, "tv": None}
    assert [one.to.chat for one in posts(talk)] == [OLD]
    reply = await talk.sends(f"mail:off:all:{talk.memory.links[0].id}")
    assert "не по электронной почте" in reply.text, "a second tap finds nothing to do"


async def test_a_yes_about_one_account_stops_nothing_of_another() -> None:
    talk = anna(accounts=2)
    ivan, olga = talk.memory.links
    await talk.sends(f"choose:{olga.id}")
    for forged in ("yes", "", str(olga.id), "9" * 9):
        await talk.sends(f"choose:{ivan.id}:mail:off:all:{forged}")
        assert labels(talk.reply)[:2] == ["Да, не присылать", "Отмена"]
    assert books(talk).now == {"net": OLD, "tel": None}
    await talk.presses("Да, не присылать")
    assert books(talk).now == {"net": None, "tel": None}


async def test_a_button_of_another_service_stops_nothing() -> None:
    talk = anna((NET, OLD), (TEL, None))
    for strange in (mark(TEL), mark(TV), "00000000"):
        reply = await talk.sends(f"mail:off:{strange}:{talk.memory.links[0].id}")
        assert labels(reply)[0] == "Счёт на почту"
        reply = await talk.sends(f"mail:change:{strange}") if strange != mark(TEL) else reply
        assert labels(reply)[0] == "Счёт на почту"
    assert books(talk).now == {"net": OLD, "tel": None}


# ── The bill once more ────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_bill_goes_to_what_is_on_record_and_says_where_in_part() -> None:
    talk = anna((NET, OLD), (TEL, OLD))
    reply = await talk.says("пришлите счёт на почту")
    (post,) = posts(talk)
    assert post.to == Address("email", OLD)
    assert post.expires_at > NOON
    assert post.reply.document is not None
    assert post.reply.document.data == b"%PDF"
    subject, *rest = post.reply.text.splitlines()
    assert subject.startswith("«Телесеть»: счёт за ")
    assert "…7731" in subject
    assert IVAN.number not in post.reply.text
    assert any(line.strip() for line in rest)
    assert "i***@mail.ru" in reply.text
    assert "минут" in reply.text
    assert OLD not in reply.text


async def test_several_addresses_get_a_letter_each_and_the_same_one_only_one() -> None:
    talk = anna((NET, OLD), (TEL, "Ivan.Petrov@MAIL.RU"), (TV, "ivan.petrov@MAIL.ru"))
    await talk.says("квитанцию на почту")
    assert sorted(one.to.chat for one in posts(talk)) == ["Ivan.Petrov@mail.ru", OLD]


async def test_a_period_that_is_named_is_the_bill_s_and_the_next_one_too() -> None:
    talk = anna((NET, OLD))
    reply = await talk.says("пришлите счёт на почту за октябрь")
    assert "октября" in reply.text
    reply = await talk.says("а за сентябрь?")
    assert "сентября" in reply.text
    assert len(posts(talk)) == 2
    assert "Баланс" in (await talk.says("баланс")).text
    reply = await talk.sends("mail:send:2026-99-99:x")
    assert "кнопка" in reply.text.lower()


async def test_three_a_day_and_then_the_file_in_the_chat() -> None:
    talk = anna((NET, OLD))
    for _ in range(3):
        await talk.sends("mail:send")
    reply = await talk.sends("mail:send")
    assert len(posts(talk)) == 3
    assert "три раза" in reply.text
    assert labels(reply) == ["Прислать файл сюда, в чат"]
    talk.house.clock.advance(timedelta(days=1, seconds=1).total_seconds())
    await talk.sends("mail:send")
    assert len(posts(talk)) == 4


async def test_nothing_on_record_tells_how_to_set_it() -> None:
    for none in (None, "нет адреса"):
        talk = anna((NET, none))
        reply = await talk.says("квитанцию на почту")
        assert posts(talk) == []
        assert labels(reply) == ["Указать адрес почты", "Прислать файл сюда, в чат"]


async def test_a_file_that_cannot_be_drawn_is_no_letter_and_not_counted() -> None:
    talk = anna((NET, OLD))
    talk.able = False
    for _ in range(5):
        reply = await talk.sends("mail:send")
        assert "составить не получилось" in reply.text
    talk.able = True
    await talk.sends("mail:send")
    assert len(posts(talk)) == 1


async def test_before_others_and_where_nothing_personal_is_said_there_is_none_of_it() -> None:
    talk = anna()
    talk.public = True
    await talk.sends("mail:send")
    talk.public, talk.private = False, False
    await talk.sends("mail:send")
    assert posts(talk) == []
    assert "mail.ru" not in everything(talk.turn)


@pytest.mark.parametrize("language", ["en", "pt"])
async def test_it_is_said_in_the_reader_s_language(language: str) -> None:
    talk = anna((NET, OLD))
    talk.language = language
    reply = await talk.sends("mail:send")
    assert "i***@mail.ru" in reply.text
    assert not any("а" <= c <= "я" for c in reply.text.replace("«Телесеть»", ""))
