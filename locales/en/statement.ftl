### Statement: a few lines on the screen, the whole of it in a file.

statement-head = Statement for { $period }
statement-payments =
    { $count ->
        [0] Received: nothing
        [one] Received: { $sum }, { $count } payment
       *[other] Received: { $sum }, { $count } payments
    }
statement-charges =
    { $count ->
        [0] Charged: nothing
        [one] Charged: { $sum }, { $count } charge
       *[other] Charged: { $sum }, { $count } charges
    }
statement-no-payments = Payments: the operator’s system does not tell them
statement-no-charges = Charges: the operator’s system does not tell them
statement-which = As which file shall I send it? You can type another period: “for March”.
statement-sent = Statement for { $period }, { $size }
statement-inside-pdf = In the PDF file: every payment and every charge, totals by service, and how the account stands today.
statement-inside-csv = A CSV file that Excel opens: every payment and every charge in a row of its own.
statement-undrawn = I could not make the file just now, please try again in a few minutes. Here are the totals:

## In the file

statement-file = Statement
statement-title = Statement of account { $number }
statement-holder = Holder
statement-period = Period
statement-table-payments = Payments
statement-table-services = Charges by service
statement-table-charges = Charges
statement-day = Date
statement-operation = Operation
statement-what = What for
statement-service = Service
statement-sum = Sum
statement-total = Total
statement-none = None in this period
statement-payment = Payment
statement-charge = Charge
statement-back = Given back: { $title }
statement-opening = Balance at the start of the day
statement-closing = Balance at the end of the day
statement-closing-now = Balance now
statement-came = Received, { $currency }
statement-taken = Charged, { $currency }
statement-balance = Balance, { $currency }
statement-foot = { $operator }. Made on { $day }. The account number is shown by its last four digits only.
statement-pages = page { $page } of { $pages }

## Buttons

button-statement = Statement
button-statement-pdf = Send as PDF
button-statement-csv = Send for Excel
