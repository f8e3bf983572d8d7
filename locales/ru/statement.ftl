### Выписка: на экране коротко, в файле целиком.

statement-head = Выписка за { $period }
statement-payments =
    { $count ->
        [0] Поступило: ничего
        [one] Поступило: { $sum }, { $count } платёж
        [few] Поступило: { $sum }, { $count } платежа
        [many] Поступило: { $sum }, { $count } платежей
       *[other] Поступило: { $sum }, { $count } платежа
    }
statement-charges =
    { $count ->
        [0] Начислено: ничего
        [one] Начислено: { $sum }, { $count } начисление
        [few] Начислено: { $sum }, { $count } начисления
        [many] Начислено: { $sum }, { $count } начислений
       *[other] Начислено: { $sum }, { $count } начисления
    }
statement-no-payments = Платежи: система оператора их не передаёт
statement-no-charges = Начисления: система оператора их не передаёт
statement-which = В каком виде прислать? Другой период можно написать словами: «за март».
statement-sent = Выписка за { $period }, { $size }
statement-inside-pdf = В файле PDF: каждый платёж и каждое начисление, итоги по услугам и состояние счёта на сегодня.
statement-inside-csv = Файл CSV открывается в Excel: каждый платёж и каждое начисление отдельной строкой.
statement-undrawn = Файл сейчас составить не получилось, попробуйте через несколько минут. Вот итоги:

## В файле

statement-file = Выписка
statement-title = Выписка по лицевому счёту { $number }
statement-holder = Владелец
statement-period = Период
statement-table-payments = Платежи
statement-table-services = Начисления по услугам
statement-table-charges = Начисления
statement-day = Дата
statement-operation = Операция
statement-what = За что
statement-service = Услуга
statement-sum = Сумма
statement-total = Итого
statement-none = За этот период нет
statement-payment = Платёж
statement-charge = Начисление
statement-back = Возврат: { $title }
statement-opening = Баланс на начало дня
statement-closing = Баланс на конец дня
statement-closing-now = Баланс сейчас
statement-came = Поступило, { $currency }
statement-taken = Начислено, { $currency }
statement-balance = Баланс, { $currency }
statement-foot = «{ $operator }». Составлено { $day }. Номер счёта показан не целиком, последними четырьмя цифрами.
statement-pages = стр. { $page } из { $pages }

## Кнопки

button-statement = Выписка
button-statement-pdf = Прислать PDF
button-statement-csv = Прислать для Excel
