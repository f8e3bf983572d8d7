### Services: the list, one service, plans and paid options.
### A state of a service is called the same on every screen.

## State, plan, fee

services = Services:
service = { $title }: { $about }
service-active = working
service-suspended = paused at your request
service-blocked-debt = suspended because of the debt
service-blocked = stopped by the operator
service-off = not connected
service-tariff = plan “{ $tariff }”
service-fee = { $fee } a month
service-fee-daily = { $fee } a month, taken every day
service-fee-advance = { $fee } a month, taken on { $day }
service-fee-credit = { $fee } a month, charged on { $day }
service-balance = service balance { $own }
service-remedy-pay = will work again once { $sum } is paid
service-remedy-debt = will work again once the debt of { $sum } is paid
service-remedy-paid =
    { $minutes ->
        [one] no debt any more, it usually works again within { $minutes } minute
       *[other] no debt any more, it usually works again within { $minutes } minutes
    }
service-remedy-support = support will tell you why
service-remedy-resume = the operator can switch it on again
service-remedy-connect = the operator can connect it

## The list

services-all-on =
    { $count ->
        [one] { $count } service, working
       *[other] { $count } services, all working
    }
services-some-on =
    { $count ->
        [one] { $on } of { $count } service working
       *[other] { $on } of { $count } services working
    }
services-none-on =
    { $count ->
        [one] { $count } service, not working now
       *[other] { $count } services, none working now
    }
services-none = There are no connected services on this account
services-sum = Balance of all services: { $own }
services-picture = My services
services-picture-sum = Balance of all services
services-picture-debt = Debt
services-picture-no-debt = none
services-picture-rest =
    { $count ->
        [one] and { $count } more service
       *[other] and { $count } more services
    }

## One service

service-gone = There is no such service on this account. Please choose one of these:
service-which = Which service shall I show?
service-charged = Charged for this service: { $sum } for { $period }
service-returned = Returned for this service: { $sum } for { $period }
service-uncharged = Nothing was charged for this service for { $period }
service-options = Paid options:
service-components = What the service includes:
option-free = free of charge
carrier-own = • operator “{ $title }”: balance { $own }
carrier-debt = • operator “{ $title }”: debt { $debt }
delivery-mail = Documents: by e-mail to { $email }
delivery-none = Documents: not by e-mail

## Plan

tariff-total = { $sum } a month for all services
tariff-total-one = { $sum } a month
tariff-unknown = The monthly fee is not known for every service, so I cannot give a total
tariff-nothing = No fee is being taken now: no service is working
tariff-off = Paused and disconnected services are not part of the sum.
tariff-options = Paid options are not included: ask for “paid options”.
tariff-speed = The speed cannot be seen here: it is in your contract and in your account on the web, often in the plan’s name as well.
tariff-change = You can change your plan in your account on the web or by calling the operator. I cannot change plans myself.
tariff-change-phone = You can change your plan by calling the operator. I cannot change plans myself.

## Paid options

options-total =
    { $count ->
        [one] { $count } paid option, { $sum } a month
       *[other] { $count } paid options, { $sum } a month
    }
options-untold =
    { $count ->
        [one] { $count } paid option, its price cannot be seen here
       *[other] { $count } paid options, the total cannot be seen here
    }
options-idle = Nothing is being taken for paid options: none is working
options-none = There are no paid options or subscriptions
options-none-of = There are no paid options or subscriptions for this service
options-change = You can switch options on or off in your account on the web or by calling the operator. I cannot do it myself.
options-change-phone = You can switch options on or off by calling the operator. I cannot do it myself.

## Buttons

button-services = My services
button-further = More, page { $page }
button-service = About this service
button-tariff = Plan and monthly fee
button-options = Paid options
