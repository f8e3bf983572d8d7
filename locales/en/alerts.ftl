### Alerts: what about, when, where to. First what holds now, then how to change it.

alerts-on = Alerts are on.
alerts-off = Alerts are off.
alerts-now-on = Done, alerts are on. You can choose what to be told about.
alerts-now-off = Done, alerts are off. You can turn them on again at any time.
alerts-impossible = Alerts are not possible for this account yet: the operator does not report changes of the balance. You can ask for the balance at any time.
alerts-threshold = Threshold: { $sum }, account { $number }
alerts-zone = Time zone: { $zone }
threshold-which = The threshold is now { $sum } for account { $number }. Choose another or type a sum in rubles.
threshold-set = Done. The threshold for account { $number } is { $sum }.
threshold-range = The threshold can be from 0.01 to { $largest }. Please type another sum.

## What about

topics = What I write about:
topic = { $name }: { $wish }
topic-set = Done. { $name }: { $wish }
topic-is-on = on
topic-is-off = off
topic-days = You can type days of your own, for example “5 and 2 days before”.
topic-low = I write when less than the threshold is left on the account, and when there is enough again.
topic-lasts = I work out from fees and use until which day the money lasts, and write ahead of it.
topic-fee = I write ahead if there is not enough for the next fee.
topic-bill = I write when a bill is issued: the sum and the due day.
topic-due = I write ahead if a bill is not paid yet and its due day comes near.
topic-overdue = I write if the due day has passed, before services are suspended.
topic-service = I write when a service is suspended for debt and when it works again.
topic-paid = I write when a payment arrives: the sum, the method and the balance after it.
topic-promise = I write ahead when a promised payment is to be paid back.
topic-charge = I write about an unusually large charge and a new paid option.
topic-outage = I write about an outage or works at your address, and when they are over.
topic-digest = Once a week I write the balance, and how much to pay and by when.
days-before =
    { $last ->
        [one] { $days } day before
       *[other] { $days } days before
    }
days-after =
    { $last ->
        [one] { $days } day after
       *[other] { $days } days after
    }
list-and = { $most } and { $last }
weekly =
    { $weekday ->
        [1] on Mondays
        [2] on Tuesdays
        [3] on Wednesdays
        [4] on Thursdays
        [5] on Fridays
        [6] on Saturdays
       *[7] on Sundays
    }

## When

hour = Time of alerts about days: { $time }
hour-set = Done. Alerts about days come at { $time }.
hour-which = Choose another or type, for example, “9 am” or “18:30”.
hour-quiet = Those are quiet hours: they will come at { $end }, when these are over.
quiet = Quiet hours: from { $start } to { $end }, no alerts are sent then
quiet-none = No quiet hours: alerts may come at any time
quiet-which = Choose others or type, for example, “22-8”.
zone-which = Choose your city or one nearby with the same time. You can also type its name.
zone-Europe-Kaliningrad = Kaliningrad (MSK−1)
zone-Europe-Moscow = Moscow (MSK)
zone-Europe-Samara = Samara, Izhevsk (MSK+1)
zone-Asia-Yekaterinburg = Yekaterinburg, Perm (MSK+2)
zone-Asia-Omsk = Omsk (MSK+3)
zone-Asia-Krasnoyarsk = Krasnoyarsk (MSK+4)
zone-Asia-Irkutsk = Irkutsk, Ulan-Ude (MSK+5)
zone-Asia-Yakutsk = Yakutsk, Chita (MSK+6)
zone-Asia-Vladivostok = Vladivostok (MSK+7)
zone-Asia-Magadan = Magadan, Sakhalin (MSK+8)
zone-Asia-Kamchatka = Kamchatka, Chukotka (MSK+9)

## Where to

here-this = Alerts about account { $number } come here.
here-other = Alerts about account { $number } go to another chat: { $network }.
here-nobody = Alerts about account { $number } go nowhere: they are off.
here-set =
    { $count ->
        [1] Done. Alerts about your account now come here, and only here.
       *[other] Done. Alerts about your accounts now come here, and only here.
    }

## Once more tomorrow

remind-set = All right, I will remind you: { $at }. If it is settled by then, I will not write.
remind-if = All right, I will remind you: { $at }. If there is nothing to pay then, I will not write.

## Buttons
button-alerts-on = Turn on alerts
button-alerts-off = Turn off alerts
button-threshold = Threshold
button-quiet = Quiet hours
button-quiet-none = No quiet hours
button-zone = Time zone
button-zones-more = Other cities
button-topics = What about
button-topics-more = Other events
button-topic-low = Low balance
button-topic-lasts = Money runs out
button-topic-fee = Not enough for a fee
button-topic-bill = New bill
button-topic-due = Bill due soon
button-topic-overdue = Bill overdue
button-topic-service = Services suspended
button-topic-paid = Payment received
button-topic-promise = Promised payment ends
button-topic-charge = Unusual charges
button-topic-outage = Outages and works
button-topic-digest = Weekly balance
button-topic-is-on = Turn on
button-topic-is-off = Turn off
button-hour = Time
button-here = Where they come
button-here-on = Send them here
