### Balance, debt, to pay, payment history.
### The figure that was asked for comes first. One name for one thing everywhere:
### balance, debt, to pay, promised payment, account.

## Days

# "by { until-day }"
until-day =
    { $weekday ->
        [1] Monday
        [2] Tuesday
        [3] Wednesday
        [4] Thursday
        [5] Friday
        [6] Saturday
       *[7] Sunday
    }, { $day }
on-day =
    { $weekday ->
        [1] on Monday
        [2] on Tuesday
        [3] on Wednesday
        [4] on Thursday
        [5] on Friday
        [6] on Saturday
       *[7] on Sunday
    }, { $day }

## Balance

balance-now = Balance { $own }
balance-lasts = Balance { $own }, enough until { $day }
balance-lasts-today = Balance { $own }, enough for today only
balance-below = Balance { $own }, that is a debt of { $debt }
balance-unbilled = Balance { $own }: this has been charged and will be on the next bill
balance-debt = Balance { $own }, debt { $debt }
figure-own = Own money: { $own }
figure-debt = Debt: { $debt }
figure-debt-none = Debt: none
figure-promised = Promised payment: { $promised }
figure-promised-until = Promised payment: { $promised }, to be paid back by { $day }
figure-promised-none = Promised payment: none
figure-issued = Bill issued: { $issued }, to be paid by { $day }. It is not a debt: it is not due yet
figures-at = Figures as of { $at }

## Debt

debt-now = Debt { $debt }
debt-none = No debt
debt-none-then = As of { $at } there was no debt
debt-below = Balance { $own }: the debt is whatever is below zero.
debt-since = Overdue since { $day }:
debt-bill = Bill No. { $number } for { $period }: { $remaining } unpaid, was due on { $due }
debt-bill-part = Bill No. { $number } for { $period }: { $remaining } of { $amount } unpaid, was due on { $due }
debt-issued = Issued and not due yet, this is not a debt:
debt-issued-bill = Bill No. { $number } for { $period }: { $remaining }, to be paid by { $due }

## To pay

pay-until = To pay: { $sum } by { $day }
pay-today = To pay: { $sum } today, { $day }
pay-sum = To pay: { $sum }
pay-none = Nothing to pay now
pay-short = No debt, but the monthly fee is short of { $missing }
pay-lines = What it is made of:
pay-line-debt = Debt, balance below zero: { $sum }
pay-line-overdue = Bill No. { $what }, was due on { $day }: { $sum }
pay-line-issued = Bill No. { $what }, due on { $day }: { $sum }
pay-line-fee = { $what }, taken on { $day }: { $sum }
pay-line-fee-daily = { $what }, taken every day until { $day }: { $sum }
pay-line-own = Already on the balance: { $sum }
pay-after-suspended = If it is not paid, the money will not cover the charge { $day }, and services may be suspended.
pay-after-suspended-today = If it is not paid, the money will not cover today’s charge, and services may be suspended.
pay-after-overdue = If it is not paid, the bill becomes overdue { $day }.
pay-after-blocked-advance = The balance is below zero: services may be suspended any day.
pay-after-blocked-credit = The due date has passed: services may be suspended any day.
pay-after-stopped = Suspended because of the debt: { $services }.
pay-next-advance = By { $day }, { $sum } will be taken: this money is already on the balance.
pay-next-credit = By { $day }, { $sum } will be charged: it will be on the next bill.
pay-unbilled = { $sum } has already been charged: it will be on the next bill.
pay-lasts = The money is enough until { $day }.
pay-undated = { $what }: { $sum } a month. I do not know the day it is taken, so it is not in the sum to pay.
pay-promised = A promised payment of { $sum } has to be paid back: ordinary payments do that. It is not part of the sum to pay.
pay-promised-until = A promised payment of { $sum } has to be paid back by { $day }: ordinary payments do that. It is not part of the sum to pay.

## Payment history

payments-total =
    { $count ->
        [one] { $count } payment, { $total }, for { $period }
       *[other] { $count } payments, { $total }, for { $period }
    }
payments-waiting = Of this, not credited yet: { $sum }
payments-empty = No payments for { $period }
payments-last = Last payment on { $payment }
payments-never = There have been no payments yet
payments-of-service = Payments go to the whole account and are not split by service. Charged for “{ $service }” for { $period }: { $sum }.
payments-shown = Showing { $first }–{ $last } of { $count }
payments-hint = You can type any other period: “for March”, “from 1 to 15 October”.
period-which = Which period shall I show?
period-future = That period has not begun yet. Here is the current month.
period-no-such-day = There is no such day in the calendar. Here is the current month.
period-reversed = The period ends before it begins. Here is the current month.
period-old-button = That button is out of date. Here is the current month.
period-before-contract = Your contract began on { $day }: shown from that day on.
period-before-contract-at-all = Your contract had not begun then. Here is the current month.
period-not-kept = Records are kept from { $day }: shown from that day on.
period-not-kept-at-all = Records of that time are no longer kept. Here is the current month.
payment = { $day }: { $sum }, { $method }
payment-plain = { $day }: { $sum }
payment-waiting = { $payment }, not credited yet
payment-back = { $payment }, refund

## Buttons

button-balance = Balance
button-balance-again = Refresh
button-debt = Debt
button-pay = How much to pay
button-pay-now = Pay { $sum }
button-account-site = Account on the web
button-payments = Payment history
button-alerts = Alerts
button-month-this = This month
button-month-last = Last month
button-months-three = 3 months
button-year = Year
button-newer = ‹ Newer
button-older = Older ›
button-page = { $page }/{ $pages }
