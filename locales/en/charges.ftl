### Charges and "why so much?".
### Taken and given back are always told apart by a word: a sign is easily missed.

## Balance at the edges of a period

edge-opening = Balance at the start of { $day }: { $own }
edge-closing = Balance at the end of { $day }: { $own }
edge-now = Balance now: { $own }

## History of charges

charges-total =
    { $count ->
        [one] { $count } charge, { $total }, for { $period }
       *[other] { $count } charges, { $total }, for { $period }
    }
charges-empty = No charges for { $period }
charges-back-only = { $sum } given back for { $period }, no charges
charges-back = Given back: { $sum }
charges-net = Total after refunds: { $sum }
charges-net-back = { $sum } more was given back than charged
charges-of = Only for “{ $title }”
charges-strange = There is no such service on this account. Here are the charges for all services.
charges-which = Which service’s charges shall I show?
charges-services = By service:
charges-no-service = No service named
charges-services-rest =
    { $count ->
        [one] { $count } more service
       *[other] { $count } more services
    }
charges-share = { $title }: { $sum }
charges-share-back = { $title }: { $sum } given back
charge = { $day }: { $sum }
charge-back = { $day }: { $sum } given back

## Why so much?

why-more = { $sum } charged for { $period }: { $more } more than for { $before } ({ $was })
why-less = { $sum } charged for { $period }: { $less } less than for { $before } ({ $was })
why-same = { $sum } charged for { $period }: the same as for { $before }
why-nothing = Nothing was charged for { $period }, nor for { $before }
why-first = { $sum } charged for { $period }. There is nothing to compare with yet: your contract began in this period
why-first-none = Nothing was charged for { $period }. There is nothing to compare with yet: your contract began in this period
why-lines = What has changed:
why-line-more = • { $title }: { $sum } more
why-line-less = • { $title }: { $sum } less
why-rest = Everything else
why-new-service = This service was not charged before
why-gone-service = This service is no longer charged
why-new-option = A new option, there was none before
why-tariff = The fee has changed: it was “{ $title }”, { $before }, and is { $now } now
why-price = The price has changed: it was { $before } and is { $now } now
why-times = Charged several times: { $before } before, { $now } now
why-calls = Charged for calls: { $before } before, { $now } now
why-talk = What changed most: { $direction }, { $before } before, { $now } now
why-talk-time = Talk time: { $before } before, { $now } now
why-once = A one-off charge, there was none last time
why-added = There was no such charge before
why-gone = This charge is gone now
why-sum = It was { $before } and is { $now } now
why-refund = You got { $sum } back
why-no-refund = Last time you got { $sum } back, this time nothing
why-refunds = { $before } was given back before, { $now } now
why-hint = You can compare another period: type “for March”, for example.
why-doubt = If a charge looks wrong, ask for the operator.

## Buttons

button-charges = Charge history
button-charges-all = All services
button-charges-which = For one service
button-why = Why so much?
button-why-charges = Show all charges
