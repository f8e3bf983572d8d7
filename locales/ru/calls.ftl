### Детализация вызовов. Номера никогда не показываются целиком.

calls-total =
    { $count ->
        [one] { $count } исходящий звонок, { $minutes }, { $cost } за { $period }
        [few] { $count } исходящих звонка, { $minutes }, { $cost } за { $period }
        [many] { $count } исходящих звонков, { $minutes }, { $cost } за { $period }
       *[other] { $count } исходящего звонка, { $minutes }, { $cost } за { $period }
    }
calls-none = За { $period } звонков нет
calls-none-out = За { $period } исходящих звонков нет
calls-of = Телефон: { $title }
calls-incoming = Входящие
calls-outgoing = Исходящие
calls-sum =
    { $count ->
        [one] { $title }: { $count } звонок, { $minutes }, { $cost }
        [few] { $title }: { $count } звонка, { $minutes }, { $cost }
        [many] { $title }: { $count } звонков, { $minutes }, { $cost }
       *[other] { $title }: { $count } звонка, { $minutes }, { $cost }
    }
calls-sum-free =
    { $count ->
        [one] { $title }: { $count } звонок, { $minutes }
        [few] { $title }: { $count } звонка, { $minutes }
        [many] { $title }: { $count } звонков, { $minutes }
       *[other] { $title }: { $count } звонка, { $minutes }
    }
calls-most = Чаще всего звонили:
call = { $day }, { $time }: { $number }, { $length }, { $cost }
call-untimed = { $day }: { $number }, { $length }, { $cost }
call-incoming = { $call }, входящий
calls-unknown-number = номер не определён
calls-zone = Время указано по часовому поясу счёта: { $zone }. Звонки без ответа не считаются.
calls-untimed = Во сколько были звонки, система оператора не сообщает: известен только день. Звонки без ответа не считаются.
calls-which = Звонки с какого телефона показать?
calls-strange = Такого телефона на этом счёте нет. Показан тот, который есть:
calls-no-phone = На этом счёте нет телефона, поэтому и звонков нет.

## Файлом

calls-file = Звонки
calls-file-inside = Файл CSV, { $size }, открывается в Excel: каждый звонок отдельной строкой. Номера и там показаны не целиком, потому что файл остаётся в переписке. Полные номера Вам сообщит оператор.
calls-file-undrawn = Файл сейчас составить не получилось, попробуйте через несколько минут.
calls-column-time = Дата и время, { $zone }
calls-column-way = Вид
calls-column-number = Номер
calls-column-direction = Направление
calls-column-seconds = Длительность, с
calls-column-cost = Стоимость, { $currency }

## Кнопки

button-calls = Детализация звонков
button-calls-file = Прислать файлом
button-calls-back = Показать в чате
button-calls-other = Другой телефон
