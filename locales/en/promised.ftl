### The promised payment. It is not the customer's money and is never added to the balance.

promised-terms = You can take a promised payment of { $sum } now
promised-changed = The terms have changed. Here is what holds now:
promised-fee = Its fee: { $fee }
promised-free = There is no fee
promised-until = Pay it back by { $day }
promised-not-own = It is not your own money: it has to be paid back, and it is not added to your balance.
promised-otherwise = If it is not paid back in time, services may be suspended again.
promised-sure = Take a promised payment of { $sum }?
promised-taken = Done, you have taken the promised payment
promised-on-again =
    { $minutes ->
        [one] If services are suspended for debt, they will be back within { $minutes } minute.
       *[other] If services are suspended for debt, they will be back within { $minutes } minutes.
    }

## Refusal

promised-impossible = I cannot take a promised payment for you: the operator’s system does not let me. A person in support can help.
promised-no-outstanding = You already have a promised payment: a new one is possible once it is paid back
promised-no-recent = A promised payment is not possible now: the last one was not long ago
promised-no-needless = You do not need a promised payment yet: your money lasts until { $day }
promised-no-needless-plain = You do not need a promised payment yet: there is enough money
promised-no-debt = A promised payment is not possible now: the debt of { $debt } is larger than it covers
promised-no-scheme = A promised payment is not possible here: it is for those who pay in advance, and you pay by bill
promised-no-newcomer = A promised payment is not possible now: your contract is still too new
promised-no-other = A promised payment is not possible now
promised-no-reason = A promised payment is not possible now. The operator says: { $reason }
promised-possible = It will be possible { $day }.
promised-possible-unknown = The operator’s system does not say from which day it will be possible.
promised-later = If there is too little when the next fee is near, ask again.
promised-pay-back = There is nothing special to do: ordinary payments pay it back.
promised-bill-due = There is a bill of { $sum }, to be paid by { $day }. It is not a debt.
promised-instead = A payment helps: { $sum }.

## Buttons

button-promised = Promised payment
button-promised-ask = Take it
button-promised-yes = Yes, take it
button-no-promised = No, not now
