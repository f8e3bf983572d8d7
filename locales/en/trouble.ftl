### "I paid and it does not work" and "it does not work": what is known and what happens next.

## Where the payment is

trace-blind = The operator’s system does not show me payments, so I cannot check yours. A person in support can.
trace-debt = Debt { $debt }
trace-unseen =
    { $days ->
        [one] I see no payments in the last { $days } day
       *[other] I see no payments in the last { $days } days
    }
trace-check =
    { $days ->
        [0] Please check the last digits of the account ({ $number }) on your receipt and whether the bank has sent the payment. The money usually comes on the same day.
        [one] Please check the last digits of the account ({ $number }) on your receipt and whether the bank has sent the payment. A bank transfer takes up to { $days } day.
       *[other] Please check the last digits of the account ({ $number }) on your receipt and whether the bank has sent the payment. A bank transfer takes up to { $days } days.
    }
trace-bring = If the number is right and that time has passed, write to the operator and attach the receipt: it helps to find the payment.
trace-seen =
    I see the payment, but it is not credited yet:
    { $payment }
trace-seen-usual = Such a payment is usually credited by { $day }. There is no need to pay again.
trace-seen-late = That is longer than usual. There is no need to pay again: ask for the operator and give these details.
trace-short-debt = The payment is credited, but a debt of { $sum } is left
trace-short-fee = The payment is credited, but { $sum } is missing for the next fee
trace-short-next = Services come back by themselves once this sum is on the account.
trace-suspended = The payment is not the reason. Paused at your request: { $services }. The operator can switch it on again.
trace-blocked = The payment is not the reason. Stopped by the operator: { $services }. A person in support can tell you why.
trace-unblocking = The payment is credited and there is no debt: services will be back by { $until }
trace-stuck = The payment is credited and there is no debt, but services are still off: the fault is ours
trace-working = The payment is credited, there is no debt and services are on: money is not the reason. Let us check the rest.
trace-unknown = The payment is credited and there is no debt. The operator’s system does not say whether services are on. Let us check the rest.
trace-credited = Payment credited: { $payment }
trace-stopped = Still suspended: { $services }
trace-on = Nothing is suspended for debt now: if something does not work, there is another reason.
trace-facts = For the operator: account { $number }, payment of { $day }, { $clock }, sum { $sum }, method “{ $method }”.
trace-facts-plain = For the operator: account { $number }, payment of { $day }, { $clock }, sum { $sum }.

## What does not work

trouble-debt = Services are suspended for a debt of { $debt }
trouble-fee = Services are suspended: { $sum } is missing for the fee
trouble-unblocking = Services were suspended for debt and are not back yet, although there is no debt any more
trouble-suspended = Paused at your request
trouble-blocked = Stopped by the operator
trouble-fault = There is an outage at your address, it is being repaired
trouble-planned = There is planned work at your address
trouble-clear = Neither the payment nor a known outage is the reason
trouble-unclear = From what I can see, there is no clear reason
trouble-checked = What was checked:
trouble-check-owed = • Debt: { $debt }
trouble-check-debt-none = • Debt: none
trouble-check-untold = • Whether services are suspended: the operator’s system does not say
trouble-check-blocked-debt = • Suspended for debt: { $services }
trouble-none-blocked-debt = • Suspended for debt: nothing
trouble-check-suspended = • Paused at your request: { $services }
trouble-none-suspended = • Paused at your request: nothing
trouble-check-blocked = • Stopped by the operator: { $services }
trouble-none-blocked = • Stopped by the operator: nothing
trouble-check-outages-none = • Outages and planned work at your address: none now
trouble-check-outages-untold = • Outages at your address: the operator’s system does not say
trouble-fault-since = • Outage: { $title }. It began { $since }, no end has been named yet
trouble-fault-until = • Outage: { $title }. It began { $since }, to be repaired by { $until }
trouble-fault-late = • Outage: { $title }. It began { $since }, the repair is taking longer than promised
trouble-planned-since = • Planned work: { $title }. From { $since }, no end has been named yet
trouble-planned-until = • Planned work: { $title }. From { $since } to { $until }
trouble-next-debt =
    { $minutes ->
        [one] After a payment services come back by themselves within { $minutes } minute.
       *[other] After a payment services come back by themselves within { $minutes } minutes.
    }
trouble-next-paid = Press “I paid, it does not work”: I will look where the payment is.
trouble-next-suspended = The operator can switch it on again.
trouble-next-blocked = A person in support can tell you why and what to do.
trouble-next-outage = There is nothing you need to do: services come back when the work is done.
trouble-try =
    What to try:
    1. Unplug the equipment for half a minute and plug it in again.
    2. Check that the cables are firmly in.
    3. Wait five minutes and look again. If that does not help, ask for the operator.
trouble-try-internet =
    What to try:
    1. Unplug the router for half a minute and plug it in again.
    2. Check that the cable is firmly in, and wait five minutes.
    3. Open a site on another device. If that does not help, ask for the operator.
trouble-try-tv =
    What to try:
    1. Unplug the set-top box for half a minute and plug it in again.
    2. Check the cables between the box, the TV and the router.
    3. Switch the TV to the input of the box. If that does not help, ask for the operator.
trouble-try-phone =
    What to try:
    1. Check that the receiver is in place and the cord firmly in.
    2. Connect another telephone, if you have one.
    3. Unplug the equipment for half a minute and plug it in again. If that does not help, ask for the operator.
trouble-try-mobile =
    What to try:
    1. Switch flight mode on for half a minute and off again.
    2. Restart the phone.
    3. Check that mobile data is on. If that does not help, ask for the operator.

## Buttons

button-paid = I paid, it does not work
button-trouble = Something does not work
