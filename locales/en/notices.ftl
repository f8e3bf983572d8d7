### What we say first. The answer, then what to do, then what happens otherwise.
### Own money, a debt and a promised payment are never added up. No blame, no jokes.

## Money is running out

alert-low = Balance { $own }, which is below the threshold of { $threshold }
alert-low-lasts = The money on the account is running out: { $own }, enough until { $day }
alert-low-today = The money on the account is running out: { $own }, enough for today only
alert-lasts =
    { $days ->
        [one] The money is enough for { $days } more day, until { $day }: { $own } on the account
       *[other] The money is enough for { $days } more days, until { $day }: { $own } on the account
    }
alert-fee = The money will not cover the charge of { $day }: { $own } on the account
alert-fee-today = The money does not cover today’s charge: { $own } on the account
alert-restored = Balance topped up: { $own }
alert-enough = The money will last until { $day }

## Bills, debt, promised payment

alert-bill = Bill no. { $number } for { $period } was issued: { $sum }, to be paid by { $day }
alert-bill-covered = The balance covers it: there is nothing to pay.
alert-due =
    { $days ->
        [0] The bill of { $sum } has to be paid today, { $until }
        [one] The bill of { $sum } has to be paid by { $until }: { $days } day left
       *[other] The bill of { $sum } has to be paid by { $until }: { $days } days left
    }
alert-overdue =
    { $days ->
        [one] Debt { $debt }: it was due { $days } day ago
       *[other] Debt { $debt }: it was due { $days } days ago
    }
alert-promise = The promised payment of { $sum } has to be paid back
alert-promise-until = The promised payment of { $sum } has to be paid back by { $day }
alert-promise-today = The promised payment of { $sum } has to be paid back today
alert-promise-late = The promised payment of { $sum } was to be paid back by { $day }
alert-promise-how = Ordinary payments do that: top up by { $sum } to pay it back.

## Payments

alert-paid = Your payment of { $sum } has been credited
alert-paid-method = Your payment of { $sum } has been credited, method: { $method }
alert-paid-untold = Your payment has been credited
alert-paid-waiting = Your payment of { $sum } has arrived and will be credited soon. There is no need to pay again.
alert-paid-back = A payment of { $sum } was returned
alert-back =
    { $minutes ->
        [one] The money is enough: suspended services come back by themselves within { $minutes } minute.
       *[other] The money is enough: suspended services come back by themselves within { $minutes } minutes.
    }
alert-back-short = For suspended services to come back, { $sum } more has to be paid.
notice-credited = Your payment of { $sum } has been credited
notice-balance = Balance { $own }

## Services

alert-blocked = Services are suspended because of a debt of { $debt }: { $services }
alert-blocked-fee = Services are suspended, { $sum } is missing for the charge: { $services }
alert-blocked-paid = Services are still suspended although there is enough money now: { $services }
alert-unblocked = It works again: { $service }

## Charges

alert-charge = Unusual charge of { $sum }: { $title }, { $day }
alert-charge-untold = Unusual charge: { $title }
alert-charge-doubt = If you did not expect it, see what it is for or ask the operator.
alert-option = New paid option: { $title }, { $fee } a month
alert-option-free = New paid option: { $title }
alert-option-doubt = If you did not order it, please contact the operator.

## Faults and planned work

alert-outage = There is a fault at your address: { $title }. It began { $since }, and it is not known yet when it will be repaired
alert-outage-until = There is a fault at your address: { $title }. It began { $since }, and the repair is promised by { $until }
alert-outage-late = There is a fault at your address: { $title }. It began { $since }, and the repair takes longer than promised
alert-outage-untold = There is a fault or planned work at your address: { $title }
alert-works = There is planned work at your address: { $title }. It begins { $since }, and it is not known yet when it ends
alert-works-until = There is planned work at your address: { $title }. It begins { $since } and ends { $until }
alert-outage-over = Everything at your address should work again. The cause was: { $title }
alert-outage-over-plain = Everything at your address should work again
alert-outage-still = If something still does not work, tap “Something does not work”.

## Another chat

notice-linked =
    Another chat was linked to account { $account }: { $network }, { $at }.
    If it was not you or your family, tap “It was not me”.
notice-unlinked = A chat was unlinked from account { $account }: { $network }, { $at }.

## Buttons

button-tomorrow = Remind me tomorrow
button-tomorrow-account = Remind tomorrow { $number }
button-pay-account = Pay { $number }
button-balance-account = Balance { $number }
button-not-such = Do not send these
