"""What a sentence asks of the alerts, and what it does not ask although it sounds so."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.due import TOPICS
from handlers.phrases import known
from handlers.wished import days_in, hour_in, weekday_in, wished

ROOT = Path(__file__).parents[2]
WISHES = {
    "topic:paid:off": ["не присылай про платежи", "Отключи уведомления о платежах!", "не пиши о поступлении платежа",
                       "não me avise sobre pagamentos", "desative avisos de pagamentos",
                       "не сообщай о пополнении счёта"],
    "topic:paid:on": ["сообщай о платежах", "включи уведомления о платежах", "notify me about payments"],
    "topic:paid": ["уведомления о платежах", "как отключить уведомления о платежах", "payment notifications"],
    "topic:outage:off": ["не сообщай об авариях", "хватит присылать про аварии", "don't tell me about outages",
                         "turn off outage alerts", "не присылай про технические работы"],
    "topic:soon:3": ["предупреждай за 3 дня", "предупреждай за три дня", "напоминай за 3 дня до оплаты",
                     "remind me 3 days ahead", "avisa 3 dias antes"],
    "topic:soon:5.2": ["предупреждай за 5 и 2 дня", "напоминай за 2 и за 5 дней", "warn me 5 and 2 days before"],
    "topic:soon:7": ["предупреждай за неделю", "warn me a week before", "avise uma semana antes"],
    "topic:soon:1": ["напоминай за день", "can you remind me the day before"],
    "topic:soon:on": ["напоминайте об оплате заранее", "включите напоминание об оплате"],
    "topic:soon:off": ["больше не напоминайте об оплате"],
    "topic:due:3": ["remind me three days before the due date", "me avise 3 dias antes do vencimento"],
    "topic:due:14": ["напоминай за две недели до срока"],
    "topic:due:off": ["не напоминай об оплате счета", "não quero aviso de vencimento"],
    "topic:fee:1": ["предупреждай за день до списания", "за сутки до списания предупредить можно"],
    "topic:fee:on": ["предупреди перед списанием"],
    "topic:overdue:2": ["предупреждай через 2 дня после просрочки"],
    "topic:overdue:on": ["сообщай о долге"],
    "topic:promise:on": ["предупреждай о конце обещанного платежа"],
    "topic:lasts:on": ["уведоми когда деньги закончатся", "notify me when money runs out"],
    "topic:low:on": ["сообщать о низком балансе", "alert me when my balance is low"],
    "topic:charge:off": ["не пиши про списания"],
    "topic:service": ["уведомления об отключении за долги"],
    "topic:digest:1": ["напоминай по понедельникам", "присылай баланс каждый понедельник",
                       "mande o saldo toda segunda-feira", "send me the balance every monday"],
    "topic:digest:3:540": ["присылай баланс по средам в 9 утра"],
    "topic:digest:on": ["присылай баланс каждую неделю", "присылай сводку раз в неделю", "remind me weekly"],
    "topic:digest:off": ["не присылай сводку", "don't send me the balance every week"],
    "topic:digest": ["напоминай по понедельникам и средам", "weekly balance notification"],
    "topics": ["не присылай про платежи и счета", "сообщай об авариях и платежах"],
    "hour:540": ["присылай уведомления в 9 утра", "напоминай в девять", "notify me at 9 am", "me avise às 9h"],
    "hour:1110": ["напоминай в 18:30", "alert me at 6:30 pm"],
    "here:on": ["присылай сюда", "присылайте уведомления сюда", "send alerts here", "envie aqui"],
    "remind": ["напомни завтра", "напомни мне завтра про оплату", "remind me tomorrow", "me lembre amanhã"],
}  # fmt: skip
# About alerts and not clear, about something else, or not ours to do.
OTHERS = [
    "предупреждай на 200", "warn me at 200", "warn me at 10", "me avise abaixo de 50", "предупреждай за 300 рублей",
    "напомни сколько я должен", "напомни мне баланс и долг", "напомни баланс",
    "remind me of my balance", "отключи подписку", "оплатил а деньги не пришли",
    "пришли баланс", "пришлите квитанцию", "send me the bill", "when do you send the bills", "manda a fatura",
    "tell me my balance", "кончай писать", "остаток сообщений", "уже оплатил, хватит напоминать", "не пиши мне",
    "не приходят уведомления о балансе", "avisos da segunda conta", "avisos só de dia", "не присылай уведомления",
    "раз в неделю хватит напоминать, не каждый день", "предупреждай за 31 день", "предупреждай за 0 дней",
    "присылай счёт по понедельникам", "предупреждай за 1 2 3 4 5 6 дней", "завтра", "сюда", "платежи", "за 3 дня", "",
]  # fmt: skip


@pytest.mark.parametrize(("action", "text"), [(action, text) for action, texts in WISHES.items() for text in texts])
def test_a_wish(action: str, text: str) -> None:
    found = wished(text)
    assert found is not None
    assert found.action == action


@pytest.mark.parametrize("text", OTHERS)
def test_what_is_no_wish(text: str) -> None:
    assert wished(text) is None


@pytest.mark.parametrize(
    ("text", "language"), [("не присылай про платежи", "ru"), ("send alerts here", "en"), ("envie aqui", "pt")]
)
def test_the_language_is_that_of_the_telling_word(text: str, language: str) -> None:
    found = wished(text)
    assert found is not None
    assert found.language == language


def test_nobody_who_asks_something_else_is_taken_for_a_wish() -> None:
    """Training phrases of every other question, each third, but for those that are known to the letter."""
    taken = [
        (file.name, line, found.action)
        for file in sorted((ROOT / "locales" / "utterances").glob("*/*.txt"))
        if file.stem != "alerts"
        for line in file.read_text(encoding="utf-8").splitlines()[::3]
        if (found := wished(line)) is not None and known(line) is None
    ]
    assert taken == []


WORDS = """не присылай предупреждай напоминай уведомления платежи за до в 3 5 и дня неделю понедельникам 9 утра сюда
завтра раз каждую warn me days before at pm the due saldo toda semana 99 0 час"""


@given(st.lists(st.sampled_from(WORDS.split()), max_size=18).map(" ".join))
def test_any_mixture_of_these_words_is_a_setting_or_nothing(text: str) -> None:
    found = wished(text)
    if found is None:
        return
    name, *rest = found.action.split(":")
    assert name in {"topic", "topics", "hour", "here", "remind"}
    assert name != "topic" or rest[0] in {*TOPICS, "soon"}
    assert len(found.action) <= 40


@given(st.text(max_size=120))
def test_any_text_is_read(text: str) -> None:
    wished(text)
    days_in(text)
    weekday_in(text)
    hour = hour_in(text)
    assert hour is None or 0 <= hour < 24 * 60
