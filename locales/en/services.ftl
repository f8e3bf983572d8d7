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
service-tariff = plan "{ $tariff }"
service-fee = { $fee } a month
service-fee-daily = { $fee } a month, taken every day
service-fee-advance = { $fee } a month, taken on { $day }
service-fee-credit = { $fee } a month, charged on { $day }
service-balance = service balance { $own }
service-remedy-pay = will work again once { $sum } is paid
service-remedy-paid =
    { $minutes ->
        [one] no debt any more, it usually works again within { $minutes } minute
       *[other] no debt any more, it usually works again within { $minutes } minutes
    }
service-remedy-support = support will tell you why
service-remedy-resume = the operator can switch it on again
service-remedy-connect = the operator can connect it
