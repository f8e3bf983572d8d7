### Услуги: список, одна услуга, тарифы и платные опции.
### Состояние услуги называется одинаково на всех экранах.

## Состояние, тариф, плата

services = Услуги:
service = { $title }: { $about }
service-active = работает
service-suspended = приостановлено по заявлению
service-blocked-debt = приостановлено за долг
service-blocked = остановлено оператором
service-off = не подключено
service-tariff = тариф «{ $tariff }»
service-fee = { $fee } в месяц
service-fee-daily = { $fee } в месяц, списывается каждый день
service-fee-advance = { $fee } в месяц, спишется { $day }
service-fee-credit = { $fee } в месяц, начислится { $day }
service-balance = баланс услуги { $own }
service-remedy-pay = заработает после оплаты { $sum }
service-remedy-debt = заработает после оплаты долга { $sum }
service-remedy-paid =
    { $minutes ->
        [one] долга уже нет, обычно включается в течение { $minutes } минуты
        [few] долга уже нет, обычно включается в течение { $minutes } минут
        [many] долга уже нет, обычно включается в течение { $minutes } минут
       *[other] долга уже нет, обычно включается в течение { $minutes } минут
    }
service-remedy-support = причину подскажет поддержка
service-remedy-resume = включить снова поможет оператор
service-remedy-connect = подключить поможет оператор

## Список

services-all-on =
    { $count ->
        [1] { $count } услуга, работает
        [one] { $count } услуга, все работают
        [few] { $count } услуги, все работают
        [many] { $count } услуг, все работают
       *[other] { $count } услуги, все работают
    }
services-some-on =
    { $on ->
        [one] Работает
        [few] Работают
        [many] Работает
       *[other] Работает
    } { $on } из { $count ->
        [one] { $count } услуги
        [few] { $count } услуг
        [many] { $count } услуг
       *[other] { $count } услуг
    }
services-none-on =
    { $count ->
        [1] { $count } услуга, сейчас не работает
        [one] { $count } услуга, сейчас ни одна не работает
        [few] { $count } услуги, сейчас ни одна не работает
        [many] { $count } услуг, сейчас ни одна не работает
       *[other] { $count } услуги, сейчас ни одна не работает
    }
services-none = Подключённых услуг на этом счёте нет
services-sum = Баланс всех услуг: { $own }
services-picture = Мои услуги
services-picture-sum = Баланс всех услуг
services-picture-debt = Долг
services-picture-no-debt = нет
services-picture-rest =
    { $count ->
        [one] и ещё { $count } услуга
        [few] и ещё { $count } услуги
        [many] и ещё { $count } услуг
       *[other] и ещё { $count } услуги
    }

## Одна услуга

service-gone = Такой услуги на этом счёте нет. Выберите из тех, что есть:
service-which = Какую услугу показать?
service-charged = За эту услугу начислено { $sum } за { $period }
service-returned = За эту услугу возвращено { $sum } за { $period }
service-uncharged = За эту услугу за { $period } ничего не начислено
service-options = Платные опции:
service-components = Из чего состоит услуга:
option-free = бесплатно
carrier-own = • оператор «{ $title }»: баланс { $own }
carrier-debt = • оператор «{ $title }»: долг { $debt }
delivery-mail = Доставка документов: на почту { $email }
delivery-none = Доставка документов: не по электронной почте

## Тариф

tariff-total = { $sum } в месяц за все услуги
tariff-total-one = { $sum } в месяц
tariff-unknown = Плата в месяц известна не для всех услуг, поэтому общей суммы не назову
tariff-nothing = Сейчас плата не списывается: ни одна услуга не работает
tariff-off = Приостановленные и отключённые услуги в сумму не входят.
tariff-options = Плата за опции сюда не входит: спросите «платные опции».
tariff-speed = Скорость здесь не видна: она указана в договоре и в личном кабинете, часто и в названии тарифа.
tariff-change = Сменить тариф можно в личном кабинете или у оператора по телефону. Сам я тариф не меняю.
tariff-change-phone = Сменить тариф можно у оператора по телефону. Сам я тариф не меняю.

## Платные опции

options-total =
    { $count ->
        [one] { $count } платная опция, { $sum } в месяц
        [few] { $count } платные опции, { $sum } в месяц
        [many] { $count } платных опций, { $sum } в месяц
       *[other] { $count } платной опции, { $sum } в месяц
    }
options-untold =
    { $count ->
        [one] { $count } платная опция, сколько она стоит, здесь не видно
        [few] { $count } платные опции, общая сумма здесь не видна
        [many] { $count } платных опций, общая сумма здесь не видна
       *[other] { $count } платной опции, общая сумма здесь не видна
    }
options-idle = Сейчас плата за опции не списывается: ни одна не работает
options-none = Платных опций и подписок нет
options-none-of = По этой услуге платных опций и подписок нет
options-change = Отключить или подключить опцию можно в личном кабинете или у оператора по телефону. Сам я ничего не подключаю и не отключаю.
options-change-phone = Отключить или подключить опцию можно у оператора по телефону. Сам я ничего не подключаю и не отключаю.

## Кнопки

button-services = Мои услуги
button-further = Ещё, страница { $page }
button-service = Об услуге
button-tariff = Тариф и абонплата
button-options = Платные опции
