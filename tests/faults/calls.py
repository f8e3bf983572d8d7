"""Every call that an adapter makes of its network, and what each fault on the way must mean for it.

A call's **meaning** decides what a fault is worth:

    SHOWS    something may stand on a screen afterwards: what is not certain is Unknown
    ASKS     nothing stands anywhere, and the error is the same: whoever asked asks again
    PREPARES a file for a message that comes later: nothing was shown yet, so nothing is Unknown
    QUIET    nobody depends on it: the letter goes on, and `busy` raises nothing
    POLLS    nobody is told: the poll goes on by itself and nothing is lost
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto
from importlib import import_module
from typing import Any, Final

from adapters.base import (
    Address,
    Button,
    Checkout,
    Command,
    Document,
    Hooked,
    Incoming,
    Invoice,
    Named,
    NetworkError,
    NotSent,
    Picture,
    Reply,
    Site,
    Throttled,
    Unavailable,
    Unknown,
)
from sandbox.registry import sandbox
from sandbox.screens import landscape
from tests.contract.networks import Door, Inbox
from tests.faults.proxy import Fault, Proxy, proxied

PATIENCE: Final = 1.0  # seconds until an adapter gives a call up
PERSON: Final = "7"
PICTURE: Final = landscape()
KEYS: Final = ((Button("Баланс", "balance"),),)

Error = type[NetworkError] | None


class Meaning(Enum):
    SHOWS = auto()
    ASKS = auto()
    PREPARES = auto()
    QUIET = auto()
    POLLS = auto()


@dataclass
class Scene:
    """One adapter, its sandbox, and the proxy between them."""

    name: str
    box: Any
    proxy: Proxy
    network: Any
    patient: Any  # the same adapter, for what comes before
    door: Door
    url: str  # of our hook
    inbox: Inbox
    shown: str = ""  # id of a message of ours
    press: str | None = None
    said: str = ""  # id of the customer's message

    @property
    def to(self) -> Address:
        return Address(self.name, self.box.chat_id(PERSON))

    async def send(self, text: str = "Здравствуйте", **more: Any) -> None:
        await self.network.send(self.to, Reply(text, **more), 41)

    def event(self, **more: Any) -> Incoming:
        return Incoming("e", self.to, datetime.now(UTC), **more)

    # ── What comes before the call that is tried ──

    async def known(self) -> None:
        """The person has written, and there is a message with a button."""
        self.said = await self.box.say(PERSON, "привет")
        self.shown = await self.patient.send(self.to, Reply("Меню", keyboard=KEYS), 40)

    async def pictured(self) -> None:
        await self.known()
        self.shown = await self.patient.send(self.to, Reply("Счёт", picture=Picture(PICTURE)), 39)

    async def pressed(self) -> None:
        """A button was pressed and its event has come in."""
        async with self.door as url:
            await self.patient.prepare(Site(hook=url))
            await self.known()
            await self.box.press(PERSON, self.shown, "Баланс")
            while not any(event.press for event in self.inbox.events):
                await self.inbox.until(len(self.inbox.events) + 1)
        self.press = next(event.press for event in self.inbox.events if event.press)

    async def failed(self) -> None:
        """Our hook was registered while nobody answered there."""
        await self.patient.prepare(Site(hook=self.url))

    async def subscribed(self) -> None:
        """A hook of ours from before its path was changed."""
        await self.patient._subscribe(self.url.rpartition("/")[0] + "/as-it-was-before-the-token-changed")

    async def heard(self) -> None:
        """The network has posted an event of a chat that the adapter which is tried knows nothing of."""
        async with self.door as url:
            await self.patient.prepare(Site(hook=url))
            await self.box.say(PERSON, "привет")
            await self.inbox.until(1)

    async def polled(self) -> None:
        await self.patient.prepare(Site())


@dataclass(frozen=True)
class Call:
    network: str
    name: str
    target: str  # a pattern of the request's target
    meaning: Meaning
    act: Callable[[Scene], Awaitable[Any]]
    before: Callable[[Scene], Awaitable[None]] = Scene.known
    limit: float = PATIENCE  # seconds within which it must be over, and one more
    get: bool = False  # aiohttp asks again by itself when a kept connection dies under a GET

    def __str__(self) -> str:
        return f"{self.network}-{self.name}"


# ── What is done ──────────────────────────────────────────────────────────────────────────────────────────────────


async def nothing(_: Scene) -> None:
    return


async def identity(scene: Scene) -> None:
    await scene.network.identity()


async def person(scene: Scene) -> None:
    assert isinstance(scene.network, Named)
    await scene.network.person(scene.to)


async def hooks(scene: Scene) -> None:
    """Let the network post to us, with a command list."""
    async with scene.door as url:
        await scene.network.prepare(Site(hook=url, commands={"ru": (Command("balance", "Баланс"),)}))


async def hooks_again(scene: Scene) -> None:
    await scene.network.prepare(Site(hook=scene.url))


async def no_hook(scene: Scene) -> None:
    await scene.network.prepare(Site())


async def polls(scene: Scene) -> None:
    """What was said before the poll has its trouble comes in all the same."""
    await scene.box.say(PERSON, "слышно?")
    running = asyncio.create_task(scene.network.run(scene.inbox, "0" if scene.name == "vk" else None))
    try:
        await scene.proxy.met.wait()
        await scene.proxy.heal()
        [heard, *_] = await scene.inbox.until(1, within=30)
        assert heard.text == "слышно?"
        assert not running.done()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def says(scene: Scene) -> None:
    await scene.send()


async def redraws(scene: Scene) -> None:
    await scene.send("Баланс 10 ₽", keyboard=KEYS, replaces=scene.shown)


async def redraws_picture(scene: Scene) -> None:
    await scene.send("Иначе", picture=Picture(PICTURE), replaces=scene.shown)


async def shows_picture(scene: Scene) -> None:
    await scene.send("Счёт", picture=Picture(PICTURE))


async def shows_document(scene: Scene) -> None:
    await scene.send("Счёт", document=Document(b"%PDF-1.4 " + b"x" * 2000, "Счёт.pdf", "application/pdf"))


async def answers(scene: Scene) -> None:
    await scene.send("Баланс 10 ₽", answers=scene.press)


async def erases(scene: Scene) -> None:
    await scene.send("Удалено", erases=scene.said)


async def types(scene: Scene) -> None:
    await scene.network.busy(scene.event(text="привет"))


async def invoices(scene: Scene) -> None:
    await scene.send("К оплате", invoice=Invoice("Связь", "Лицевой счёт 1", "Итого", "token", 500_00, "RUB"))


async def bought(scene: Scene) -> None:
    """An invoice is shown and the person begins to pay it: the network asks whether it may take the money."""
    async with scene.door as url:
        await scene.patient.prepare(Site(hook=url))
        await scene.known()
        await invoices(scene)
        bill = scene.box.chat(PERSON)[-1]
        await scene.box.press(PERSON, bill.id, bill.keys[0][0].label)
        while not any(event.checkout for event in scene.inbox.events):
            await scene.inbox.until(len(scene.inbox.events) + 1)
    asked: Checkout = next(event.checkout for event in scene.inbox.events if event.checkout)
    scene.press = asked.id


async def approves(scene: Scene) -> None:
    await scene.send("", answers=scene.press, approves=True)


async def batches(scene: Scene) -> None:
    letters = [(scene.to, Reply(f"Письмо {n}"), 50 + n) for n in range(3)]
    found = await scene.network.send_many(letters)
    for one in found:
        if isinstance(one, NetworkError):
            raise one


async def hears(scene: Scene) -> None:
    answer = await scene.network.hook(scene.door.posts[-1], scene.inbox)
    assert answer.status == 200
    assert scene.inbox.events[-1].text == "привет", "stored all the same; in doubt as of a group"


SHOWS, ASKS, PREPARES, QUIET, POLLS = Meaning.SHOWS, Meaning.ASKS, Meaning.PREPARES, Meaning.QUIET, Meaning.POLLS

CALLS: Final = (
    # VKontakte: callback server, long poll, messages, files.
    Call("vk", "groups.getById", r"groups\.getById", ASKS, identity),
    Call("vk", "users.get", r"users\.get", ASKS, person),
    Call("vk", "getCallbackConfirmationCode", r"getCallbackConfirmationCode", ASKS, hooks, nothing),
    Call("vk", "getCallbackServers", r"getCallbackServers", ASKS, hooks, nothing),
    Call("vk", "addCallbackServer", r"addCallbackServer", ASKS, hooks, nothing),
    Call("vk", "setCallbackSettings", r"setCallbackSettings", ASKS, hooks, nothing),
    Call("vk", "deleteCallbackServer", r"deleteCallbackServer", ASKS, hooks_again, Scene.failed),
    Call("vk", "setLongPollSettings", r"setLongPollSettings", ASKS, no_hook, nothing),
    Call("vk", "getLongPollServer", r"getLongPollServer", POLLS, polls, Scene.polled),
    Call("vk", "a_check", r"^/poll", POLLS, polls, Scene.polled),
    Call("vk", "messages.send", r"messages\.send\b", SHOWS, says),
    Call("vk", "messages.edit", r"messages\.edit", SHOWS, redraws),
    Call("vk", "sendMessageEventAnswer", r"sendMessageEventAnswer", QUIET, answers, Scene.pressed, limit=5.0),
    Call("vk", "messages.delete", r"messages\.delete", QUIET, erases, limit=5.0),
    Call("vk", "setActivity", r"setActivity", QUIET, types, limit=5.0),
    Call("vk", "photos.getMessagesUploadServer", r"photos\.getMessagesUploadServer", PREPARES, shows_picture),
    Call("vk", "upload of a picture", r"^/upload/", PREPARES, shows_picture),
    Call("vk", "photos.saveMessagesPhoto", r"photos\.saveMessagesPhoto", PREPARES, shows_picture),
    Call("vk", "messages.send with a picture", r"messages\.send\b", SHOWS, shows_picture),
    Call("vk", "docs.getMessagesUploadServer", r"docs\.getMessagesUploadServer", PREPARES, shows_document),
    Call("vk", "upload of a document", r"^/upload/", PREPARES, shows_document),
    Call("vk", "docs.save", r"docs\.save", PREPARES, shows_document),
    Call("vk", "execute", r"/execute", SHOWS, batches),
    # Telegram.
    Call("telegram", "getMe", r"getMe", ASKS, identity, nothing),
    Call("telegram", "getWebhookInfo", r"getWebhookInfo", ASKS, hooks, nothing),
    Call("telegram", "setWebhook", r"setWebhook", ASKS, hooks, nothing),
    Call("telegram", "setMyCommands", r"setMyCommands", ASKS, hooks, nothing),
    Call("telegram", "deleteWebhook", r"deleteWebhook", POLLS, polls, nothing),
    Call("telegram", "getUpdates", r"getUpdates", POLLS, polls, nothing),
    Call("telegram", "sendMessage", r"sendMessage", SHOWS, says),
    Call("telegram", "sendPhoto", r"sendPhoto", SHOWS, shows_picture),
    Call("telegram", "sendDocument", r"sendDocument", SHOWS, shows_document),
    Call("telegram", "sendInvoice", r"sendInvoice", SHOWS, invoices),
    Call("telegram", "editMessageText", r"editMessageText", SHOWS, redraws),
    Call("telegram", "editMessageMedia", r"editMessageMedia", SHOWS, redraws_picture, Scene.pictured),
    Call(
        "telegram", "answerPreCheckoutQuery", r"answerPreCheckoutQuery", SHOWS, approves, bought, 5.0
    ),  # its own limit
    Call("telegram", "answerCallbackQuery", r"answerCallbackQuery", QUIET, answers, Scene.pressed),
    Call("telegram", "deleteMessage", r"deleteMessage", QUIET, erases),
    Call("telegram", "sendChatAction", r"sendChatAction", QUIET, types),
    # Odnoklassniki.
    Call("ok", "me/info", r"/me/info", ASKS, identity, nothing, get=True),
    Call("ok", "me/subscriptions", r"/me/subscriptions", ASKS, hooks, nothing, get=True),
    Call("ok", "me/subscribe", r"/me/subscribe", ASKS, hooks, nothing),
    Call("ok", "me/unsubscribe", r"/me/unsubscribe", ASKS, hooks_again, Scene.subscribed),
    Call("ok", "me/chat", r"/me/chat\b", QUIET, hears, Scene.heard, limit=2.0),  # its own limit
    Call("ok", "me/updates", r"/me/updates", POLLS, polls, Scene.polled),
    Call("ok", "me/messages", r"/me/messages", SHOWS, says),
    Call("ok", "chat.answer", r"/answer", SHOWS, answers, Scene.pressed),
    Call("ok", "message.edit", r"/edit", SHOWS, redraws),
    Call("ok", "sender_action", r"/me/messages", QUIET, types),
    Call("ok", "fileUploadUrl of a picture", r"fileUploadUrl", PREPARES, shows_picture, get=True),
    Call("ok", "upload of a picture", r"^/upload/", PREPARES, shows_picture),
    Call("ok", "fileUploadUrl of a document", r"fileUploadUrl", PREPARES, shows_document, get=True),
    Call("ok", "upload of a document", r"^/upload/", PREPARES, shows_document),
)

# ── What it must give ─────────────────────────────────────────────────────────────────────────────────────────────

UNHEARD: Final = {Fault.REFUSED: Unavailable, Fault.REDIRECTED: Unavailable}
PACED: Final = {Fault.THROTTLED: Throttled, Fault.THROTTLED_AFTER: Throttled}
STRANGE: Final = (Fault.TRICKLED, Fault.DOUBLED)

DISCONNECTED: Final = (
    Fault.RESET_AT_ONCE, Fault.NO_ANSWER, Fault.RESET, Fault.HALF_CLOSED, Fault.CUT_STATUS, Fault.CUT_HEAD,
)  # fmt: skip
UNREAD: Final = (Fault.EMPTY, Fault.PAGE, Fault.OTHER_JSON, Fault.CUT_JSON)


def must(call: Call, fault: Fault) -> tuple[Error, ...]:
    """The classes that are right; None: no error."""
    if fault is Fault.REDIRECTED and call.network == "vk":
        return (None,) if call.meaning in (QUIET, POLLS) else (Unknown, Unavailable)  # vk_api takes a 302 for an answer
    if fault is Fault.REDIRECTED and call.name in ("chat.answer", "message.edit"):
        return (None,)  # what was surely not redrawn is shown anew
    if call.network == "ok" and call.name == "upload of a document" and fault in UNREAD:
        return (None,)  # OK answers an upload with a word of XML; the token came before it
    if call.get and fault in DISCONNECTED:
        return (None, Unavailable if call.meaning is PREPARES else Unknown)
    if call.meaning in (QUIET, POLLS):
        # Where nobody answers at all, the letter itself cannot leave either.
        return (
            (Unavailable,)
            if fault is Fault.REFUSED and call.act not in (types, hears) and call.meaning is QUIET
            else (None,)
        )
    if fault in STRANGE:
        return (None,)
    if fault in UNHEARD:
        return (UNHEARD[fault],)
    if fault in PACED:
        return (PACED[fault],) if call.meaning is not PREPARES else (Throttled, Unavailable)
    return (Unavailable,) if call.meaning is PREPARES else (Unknown,)


@asynccontextmanager
async def scene(name: str, seed: int) -> AsyncIterator[Scene]:
    box: Any = sandbox(name, clock=lambda: asyncio.get_running_loop().time() * 20)
    await box.start()
    port = int(box._url.rpartition(":")[2])
    async with proxied(port, seed) as proxy:
        box._url = f"http://127.0.0.1:{proxy.port}"  # also where it tells files and polls to go
        module = import_module(f"adapters.{name}")
        hasty = {"VK_UPLOAD_TIMEOUT": str(PATIENCE), "VK_POLL_WAIT": "1", "VK_RATE": "20", "OK_RATE": "1000"}
        values = {setting.name: setting.default for setting in module.SETTINGS}
        network, patient = (
            module.connect({**values, **hasty, f"{name.upper()}_TIMEOUT": str(timeout), **box.settings()})
            for timeout in (PATIENCE, 10)
        )
        assert isinstance(network, Hooked)
        inbox = Inbox()
        door = Door(patient, inbox)
        closed = f"http://127.0.0.1:9/hook/{name}/{network.path}"
        try:
            yield Scene(name, box, proxy, network, patient, door, closed, inbox)
        finally:
            await network.close()
            await patient.close()
            await box.stop()


__all__ = ["CALLS", "NotSent", "Scene", "must", "scene"]
