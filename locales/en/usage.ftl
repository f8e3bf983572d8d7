### Usage: traffic by day, calls by direction, purchases.
### Empty and unknown never look like zero.

## How much

size-b = { $n } B
size-kb = { $n } KB
size-mb = { $n } MB
size-gb = { $n } GB
size-tb = { $n } TB
talk-seconds = { $seconds } s
talk-minutes = { $minutes } min
talk-both = { $minutes } min { $seconds } s

## Directions: of calls, and of the parts of a home phone

direction-local = Local calls
direction-zone = Calls within the region
direction-intercity = Long-distance calls
direction-international = International calls
direction-mobile = Calls to mobiles
direction-other = Other directions

## Statistics

usage-total = { $title }: { $amount } for { $period }
usage-talk =
    { $count ->
        [one] { $title }: { $amount }, { $count } call for { $period }
       *[other] { $title }: { $amount }, { $count } calls for { $period }
    }
usage-pieces =
    { $count ->
        [one] { $count } purchase
       *[other] { $count } purchases
    }
usage-calls =
    { $count ->
        [one] { $count } call
       *[other] { $count } calls
    }
usage-received = Received
usage-sent = Sent
usage-parts = Received { $received }, sent { $sent }
usage-beyond = Charged on top of the plan: { $sum }
usage-cost = { $sum } on top of the plan
usage-average = Average a day: { $amount }
usage-busiest = Most: { $day }, { $amount }
usage-by = By date:
usage-by-two = By date, received + sent:
usage-bar = { $label }: { $amount }
usage-rest = Nothing the rest of the time
usage-directions = By direction:
usage-direction-none = { $direction }: none for { $period }
usage-purchase = Purchase
usage-none = { $title }: nothing used for { $period }
usage-which = Statistics for { $period }: which service?
usage-nowhere = There are no services with statistics on this account.
usage-left = I cannot see how much of a package is left: that is in the operator’s account on the web. Here is what has been used so far.

## Buttons

button-usage = Statistics
button-usage-other = Another service
