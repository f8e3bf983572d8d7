### История платежей картинкой: те же цифры стоят рядом словами.

payments-part =
    { $count ->
        [0] { $name }: платежей нет
        [one] { $name }: { $sum }, { $count } платёж
        [few] { $name }: { $sum }, { $count } платежа
        [many] { $name }: { $sum }, { $count } платежей
       *[other] { $name }: { $sum }, { $count } платежа
    }
payments-by-month = По месяцам
payments-by-year = По годам
button-payments-bars = По месяцам, картинкой
button-payments-list = Списком
