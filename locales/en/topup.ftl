### Top-up: the sum, the QR code, bank details, the payment page, paying right in the chat.

## The sum

topup-debt = Of this, { $debt } is debt: once it is paid, suspended services will be back
topup-which = Choose a sum or type another one, for example “500”.
topup-ahead = If you would like to pay ahead, choose a sum or type one, for example “500”.
topup-at-once = One payment can be up to { $largest }. Please pay the rest with another one.
topup-range = One payment can be from { $least } to { $largest }. Please type another sum.
topup-kopecks = After the point a sum has only kopecks, two digits. Please type it again, for example “500” or “500.50”.
topup-no-sum = I could not read the sum. Please type it in figures, for example “500” or “1500”.
topup-nowhere = You cannot pay from here yet. { $operator } will tell you how to pay: the phone number is in your contract.
topup-nowhere-phones = You cannot pay from here yet. { $operator } will tell you how to pay:

## How to pay

topup = Top up account { $number } by { $sum }
topup-code = By QR code: choose payment by QR in your bank’s app and point the camera at the picture, or open it from your gallery.
topup-requisites = By bank details, each on its own line:
topup-payee = Payee: { $value }
topup-inn = INN: { $value }
topup-kpp = KPP: { $value }
topup-account = Account: { $value }
topup-bank = Bank: { $value }
topup-bic = BIC: { $value }
topup-corr = Correspondent account: { $value }
topup-purpose = Purpose: { $value }
topup-sum = Sum: { $value }
topup-days =
    { $days ->
        [0] Such a transfer usually arrives on the same day.
        [one] Such a transfer takes up to { $days } day.
       *[other] Such a transfer takes up to { $days } days.
    }
topup-page = On the payment page: the button below opens it with your account and the sum.
topup-here = Right in this chat: press “Pay here”.
topup-other = Need another sum? Just type it.

## Paying in the chat

invoice = Your invoice for { $sum } is below and is valid for an hour. I will write here once the money is credited.
invoice-title = Top-up of account { $number }
invoice-about = { $operator }: communication services, account { $number }
invoice-line = Communication services
invoice-received = Your payment of { $sum } has been received and is being credited. I will write as soon as it is on the account.
invoice-unknown = This invoice was not found. Please open “Top up” and start again.
invoice-expired = This invoice is no longer valid. Please open “Top up” and start again.
invoice-paid = This invoice is already paid, there is no need to pay twice.
invoice-changed = The sum of this invoice does not match. Please open “Top up” and start again.
invoice-closed = This account is closed and cannot take money. A person at the operator can help.
invoice-unsure = The account cannot be checked right now, no money was taken. Please try again in a couple of minutes.

## Buttons

button-topup = Top up
button-topup-other = Another sum
button-pay-ways = QR code and other ways
button-invoice = Pay here
