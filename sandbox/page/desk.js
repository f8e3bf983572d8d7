// The desk: draws what each sandbox says is on the customer's screen, and sends what the customer does.
'use strict';

const words = {
  ru: {
    title: 'Saldo · демонстрация', other: 'English',
    lead: 'Слева — чаты клиента в трёх сетях, справа — оператор связи. Всё настоящее, кроме серверов сетей.',
    offline: 'Программа остановлена. Запустите её снова командой make demo: страница оживёт сама.',
    panes: 'Чаты и оператор', vk: 'ВКонтакте', telegram: 'Telegram', ok: 'Одноклассники', operator: 'Оператор',
    bot: 'бот «Демо-Телекома»', busy: 'отвечает…', room: 'общий чат дома', side: 'деньги на счетах клиентов',
    asked: { ledger: () => 'Бот спрашивает о деньгах встроенный учёт.', tmf: (at) => `Бот спрашивает о деньгах TM Forum Open API по адресу ${at}.`, abills: (at) => `Бот спрашивает о деньгах ABillS по адресу ${at}.` },
    write: 'Сообщение', send: 'Отправить', menu: 'Меню бота', more: 'Ещё', begin: 'Начать', photo: 'Картинка',
    hello: 'Это чат клиента с ботом оператора связи.', hint: 'Для входа: логин demo, пароль demo',
    toRoom: 'Открыть общий чат дома', toChat: 'Вернуться к боту', roomHello: 'Здесь соседи и бот. Спросите «баланс»: при людях бот о деньгах не говорит.',
    attach: 'Прислать картинку', block: 'Запретить боту писать', unblock: 'Разрешить боту писать',
    blocked: 'Вы запретили боту писать вам.', edited: 'изменено', tab: 'откроется новая вкладка', unread: 'новых',
    gone: 'Этой кнопки уже нет.', refused: 'Не отправилось. Попробуйте ещё раз.',
    linking: 'Страница привязки открылась в новой вкладке. Войдите там (логин demo, пароль demo), и напишите сюда код, который она покажет.',
    opened: 'Страница открылась в новой вкладке.', paying: 'Здесь была бы страница оплаты. Нажмите «Пополнить».',
    customer: 'Клиент', number: 'Лицевой счёт', balance: 'Баланс', overdue: 'Долг', issued: 'Выставлено к оплате',
    promised: 'Обещанный платёж', chats: 'Чаты и уведомления', none: 'счёт не привязан', closed: 'закрыт', silent: 'выключены',
    below: (sum) => `ниже ${sum}`, rubles: 'Сумма, ₽', charge: 'Списать', pay: 'Пополнить',
    seen: 'Платёж в пути', arrive: 'Зачислить платёж', outage: 'Авария у дома', restore: 'Авария устранена', unblockServices: 'Включить услуги',
    bill: 'Выставить счёт', unusual: 'Необычное списание', subscribe: 'Новая подписка', stop: 'Остановить услуги',
    coming: 'Платёж в пути', stopped: 'Остановлено за долг', fault: 'Авария у дома', services: (n) => `услуг: ${n}`, from: (at) => `с ${at}`,
    did: { charge: (sum) => `Списано ${sum}.`, pay: (sum) => `Пополнено на ${sum}.`,
      seen: (sum) => `Платёж ${sum} виден, но не зачислен. Спросите в чате: «оплатил, а не работает».`, arrive: (sum) => `Зачислено ${sum}.`,
      outage: () => 'Авария началась. Спросите в чате: «не работает интернет».', restore: () => 'Авария устранена.', unblock: () => 'Услуги снова включены.',
      bill: (sum) => `Выставлен счёт на ${sum}.`, unusual: (sum) => `Списано ${sum} за то, чего раньше не бывало.`,
      subscribe: (sum) => `Подключена подписка за ${sum} в месяц.`, stop: () => 'Услуги остановлены за долг.' },
    written: 'Клиенту об этом написали.',
    why: {
      asked: () => '',
      billed: () => 'Клиент платит по счетам: списание войдёт в следующий счёт, баланс пока прежний.',
      unlinked: () => 'Никому не написали: счёт не привязан ни к одному чату.',
      unasked: () => 'Никому не написали: ни в одном чате не включены уведомления.',
      enough: (sum) => `Никому не написали: денег ещё не меньше ${sum}.`,
      told: () => 'О низком балансе уже написали: второй раз не беспокоим.',
      low: (sum) => `Никому не написали: денег всё ещё меньше ${sum}.`,
      fine: () => 'Писать не о чем: денег и так хватало.',
      unheard: () => 'Такой биллинг об этом не сообщает: бот не узнает.',
      later: () => 'Бот узнает об этом не позже чем через пять минут.',
      untold: () => 'Сам такой биллинг об этом не говорит: бот ответит, если спросить.',
    },
    problems: { sum: 'Это не сумма. Напишите рубли цифрами, например 300 или 49,90.', large: 'Слишком много: за один раз до 1 000 000 ₽.',
      nothing: 'Здесь уже нечего делать.', closed: 'Счёт закрыт: движений по нему не бывает.', unknown: 'Такого счёта нет.', billing: 'Расчёты не ответили. Попробуйте ещё раз.' },
    mail: 'Почта и СМС', mailTab: 'Почта', mailSide: 'всё, что ушло из чатов', email: 'Письмо', sms: 'СМС',
    mailHello: 'Сюда приходят письма и СМС: коды подтверждения и квитанции. Каждое письмо проходит настоящий SMTP.',
    try: 'Что попробовать',
    hints: ['В любом чате нажмите «Начать», затем «Привязать счёт» и согласитесь.',
      'Откройте страницу, войдите как demo с паролем demo, выберите счёт.', 'Код со страницы напишите в тот же чат.',
      'Спросите кнопкой или словами: «баланс», «долг», «сколько платить», «платежи за март».',
      'В чате включите уведомления, а здесь спишите 300 ₽: их получит тот чат, где включили последним. Потом пополните.'],
    logins: 'Все клиенты (пароль такой же, как логин)',
    about: { demo: 'обычная семья: интернет, телефон, ТВ', postpaid: 'счёт выставлен, срок не прошёл', debtor: 'два просроченных счёта',
      saver: 'всё оплачено, деньги впереди', minus: 'баланс ниже нуля', blocked: 'услуги остановлены за долг', paid: 'оплачено вчера, ещё не зачислено',
      waiting: 'оплачено, а услуги стоят', outage: 'авария у дома', busy: '500 звонков в месяц', zero: 'на счёте ноль',
      promise: 'обещанный платёж', family: 'три счёта', newcomer: 'ни одного платежа', regular: '500 платежей', verbose: 'очень длинные названия',
      closed: 'есть закрытый счёт', kamchatka: 'другой часовой пояс', daily: 'плата списывается каждый день', holiday: 'услуги приостановлены' },
  },
  en: {
    title: 'Saldo · demo', other: 'Русский',
    lead: 'On the left a customer’s chats on three networks, on the right the operator. All real but the networks’ servers.',
    offline: 'The program has stopped. Start it again with make demo: this page recovers by itself.',
    panes: 'Chats and operator', vk: 'VKontakte', telegram: 'Telegram', ok: 'Odnoklassniki', operator: 'Operator',
    bot: 'the bot of «Демо-Телеком»', busy: 'answering…', room: 'group chat of the house', side: 'money on the customers’ accounts',
    asked: { ledger: () => 'The bot asks the embedded ledger about money.', tmf: (at) => `The bot asks TM Forum Open APIs at ${at} about money.`, abills: (at) => `The bot asks ABillS at ${at} about money.` },
    write: 'Message', send: 'Send', menu: 'The bot’s menu', more: 'More', begin: 'Start', photo: 'Picture',
    hello: 'A customer’s chat with a telecom operator’s bot.', hint: 'To sign in: login demo, password demo',
    toRoom: 'Open the group chat', toChat: 'Back to the bot', roomHello: 'Neighbours and the bot are here. Ask for the “balance”: before others the bot does not talk about money.',
    attach: 'Send a picture', block: 'Forbid the bot to write', unblock: 'Allow the bot to write',
    blocked: 'You have forbidden the bot to write to you.', edited: 'edited', tab: 'opens a new tab', unread: 'new',
    gone: 'That button is gone.', refused: 'It was not sent. Please try again.',
    linking: 'The linking page has opened in a new tab. Sign in there (login demo, password demo), and type the code that it shows here.',
    opened: 'The page has opened in a new tab.', paying: 'This is where a payment page would be. Press “Top up”.',
    customer: 'Customer', number: 'Account number', balance: 'Balance', overdue: 'Debt', issued: 'Billed, not yet due',
    promised: 'Promised payment', chats: 'Chats and alerts', none: 'not linked', closed: 'closed', silent: 'off',
    below: (sum) => `below ${sum}`, rubles: 'Sum, ₽', charge: 'Charge', pay: 'Top up',
    seen: 'Payment on its way', arrive: 'Credit the payment', outage: 'Fault at the address', restore: 'Fault repaired', unblockServices: 'Switch services on',
    bill: 'Issue a bill', unusual: 'Unusual charge', subscribe: 'New subscription', stop: 'Stop services',
    coming: 'Payment on its way', stopped: 'Stopped for debt', fault: 'Fault at the address', services: (n) => `services: ${n}`, from: (at) => `since ${at}`,
    did: { charge: (sum) => `Charged ${sum}.`, pay: (sum) => `Topped up by ${sum}.`,
      seen: (sum) => `A payment of ${sum} is seen and not credited. Ask in a chat: “I paid but it does not work”.`, arrive: (sum) => `Credited ${sum}.`,
      outage: () => 'The fault has begun. Ask in a chat: “the internet does not work”.', restore: () => 'The fault is over.', unblock: () => 'The services are on again.',
      bill: (sum) => `A bill of ${sum} was issued.`, unusual: (sum) => `Charged ${sum} for what was never charged before.`,
      subscribe: (sum) => `A subscription at ${sum} a month is connected.`, stop: () => 'The services are stopped for debt.' },
    written: 'The customer was told.',
    why: {
      asked: () => '',
      billed: () => 'This customer pays by bill: the charge will be in the next one, the balance is as it was.',
      unlinked: () => 'Nobody was told: the account is not linked to any chat.',
      unasked: () => 'Nobody was told: no chat has switched alerts on.',
      enough: (sum) => `Nobody was told: there is still no less than ${sum}.`,
      told: () => 'The low balance was told already: nobody is told twice.',
      low: (sum) => `Nobody was told: there is still less than ${sum}.`,
      fine: () => 'There is nothing to tell: there was enough money before.',
      unheard: () => 'Such a billing does not tell of it: the bot will not know.',
      later: () => 'The bot knows it within five minutes.',
      untold: () => 'Such a billing does not say so by itself: the bot answers when it is asked.',
    },
    problems: { sum: 'That is not a sum. Write rubles in figures, for example 300 or 49.90.', large: 'Too much: up to 1,000,000 ₽ in one go.',
      nothing: 'There is nothing left to do here.', closed: 'The account is closed: nothing moves on it.', unknown: 'There is no such account.', billing: 'The billing did not answer. Please try again.' },
    mail: 'Mail and SMS', mailTab: 'Mail', mailSide: 'all that left the chats', email: 'E-mail', sms: 'SMS',
    mailHello: 'E-mails and SMS arrive here: confirmation codes and bills. Every e-mail travels by real SMTP.',
    try: 'What to try',
    hints: ['In any chat press “Start” (and “English”), then link an account and agree.',
      'Open the page, sign in as demo with the password demo, choose the account.', 'Type the code from the page into the same chat.',
      'Ask with a button or in words: “balance”, “debt”, “how much to pay”, “payments for March”.',
      'Switch alerts on in a chat, and charge 300 ₽ here: the chat that did so last is told. Then top up.'],
    logins: 'All customers (the password is the login)',
    about: { demo: 'an ordinary household: internet, phone, TV', postpaid: 'bill issued, not yet due', debtor: 'two bills overdue',
      saver: 'all paid, money ahead', minus: 'balance below zero', blocked: 'services stopped for debt', paid: 'paid yesterday, not credited yet',
      waiting: 'paid, and services still stand', outage: 'a fault at the address', busy: '500 calls a month', zero: 'exactly nothing',
      promise: 'a promised payment', family: 'three accounts', newcomer: 'not one payment', regular: '500 payments', verbose: 'very long names',
      closed: 'has a closed account', kamchatka: 'another time zone', daily: 'a fee taken each day', holiday: 'services suspended' },
  },
};
const marks = { vk: 'VK', telegram: 'TG', ok: 'OK' };
const short = { vk: 'VK', telegram: 'Telegram', ok: 'OK' };

let language = localStorage.getItem('language') ?? (navigator.language.startsWith('ru') ? 'ru' : 'en');
if (!(language in words)) language = 'ru';
const t = (name) => words[language][name] ?? name;

const desk = document.getElementById('desk');
const tabs = document.getElementById('tabs');
const narrow = matchMedia('(max-width: 720px)');
const panes = new Map();  // name -> {root, tab, draw?, translate}

// ── Elements and calls ──────────────────────────────────────────────────────────────────────────────────────────

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) made.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(name, value === true ? '' : value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

function say(place, text) {
  place.textContent = text;
  place.hidden = !text;
}

const online = (yes) => { document.getElementById('offline').hidden = yes; };

// null: the server is not there. Otherwise {ok, status, told}.
async function call(path, order) {
  const asked = order && { method: 'POST', headers: { 'Content-Type': 'application/json', 'X-Desk': '1' }, body: JSON.stringify(order) };
  // A connection that the server closes just as it is used is no sign that the server is gone: once more.
  const answer = await fetch(path, asked).catch(() => fetch(path, asked)).catch(() => null);
  if (!answer) {
    online(false);
    return null;
  }
  return { ok: answer.ok, status: answer.status, told: await answer.json().catch(() => ({})) };
}

// ── A chat ──────────────────────────────────────────────────────────────────────────────────────────────────────

function addChat(network) {
  const root = document.getElementById('chat').content.cloneNode(true).firstElementChild;
  const [screen, list, menu, note] = ['.screen', '.messages', '.menu', '.note'].map((one) => root.querySelector(one));
  const input = root.querySelector('.write input');
  const more = root.querySelector('.more');
  const fold = root.querySelector('.fold');
  let now = { version: -1, settled: true, blocked: false, menu: [], messages: [], room: [] };
  let drawn = new Map();  // message id -> [its JSON, its element]
  let menuDrawn = '';
  let room = false;  // whether the group chat is shown
  let wanted = -1;  // the version that holds what was done last
  let flying = 0;
  root.classList.add(network);
  root.querySelector('.avatar').textContent = marks[network] ?? network.slice(0, 2).toUpperCase();
  menu.id = `menu-${network}`;
  fold.setAttribute('aria-controls', menu.id);

  async function act(verb, order = {}) {
    flying += 1;
    const answer = await call(`/desk/${network}/${verb}`, order);
    flying -= 1;
    if (answer?.ok) wanted = Math.max(wanted, answer.told.version);
    else if (answer) say(note, answer.status === 409 ? t('gone') : t('refused'));
    calm();
    return Boolean(answer?.ok);
  }

  // A pressed button turns until the network has its answer and we have drawn it.
  function calm() {
    if (flying || now.version < wanted || !now.settled) return;
    for (const one of root.querySelectorAll('[aria-busy]')) one.removeAttribute('aria-busy');
  }

  function key(message, one) {
    if (one.url) {
      const arrow = element('span', { 'aria-hidden': 'true' }, ' ↗');
      return element('a', { class: `key ${one.tone}`, href: one.url, target: '_blank', rel: 'noopener', onclick: (event) => follow(event, one.url) },
        element('span', {}, one.label, arrow), element('span', { class: 'unseen' }, `, ${t('tab')}`));
    }
    return element('button', { type: 'button', class: `key ${one.tone}`, onclick: async (event) => {
      const button = event.currentTarget;
      if (button.hasAttribute('aria-busy')) return;
      button.setAttribute('aria-busy', 'true');
      say(note, '');
      const stop = () => button.removeAttribute('aria-busy');
      if (await act('press', { message, label: one.label })) setTimeout(stop, 15000); else stop();  // clients too give up
    } }, one.label);
  }

  function follow(event, address) {
    const url = new URL(address);
    const ours = url.origin === location.origin;
    if (ours && url.pathname === '/') {
      event.preventDefault();
      panes.get('operator').pay(url.searchParams);
    } else say(note, ours && url.pathname.startsWith('/link/') ? t('linking') : t('opened'));
  }

  const rows = (message, keys) => keys.map((row) => element('div', { class: 'row' }, ...row.map((one) => key(message, one))));

  function bubble(m) {
    const file = `/desk/${network}/file/${encodeURIComponent(m.id)}`;
    return element('li', { class: m.mine ? 'mine' : null, 'data-id': m.id },
      element('div', { class: 'bubble' },
        m.picture ? element('a', { class: 'photo', href: file, target: '_blank', rel: 'noopener' }, element('img', { src: file, alt: t('photo') })) : null,
        m.document ? element('a', { class: 'file', href: file, download: m.document }, m.document) : null,
        m.text, m.edited ? element('span', { class: 'edited' }, t('edited')) : null),
      m.keys.length ? element('div', { class: 'keys' }, ...rows(m.id, m.keys)) : null);
  }

  // Only what changed is drawn anew: nothing may move under a finger, and the focus stays where it was.
  function drawMessages(messages) {
    const fresh = new Map();
    let at = list.firstElementChild;
    for (const m of messages) {
      const json = JSON.stringify(m);
      const [before, old] = drawn.get(m.id) ?? [];
      const made = before === json ? old : bubble(m);
      if (old && made !== old) {
        const focused = [...old.querySelectorAll('.key')].indexOf(document.activeElement);
        if (at === old) at = made;
        old.replaceWith(made);
        if (focused >= 0) (made.querySelectorAll('.key')[focused] ?? made.querySelector('.key') ?? screen).focus({ preventScroll: true });
      }
      if (made === at) at = at.nextElementSibling; else list.insertBefore(made, at);
      fresh.set(m.id, [json, made]);
    }
    while (at) { const next = at.nextElementSibling; at.remove(); at = next; }
    drawn = fresh;
  }

  function draw(anew = false) {
    const messages = room ? now.room : now.messages;
    const fresh = messages.filter((m) => !drawn.has(m.id));
    const atEnd = screen.scrollHeight - screen.scrollTop - screen.clientHeight < 120;
    if (anew) { drawn = new Map(); list.replaceChildren(); menuDrawn = ''; }
    drawMessages(messages);
    if (!messages.length) {
      list.replaceChildren(element('li', { class: 'empty' }, element('p', {}, t(room ? 'roomHello' : 'hello')),
        room ? null : element('button', { type: 'button', onclick: () => act('start') }, t('begin')),
        room ? null : element('small', {}, t('hint'))));
    }
    const keys = room ? [] : now.menu;
    if (JSON.stringify(keys) !== menuDrawn) {
      menu.replaceChildren(...rows('', keys));
      menuDrawn = JSON.stringify(keys);
      fold.hidden = !keys.length;
    }
    root.classList.toggle('is-room', room);
    root.querySelector('.who small').textContent = t(room ? 'room' : now.settled ? 'bot' : 'busy');
    root.querySelector('[data-do=room]').textContent = t(room ? 'toChat' : 'toRoom');
    root.querySelector('[data-do=block]').textContent = t(now.blocked ? 'unblock' : 'block');
    if (fresh.some((m) => !m.mine)) say(note, '');
    if (now.blocked && !room) {
      note.replaceChildren(`${t('blocked')} `, element('button', { type: 'button', onclick: () => act('unblock') }, t('unblock')));
      note.hidden = false;
    } else if (note.querySelector('button')) say(note, '');
    if (atEnd || fresh.some((m) => m.mine)) screen.scrollTop = screen.scrollHeight;
    calm();
    return fresh.filter((m) => !m.mine).length;
  }

  root.querySelector('form').addEventListener('submit', async (event) => {
    event.preventDefault();
    const text = input.value.trim();
    if (!text) return;
    input.value = '';
    say(note, '');
    if (!await act(room ? 'group' : 'say', { text }) && !input.value) input.value = text;
  });
  fold.addEventListener('click', () => {
    const open = fold.getAttribute('aria-expanded') !== 'true';
    fold.setAttribute('aria-expanded', String(open));
    menu.hidden = !open;
  });
  const deeds = {
    room: () => { room = !room; draw(true); },
    attach: () => act('attach'),
    block: () => act(now.blocked ? 'unblock' : 'block'),
  };
  for (const [name, deed] of Object.entries(deeds)) {
    root.querySelector(`[data-do=${name}]`).addEventListener('click', () => { more.open = false; more.firstElementChild.focus(); deed(); });
  }
  document.addEventListener('click', (event) => { if (!more.contains(event.target)) more.open = false; });
  more.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && more.open) { more.open = false; more.firstElementChild.focus(); }
  });
  // A menu that comes or goes, a picture that arrives: the newest message stays in sight.
  let seen = true;
  screen.addEventListener('scroll', () => { seen = screen.scrollHeight - screen.scrollTop - screen.clientHeight < 120; });
  new ResizeObserver(() => { if (seen) screen.scrollTop = screen.scrollHeight; }).observe(screen);
  list.addEventListener('load', () => { if (seen) screen.scrollTop = screen.scrollHeight; }, true);

  addPane(network, root, {
    take(screenNow) {
      const first = now.version === -1;
      now = screenNow;
      const news = draw();
      if (!first && news) count(network, news);
    },
    forget() { wanted = -1; now.version = -1; },
    translate() {
      input.placeholder = t('write');
      input.setAttribute('aria-label', `${t('write')}, ${t(network)}`);
      screen.setAttribute('aria-label', t(network));
      say(note, '');
      draw(true);
    },
  });
}

// ── The operator ────────────────────────────────────────────────────────────────────────────────────────────────

function addOperator() {
  const root = document.getElementById('operator').content.cloneNode(true).firstElementChild;
  const form = root.querySelector('form');
  const { account: select, rubles: sum } = form.elements;
  const [facts, result, note, asked] = ['.facts', '.result', '.note', '.asked'].map((one) => root.querySelector(one));
  let customers = [];
  let last = '';

  async function load() {
    const answer = await call('/operator/customers');
    const billing = await call('/operator/billing');
    if (!answer?.ok || !billing?.ok) return;
    customers = answer.told;
    asked.textContent = t('asked')[billing.told.name](billing.told.address);
    const chosen = select.value;
    const several = (person) => customers.filter((c) => c.person === person).length > 1;
    select.replaceChildren(...customers.map((c) => element('option', { value: c.account },
      [c.login, c.holder, several(c.person) ? `…${c.number.slice(-4)}` : '', c.open ? '' : t('closed')].filter(Boolean).join(' · '))));
    if (customers.some((c) => c.account === chosen)) select.value = chosen;
    const logins = [...new Map(customers.map((c) => [c.login, c.person]))];
    root.querySelector('.logins').replaceChildren(...logins.map(([one, person]) => element('li', {}, element('code', {}, one), ` ${t('about')[person] ?? ''}`)));
    await show();
  }

  async function show() {
    const chosen = customers.find((c) => c.account === select.value);
    if (!chosen) return;
    const answer = await call(`/operator/accounts/${encodeURIComponent(chosen.account)}?language=${language}`);
    if (!answer?.ok || select.value !== chosen.account) return;
    root.querySelector('.about').textContent = t('about')[chosen.person] ?? '';
    const json = JSON.stringify([language, answer.told]);
    if (json === last) return;
    last = json;
    const one = answer.told;
    const lines = ['balance', 'overdue', 'issued', 'promised', 'coming'].filter((name) => one[name]).map((name) => [name, one[name]]);
    if (one.stopped) lines.push(['stopped', t('services')(one.stopped)]);
    if (one.fault) lines.push(['fault', t('from')(one.fault)]);
    const sensible = { arrive: one.coming, outage: !one.fault, restore: one.fault, unblock: one.stopped, stop: one.working, subscribe: one.working };
    for (const [what, wanted] of Object.entries(sensible)) hide(form.querySelector(`[value=${what}]`), !wanted);
    const chats = one.chats.map((c) => [t(c.network), c.alerts ? t('below')(c.below) : t('silent')]);
    const rows = [['number', one.number], ...lines].map(([name, value]) => [t(name), value, name]);
    const told = chats.length ? [[t('chats'), null, 'chats'], ...chats] : [[t('chats'), t('none')]];
    facts.replaceChildren(...[...rows, ...told].flatMap(([name, value, kind]) => [
      element('dt', { class: kind }, name), value === null ? null : element('dd', { class: kind }, value)]).filter(Boolean));
  }

  // A button that goes away under the focus hands it on.
  function hide(button, gone) {
    if (gone && document.activeElement === button) form.querySelector('[value=charge]').focus();
    button.hidden = gone;
  }

  select.addEventListener('change', () => { result.textContent = ''; say(note, ''); show(); });
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const what = event.submitter?.value ?? 'charge';
    result.className = 'result';
    result.textContent = '…';
    const answer = await call(`/operator/${what}`, { account: select.value, rubles: sum.value, language });
    if (!answer?.ok) {
      result.classList.add('bad');
      result.textContent = answer ? t('problems')[answer.told.error] ?? t('refused') : '';
      sum.setAttribute('aria-invalid', String(['sum', 'large'].includes(answer?.told.error)));
      return;
    }
    const { alerts, why, below, sum: moved } = answer.told;
    sum.removeAttribute('aria-invalid');
    say(note, '');
    const did = t('did')[what](moved);
    // What cannot be asked for is not offered: the first sentence is enough.
    result.textContent = `${why === 'unheard' ? did.replace(/\. .*/, '.') : did} ${alerts ? t('written') : t('why')[why](below)}`;
    await show();
  });

  addPane('operator', root, {
    load, show,
    // What a payment page would be asked: the account and the sum are filled in.
    pay(query) {
      // A billing may have lost the zeros that a number begins with.
      const bare = (number) => (number ?? '').replace(/^0+/, '');
      const found = customers.find((c) => bare(c.number) === bare(query.get('account')));
      if (found) select.value = found.account;
      sum.value = (query.get('sum') ?? '').replace('.', language === 'ru' ? ',' : '.');
      result.textContent = '';
      say(note, t('paying'));
      open('operator');
      form.scrollTop = 0;
      form.querySelector('button.good').focus();
      show();
    },
    translate() {
      root.querySelector('.who small').textContent = t('side');
      root.querySelector('.hints').replaceChildren(...t('hints').map((h) => element('li', {}, h)));
      result.textContent = '';
      say(note, '');
      load();
    },
  });
}

// ── The mailbox: what went out by e-mail and SMS ────────────────────────────────────────────────────────────────

function addMailbox() {
  const root = document.getElementById('mailbox').content.cloneNode(true).firstElementChild;
  const list = root.querySelector('.letters');
  let now = { version: -1, letters: [] };

  function letter(one) {
    const at = new Date(one.at).toLocaleString(language, { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });
    const file = (each, n) => element('a', { class: 'file', href: `/desk/mail/${one.id}/${n}`, download: each.name },
      element('span', {}, each.name, element('small', {}, ` ${size(each.bytes).replace(' ', '\u00a0')}`)));
    return element('article', { class: one.sms ? 'letter sms' : 'letter' },
      element('p', { class: 'to' }, element('span', { class: 'kind' }, t(one.sms ? 'sms' : 'email')), element('time', { datetime: one.at }, at)),
      element('p', { class: 'to' }, one.to),
      one.subject ? element('h3', {}, one.subject) : null,
      one.text && one.text !== one.subject ? element('p', { class: 'text' }, one.text) : null, ...one.files.map(file));
  }

  function size(bytes) {
    const kilo = bytes / 1024;
    const [value, unit] = kilo < 1024 ? [kilo, 'kilobyte'] : [kilo / 1024, 'megabyte'];
    return new Intl.NumberFormat(language, { style: 'unit', unit, maximumFractionDigits: value < 10 ? 1 : 0 }).format(value);
  }

  function draw() {
    if (now.letters.length) list.replaceChildren(...now.letters.map(letter));
    else list.replaceChildren(element('p', { class: 'empty' }, t('mailHello')));
  }

  addPane('mail', root, {
    take(screen) {
      const known = new Set(now.letters.map((one) => one.id));
      const first = now.version === -1;
      now = screen;
      draw();
      const news = now.letters.filter((one) => !known.has(one.id)).length;
      if (news) list.scrollTop = 0;
      if (!first && news) count('mail', news);
    },
    forget() { now.version = -1; },
    translate() {
      root.querySelector('.who small').textContent = t('mailSide');
      list.setAttribute('aria-label', t('mail'));
      draw();
    },
  });
}

// ── Panes: side by side on a desk, tabs on a phone ──────────────────────────────────────────────────────────────

function addPane(name, root, more) {
  root.id = `pane-${name}`;
  const badge = element('span', { class: 'badge', 'aria-hidden': 'true' });
  const unseen = element('span', { class: 'unseen' });
  const tab = element('button', { type: 'button', role: 'tab', id: `tab-${name}`, 'aria-controls': root.id, onclick: () => open(name) },
    element('span', { class: 'name' }), badge, unseen);
  panes.set(name, { root, tab, badge, unseen, unread: 0, ...more });
  desk.append(root);
  tabs.append(tab);
}

function open(name) {
  for (const [one, { root, tab }] of panes) {
    const here = one === name;
    root.classList.toggle('open', here);
    tab.setAttribute('aria-selected', String(here));
    tab.tabIndex = here ? 0 : -1;
    if (here) { count(one, -Infinity); const screen = root.querySelector('.screen'); if (screen) screen.scrollTop = screen.scrollHeight; }
  }
}

function count(name, news) {
  const pane = panes.get(name);
  pane.unread = narrow.matches && !pane.root.classList.contains('open') ? Math.max(0, pane.unread + news) : 0;
  pane.badge.textContent = pane.unread > 9 ? '9+' : pane.unread || '';
  pane.unseen.textContent = pane.unread ? `, ${t('unread')}: ${pane.unread}` : '';
}

tabs.addEventListener('keydown', (event) => {
  const names = [...panes.keys()];
  const at = names.findIndex((name) => panes.get(name).tab === document.activeElement);
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: names.length - 1 }[event.key];
  if (to === undefined || at < 0) return;
  event.preventDefault();
  const name = names[(to + names.length) % names.length];
  open(name);
  panes.get(name).tab.focus();
});

function arrange() {
  tabs.setAttribute('role', 'tablist');
  for (const [name, { root }] of panes) {
    root.setAttribute('role', narrow.matches ? 'tabpanel' : 'region');
    count(name, 0);
  }
}

function translate() {
  document.documentElement.lang = language;
  document.title = t('title');
  for (const one of document.querySelectorAll('[data-t]')) one.textContent = t(one.dataset.t);
  for (const one of document.querySelectorAll('[data-label]')) one.setAttribute('aria-label', t(one.dataset.label));
  const button = document.getElementById('language');
  button.textContent = t('other');
  button.lang = language === 'ru' ? 'en' : 'ru';
  tabs.setAttribute('aria-label', t('panes'));
  for (const [name, pane] of panes) {
    pane.root.setAttribute('aria-label', t(name));
    pane.root.querySelector('.who strong').textContent = t(name);
    pane.tab.querySelector('.name').textContent = short[name] ?? words[language][`${name}Tab`] ?? t(name);
    pane.translate();
    count(name, 0);
  }
}

document.getElementById('language').addEventListener('click', () => {
  language = language === 'ru' ? 'en' : 'ru';
  localStorage.setItem('language', language);
  translate();
});
narrow.addEventListener('change', arrange);

// ── Following the screens ───────────────────────────────────────────────────────────────────────────────────────

function furnish({ networks, mailbox }) {
  networks.forEach(addChat);
  addOperator();
  if (mailbox) addMailbox();
  open(networks[0]);
  arrange();
  translate();
  const query = new URLSearchParams(location.search);
  if (query.has('sum')) panes.get('operator').load().then(() => panes.get('operator').pay(query));
}

(async () => {
  let since = {};
  let lost = false;
  for (;;) {
    const answer = await call(`/desk/screens?${new URLSearchParams(since)}`);
    if (!answer?.ok) {
      // A restarted system counts anew.
      since = {};
      lost = true;
      for (const pane of panes.values()) pane.forget?.();
      online(false);
      await new Promise((resume) => setTimeout(resume, 1000));
      continue;
    }
    online(true);
    if (!panes.size) furnish(answer.told);
    for (const [name, screen] of Object.entries(answer.told.screens)) {
      panes.get(name)?.take(screen);
      since[name] = screen.version;
    }
    // What is linked and who wants alerts is said in the chats.
    const operator = panes.get('operator');
    if (lost) operator.load(); else operator.show();
    lost = false;
  }
})();
