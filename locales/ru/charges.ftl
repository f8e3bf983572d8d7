### Начисления и «почему так много?».
### Списано и возвращено всегда говорится словом: знак легко не заметить.

## Баланс на краях периода

edge-opening = Баланс на начало { $day }: { $own }
edge-closing = Баланс на конец { $day }: { $own }
edge-now = Баланс сейчас: { $own }

## История начислений

charges-total =
    { $count ->
        [one] { $count } начисление на { $total } за { $period }
        [few] { $count } начисления на { $total } за { $period }
        [many] { $count } начислений на { $total } за { $period }
       *[other] { $count } начисления на { $total } за { $period }
    }
charges-empty = За { $period } начислений нет
charges-back-only = За { $period } возвращено { $sum }, начислений нет
charges-back = Возвращено: { $sum }
charges-net = Итого за вычетом возврата: { $sum }
charges-net-back = Возвращено больше, чем начислено, на { $sum }
charges-of = Только по услуге «{ $title }»
charges-strange = Такой услуги на этом счёте нет. Показаны начисления по всем услугам.
charges-which = Начисления по какой услуге показать?
charges-services = По услугам:
charges-no-service = Без указания услуги
charges-services-rest =
    { $count ->
        [one] Ещё { $count } услуга
        [few] Ещё { $count } услуги
        [many] Ещё { $count } услуг
       *[other] Ещё { $count } услуги
    }
charges-share = { $title }: { $sum }
charges-share-back = { $title }: возвращено { $sum }
charge = { $day }: { $sum }
charge-back = { $day }: возвращено { $sum }

## Почему так много?

why-more = Начислено { $sum } за { $period }: это на { $more } больше, чем за { $before } ({ $was })
why-less = Начислено { $sum } за { $period }: это на { $less } меньше, чем за { $before } ({ $was })
why-same = Начислено { $sum } за { $period }: столько же, сколько за { $before }
why-nothing = За { $period } ничего не начислено, как и за { $before }
why-first = Начислено { $sum } за { $period }. Сравнить пока не с чем: раньше договора не было
why-first-none = За { $period } ничего не начислено. Сравнить пока не с чем: раньше договора не было
why-lines = Что изменилось:
why-line-more = • { $title }: на { $sum } больше
why-line-less = • { $title }: на { $sum } меньше
why-rest = Остальное
why-new-service = Раньше за эту услугу не начислялось
why-gone-service = За эту услугу больше не начисляется
why-new-option = Новая опция, раньше её не было
why-tariff = Плата изменилась: было «{ $title }», { $before }, стало { $now }
why-price = Цена изменилась: было { $before }, стало { $now }
why-times = Начислено несколько раз: было { $before }, стало { $now }
why-calls = Плата за разговоры: было { $before }, стало { $now }
why-talk = Сильнее всего изменилось: { $direction }, было { $before }, стало { $now }
why-talk-time = Время разговоров: было { $before }, стало { $now }
why-once = Разовое начисление, в прошлый раз его не было
why-added = Раньше такого начисления не было
why-gone = Теперь этого начисления нет
why-sum = Было { $before }, стало { $now }
why-refund = Вам вернули { $sum }
why-no-refund = В прошлый раз Вам вернули { $sum }, теперь возврата не было
why-refunds = Было возвращено { $before }, теперь { $now }
why-hint = Сравнить можно и другой период: напишите, например, «за март».
why-doubt = Если какое-то начисление кажется лишним, позовите оператора.

## Кнопки

button-charges = История начислений
button-charges-all = Все услуги
button-charges-which = По одной услуге
button-why = Почему так много?
button-why-charges = Показать все начисления
