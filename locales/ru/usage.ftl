### Статистика: трафик по дням, звонки по направлениям, покупки.
### Пустое и неизвестное никогда не выглядит нулём.

## Сколько

size-b = { $n } Б
size-kb = { $n } КБ
size-mb = { $n } МБ
size-gb = { $n } ГБ
size-tb = { $n } ТБ
talk-seconds = { $seconds } с
talk-minutes = { $minutes } мин
talk-both = { $minutes } мин { $seconds } с

## Направления: и звонков, и составных частей домашнего телефона

direction-local = Местная связь
direction-zone = Внутризоновая связь (по своей области)
direction-intercity = Междугородная связь
direction-international = Международная связь
direction-mobile = Звонки на мобильные
direction-other = Другие направления

## Статистика

usage-total = { $title }: { $amount } за { $period }
usage-talk =
    { $count ->
        [one] { $title }: { $amount }, { $count } звонок за { $period }
        [few] { $title }: { $amount }, { $count } звонка за { $period }
        [many] { $title }: { $amount }, { $count } звонков за { $period }
       *[other] { $title }: { $amount }, { $count } звонка за { $period }
    }
usage-pieces =
    { $count ->
        [one] { $count } покупка
        [few] { $count } покупки
        [many] { $count } покупок
       *[other] { $count } покупки
    }
usage-calls =
    { $count ->
        [one] { $count } звонок
        [few] { $count } звонка
        [many] { $count } звонков
       *[other] { $count } звонка
    }
usage-received = Получено
usage-sent = Отправлено
usage-parts = Получено { $received }, отправлено { $sent }
usage-beyond = Оплачивается сверх тарифа: { $sum }
usage-cost = сверх тарифа { $sum }
usage-average = В среднем за день: { $amount }
usage-busiest = Больше всего: { $day }, { $amount }
usage-by = По датам:
usage-by-two = По датам, получено + отправлено:
usage-bar = { $label }: { $amount }
usage-rest = В остальное время ничего
usage-directions = По направлениям:
usage-direction-none = { $direction }: звонков за { $period } нет
usage-purchase = Покупка
usage-none = { $title }: за { $period } ничего не использовано
usage-which = Статистику какой услуги показать за { $period }?
usage-nowhere = На этом счёте нет услуг, по которым ведётся статистика.
usage-left = Сколько осталось в пакете, мне не видно: это есть в личном кабинете оператора. Вот сколько уже использовано.

## Кнопки

button-usage = Статистика
button-usage-other = Другая услуга
