### Баланс, долг, к оплате, история платежей.
### Сначала цифра, которую спросили, потом остальное. Слова одни и те же везде:
### баланс, долг, к оплате, обещанный платёж, лицевой счёт.

## Дни

# «до { until-day }»
until-day =
    { $weekday ->
        [1] понедельника
        [2] вторника
        [3] среды
        [4] четверга
        [5] пятницы
        [6] субботы
       *[7] воскресенья
    }, { $day }
on-day =
    { $weekday ->
        [1] в понедельник
        [2] во вторник
        [3] в среду
        [4] в четверг
        [5] в пятницу
        [6] в субботу
       *[7] в воскресенье
    }, { $day }

## Баланс

balance-now = Баланс { $own }
balance-lasts = Баланс { $own }, хватит до { $day }
balance-lasts-today = Баланс { $own }, хватит только на сегодня
balance-below = Баланс { $own }, то есть долг { $debt }
balance-unbilled = Баланс { $own }: это начислено и войдёт в следующий счёт
balance-debt = Баланс { $own }, долг { $debt }
figure-own = Свои деньги: { $own }
figure-debt = Долг: { $debt }
figure-debt-none = Долг: нет
figure-promised = Обещанный платёж: { $promised }
figure-promised-until = Обещанный платёж: { $promised }, вернуть до { $day }
figure-promised-none = Обещанный платёж: нет
figure-issued = Выставлен счёт: { $issued }, оплатить до { $day }. Это не долг: срок ещё не прошёл
figures-at = Данные на { $at }

## Долг

debt-now = Долг { $debt }
debt-none = Долга нет
debt-none-then = По данным на { $at } долга нет
debt-below = Баланс { $own }: долг — это всё, что ниже нуля.
debt-since = Просрочено с { $day }:
debt-bill = Счёт № { $number } за { $period }: не оплачено { $remaining }, срок был { $due }
debt-bill-part = Счёт № { $number } за { $period }: не оплачено { $remaining } из { $amount }, срок был { $due }
debt-issued = Выставлено, срок ещё не прошёл, это не долг:
debt-issued-bill = Счёт № { $number } за { $period }: { $remaining }, оплатить до { $due }

## К оплате

pay-until = К оплате { $sum } до { $day }
pay-today = К оплате { $sum } сегодня, { $day }
pay-sum = К оплате { $sum }
pay-none = Сейчас платить ничего не нужно
pay-short = Долга нет, но на абонентскую плату не хватает { $missing }
pay-lines = Из чего складывается:
pay-line-debt = Долг, баланс ниже нуля: { $sum }
pay-line-overdue = Счёт № { $what }, срок был { $day }: { $sum }
pay-line-issued = Счёт № { $what }, срок до { $day }: { $sum }
pay-line-fee = { $what }, спишется { $day }: { $sum }
pay-line-fee-daily = { $what }, списывается каждый день по { $day }: { $sum }
pay-line-own = Уже на балансе: { $sum }
pay-after-suspended = Если не оплатить, { $day }, денег на списание не хватит и услуги могут приостановить.
pay-after-suspended-today = Если не оплатить, сегодня денег на списание не хватит и услуги могут приостановить.
pay-after-overdue = Если не оплатить, { $day }, счёт станет просроченным.
pay-after-blocked-advance = Баланс ниже нуля: услуги могут приостановить в любой день.
pay-after-blocked-credit = Срок уже прошёл: услуги могут приостановить в любой день.
pay-after-stopped = Из-за долга приостановлено: { $services }.
pay-next-advance = До { $day }, спишется { $sum }: эти деньги уже есть на балансе.
pay-next-credit = До { $day }, начислится { $sum }: это войдёт в следующий счёт.
pay-unbilled = Уже начислено { $sum }: это войдёт в следующий счёт.
pay-lasts = Денег хватит до { $day }.
pay-undated = { $what }: { $sum } в месяц. День списания мне неизвестен, поэтому в сумму к оплате эта плата не входит.
pay-promised = Обещанный платёж { $sum } нужно вернуть: его закрывают обычные платежи. В сумму к оплате он не входит.
pay-promised-until = Обещанный платёж { $sum } нужно вернуть до { $day }: его закрывают обычные платежи. В сумму к оплате он не входит.

## История платежей

payments-total =
    { $count ->
        [one] { $count } платёж на { $total } за { $period }
        [few] { $count } платежа на { $total } за { $period }
        [many] { $count } платежей на { $total } за { $period }
       *[other] { $count } платежа на { $total } за { $period }
    }
payments-waiting = Из них ещё не зачислено: { $sum }
payments-empty = За { $period } платежей нет
payments-last = Последний платёж { $payment }
payments-never = Платежей пока не было
payments-of-service = Платежи поступают на весь счёт и по услугам не делятся. Списано за «{ $service }» за { $period }: { $sum }.
payments-shown = Показаны { $first }–{ $last } из { $count }
payments-hint = Другой период можно написать словами: «за март», «с 1 по 15 октября».
period-which = Какой период показать?
period-future = Этот период ещё не наступил. Показан текущий месяц.
period-no-such-day = Такого дня нет в календаре. Показан текущий месяц.
period-reversed = Конец периода раньше начала. Показан текущий месяц.
period-old-button = Эта кнопка устарела. Показан текущий месяц.
period-before-contract = Договор действует с { $day }: показано с этого дня.
period-before-contract-at-all = Тогда договора ещё не было. Показан текущий месяц.
period-not-kept = Данные хранятся с { $day }: показано с этого дня.
period-not-kept-at-all = Данные за это время уже не хранятся. Показан текущий месяц.
payment = { $day }: { $sum }, { $method }
payment-plain = { $day }: { $sum }
payment-waiting = { $payment }, ещё не зачислен
payment-back = { $payment }, возврат

## Кнопки

button-balance = Баланс
button-balance-again = Обновить
button-debt = Долг
button-pay = Сколько платить
button-pay-now = Оплатить { $sum }
button-account-site = Личный кабинет
button-payments = История платежей
button-alerts = Уведомления
button-month-this = Этот месяц
button-month-last = Прошлый месяц
button-months-three = 3 месяца
button-year = Год
button-newer = ‹ Новее
button-older = Старее ›
button-page = { $page }/{ $pages }
