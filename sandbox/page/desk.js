// The desk: draws what each sandbox says is on the customer's screen, and sends what the customer does.
'use strict';

const words = {
  ru: {
    lead: 'Три сети, одна настоящая система. Напишите в любой чат.', operator: 'Оператор', side: 'начислить или пополнить',
    vk: 'ВКонтакте', telegram: 'Telegram', ok: 'Одноклассники', bot: 'бот оператора', write: 'Сообщение', begin: 'Начать',
    hello: 'Здесь пока пусто.', block: 'Запретить сообщения', unblock: 'Разрешить сообщения', attach: 'Прислать картинку',
    group: 'Написать «баланс» в общий чат', edited: 'изменено', busy: 'ждём ответа…', customer: 'Клиент', rubles: 'Рублей',
    charge: 'Списать', pay: 'Пополнить', balance: 'Баланс', account: 'Счёт', linked: 'Привязан к чатам', none: 'нет',
    done: 'Готово. Предупреждений отправлено: ', failed: 'Не получилось: ', try: 'Попробуйте', logins: 'Все демо-клиенты (пароль такой же, как логин)',
    hints: ['В любом чате нажмите «Начать», затем «Привязать счёт».', 'На странице введите логин demo и пароль demo.',
      'Код со страницы напишите в чат.', 'Спросите: «баланс», «долг», «сколько платить», «платежи за март».',
      'Включите предупреждения и спишите здесь столько, чтобы осталось меньше 100 ₽.'],
    other: 'English',
    about: { demo: 'обычная семья: интернет, телефон, ТВ', postpaid: 'счёт выставлен, срок не прошёл', debtor: 'два просроченных счёта',
      saver: 'всё оплачено, деньги впереди', minus: 'баланс ниже нуля', blocked: 'услуги остановлены за долг', zero: 'на счёте ноль',
      promise: 'обещанный платёж', family: 'три счёта', newcomer: 'ни одного платежа', regular: '500 платежей', verbose: 'очень длинные названия',
      closed: 'есть закрытый счёт', kamchatka: 'другой часовой пояс', daily: 'плата списывается каждый день', holiday: 'услуги приостановлены' },
  },
  en: {
    lead: 'Three networks, one real system. Write in any chat.', operator: 'Operator', side: 'charge or top up',
    vk: 'VKontakte', telegram: 'Telegram', ok: 'Odnoklassniki', bot: 'the operator’s bot', write: 'Message', begin: 'Start',
    hello: 'Nothing here yet.', block: 'Forbid messages', unblock: 'Allow messages', attach: 'Send a picture',
    group: 'Write “balance” in a group chat', edited: 'edited', busy: 'waiting for an answer…', customer: 'Customer', rubles: 'Rubles',
    charge: 'Charge', pay: 'Top up', balance: 'Balance', account: 'Account', linked: 'Linked to chats', none: 'none',
    done: 'Done. Alerts sent: ', failed: 'That did not work: ', try: 'Try this', logins: 'All demo customers (the password is the login)',
    hints: ['Press “Start” in any chat, then “Link account”.', 'On the page sign in as demo with the password demo.',
      'Type the code from the page into the chat.', 'Ask: “balance”, “debt”, “how much to pay”, “payments for March”.',
      'Switch alerts on, then charge here until less than 100 ₽ is left.'],
    other: 'Русский',
    about: { demo: 'an ordinary household: internet, phone, TV', postpaid: 'bill issued, not yet due', debtor: 'two bills overdue',
      saver: 'all paid, money ahead', minus: 'balance below zero', blocked: 'services stopped for debt', zero: 'exactly nothing',
      promise: 'a promised payment', family: 'three accounts', newcomer: 'not one payment', regular: '500 payments', verbose: 'very long names',
      closed: 'has a closed account', kamchatka: 'another time zone', daily: 'a fee taken each day', holiday: 'services suspended' },
  },
};
let language = localStorage.getItem('language') || (navigator.language.startsWith('ru') ? 'ru' : 'en');
const t = (name) => words[language][name] ?? name;
const marks = { vk: 'VK', telegram: 'TG', ok: 'OK' };

const desk = document.getElementById('desk');
const tabs = document.getElementById('tabs');
const panes = new Map();
const drawn = new Map();

async function post(path, order) {
  return fetch(path, { method: 'POST', headers: { 'Content-Type': 'application/json', 'X-Desk': '1' }, body: JSON.stringify(order) });
}

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) made.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(name, value === true ? '' : value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

function key(network, message, one) {
  if (one.url) return element('a', { class: `key ${one.tone}`, href: one.url, target: '_blank', rel: 'noopener' }, `${one.label} ↗`);
  return element('button', { type: 'button', class: `key ${one.tone}`, onclick: () => post(`/desk/${network}/press`, { message, label: one.label }) }, one.label);
}

function rows(network, message, keys) {
  return keys.map((row) => element('div', { class: 'row' }, ...row.map((one) => key(network, message, one))));
}

function draw(network, screen) {
  const pane = panes.get(network);
  const list = pane.querySelector('.messages');
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 80;
  const old = drawn.get(network) ?? [];
  const fresh = screen.messages.map((m) => JSON.stringify(m));
  // Only what changed is drawn anew: a button being pressed must not vanish under the finger.
  screen.messages.forEach((m, at) => {
    if (old[at] === fresh[at]) return;
    const made = element('li', { class: m.mine ? 'mine' : null, 'data-id': m.id },
      element('div', { class: 'bubble' },
        m.picture ? element('img', { src: `/desk/${network}/file/${encodeURIComponent(m.id)}`, alt: m.text }) : null,
        m.document ? element('a', { href: `/desk/${network}/file/${encodeURIComponent(m.id)}`, download: m.document }, `📄 ${m.document}\n`) : null,
        m.text, m.edited ? element('span', { class: 'edited' }, t('edited')) : null),
      m.keys.length ? element('div', { class: 'keys' }, ...rows(network, m.id, m.keys)) : null);
    if (list.children[at]) list.children[at].replaceWith(made); else list.append(made);
  });
  while (list.children.length > screen.messages.length) list.lastChild.remove();
  if (!screen.messages.length) {
    list.replaceChildren(element('li', { class: 'empty' }, t('hello'), element('br'),
      element('button', { type: 'button', onclick: () => post(`/desk/${network}/start`, {}) }, t('begin'))));
  }
  pane.querySelector('.menu').replaceChildren(...rows(network, '', screen.menu));
  pane.querySelector('.who small').textContent = screen.settled ? t('bot') : t('busy');
  drawn.set(network, screen.messages.length ? fresh : []);
  if (atEnd || old.length === 0) list.scrollTop = list.scrollHeight;
}

async function follow(network) {
  let since = -1;
  for (;;) {
    try {
      const answer = await fetch(`/desk/${network}/chat?since=${since}`);
      if (!answer.ok) throw new Error(String(answer.status));
      const screen = await answer.json();
      // A restarted system counts anew.
      if (screen.version !== since) { draw(network, screen); since = screen.version; }
    } catch {
      since = -1;
      await new Promise((resume) => setTimeout(resume, 1000));
    }
  }
}

function addChat(network) {
  const pane = document.getElementById('chat').content.cloneNode(true).firstElementChild;
  pane.classList.add(network);
  pane.id = `pane-${network}`;
  pane.querySelector('.avatar').textContent = marks[network] ?? network.slice(0, 2).toUpperCase();
  pane.querySelector('form').addEventListener('submit', (event) => {
    event.preventDefault();
    const input = event.target.elements.text;
    if (input.value.trim()) post(`/desk/${network}/say`, { text: input.value });
    input.value = '';
  });
  const sheet = pane.querySelector('.sheet');
  for (const [verb, order] of [['block', {}], ['unblock', {}], ['attach', {}], ['group', { text: 'баланс' }]]) {
    sheet.append(element('button', { type: 'button', 'data-t': verb, onclick: () => { post(`/desk/${network}/${verb}`, order); pane.querySelector('details').open = false; } }));
  }
  panes.set(network, pane);
  desk.append(pane);
  follow(network);
}

function addOperator() {
  const pane = document.getElementById('operator').content.cloneNode(true).firstElementChild;
  pane.id = 'pane-operator';
  const select = pane.querySelector('select');
  const sum = pane.querySelector('input');
  const result = pane.querySelector('.result');
  let customers = [];
  let last = '';
  const show = () => {
    const one = customers.find((c) => c.account === select.value);
    if (!one) return;
    pane.querySelector('.facts').replaceChildren(
      element('dt', {}, t('account')), element('dd', {}, one.number),
      element('dt', {}, t('balance')), element('dd', {}, one.balance),
      element('dt', {}, t('linked')), element('dd', {}, one.chats.map((n) => t(n)).join(', ') || t('none')));
  };
  const load = async (anew) => {
    const answer = await fetch('/operator/customers').catch(() => null);
    if (!answer?.ok) return;
    const text = await answer.text();
    if (text === last && anew !== true) return;  // an open list must not be drawn anew under the finger
    last = text;
    customers = JSON.parse(text);
    const chosen = select.value;
    select.replaceChildren(...customers.map((c) => element('option', { value: c.account }, `${c.login} · ${c.holder} · ${c.balance}`)));
    if (customers.some((c) => c.account === chosen)) select.value = chosen;
    pane.querySelector('.logins').replaceChildren(...customers.map((c) => element('li', {}, element('code', {}, c.login), ` ${t('about')[c.login] ?? ''}`)));
    show();
  };
  select.addEventListener('change', show);
  for (const button of pane.querySelectorAll('[data-do]')) {
    button.addEventListener('click', async () => {
      result.textContent = '…';
      const answer = await post(`/operator/${button.dataset.do}`, { account: select.value, rubles: sum.value });
      const said = await answer.json().catch(() => ({}));
      result.textContent = answer.ok ? t('done') + said.alerts : t('failed') + (said.error ?? answer.status);
      await load();
    });
  }
  panes.set('operator', pane);
  desk.append(pane);
  load();
  setInterval(load, 4000, false);
  return load;
}

function open(name) {
  for (const [one, pane] of panes) {
    pane.classList.toggle('open', one === name);
    document.getElementById(`tab-${one}`)?.setAttribute('aria-selected', String(one === name));
  }
}

function translate() {
  document.documentElement.lang = language;
  for (const one of document.querySelectorAll('[data-t]')) one.textContent = t(one.dataset.t);
  document.getElementById('language').textContent = t('other');
  for (const [name, pane] of panes) {
    pane.setAttribute('aria-label', t(name));
    pane.querySelector('.who strong').textContent = t(name);
    const input = pane.querySelector('.write input');
    if (input) { input.placeholder = t('write'); input.setAttribute('aria-label', t('write')); }
    document.getElementById(`tab-${name}`).textContent = t(name);
    drawn.delete(name);
  }
  panes.get('operator').querySelector('.who small').textContent = t('side');
  panes.get('operator').querySelector('.hints').replaceChildren(...t('hints').map((h) => element('li', {}, h)));
}

(async () => {
  const networks = await (await fetch('/desk/networks')).json();
  networks.forEach(addChat);
  const load = addOperator();
  for (const name of panes.keys()) {
    tabs.append(element('button', { type: 'button', role: 'tab', id: `tab-${name}`, 'aria-controls': `pane-${name}`, onclick: () => open(name) }));
  }
  document.getElementById('language').addEventListener('click', () => {
    language = language === 'ru' ? 'en' : 'ru';
    localStorage.setItem('language', language);
    translate();
    load(true);
  });
  translate();
  open(networks[0]);
})();
