### Payment history as a picture: the same figures stand beside it in words.

payments-part =
    { $count ->
        [0] { $name }: no payments
        [one] { $name }: { $sum }, { $count } payment
       *[other] { $name }: { $sum }, { $count } payments
    }
payments-by-month = By month
payments-by-year = By year
button-payments-bars = By month, as a picture
button-payments-list = As a list
