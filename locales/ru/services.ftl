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
