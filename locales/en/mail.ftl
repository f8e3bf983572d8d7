### Bill by e-mail: where documents go, a new address, send it once more.

mail-head = Where bills and documents are sent:
mail-line = • { $service }: by e-mail to { $email }
mail-line-none = • { $service }: not by e-mail
mail-service = Service { $number }
mail-services =
    { $count ->
        [one] { $count } service
       *[other] { $count } services
    }
mail-none = This account has no documents that can be sent by e-mail.
mail-elsewhere = To change this, please contact { $operator }.

## A new address

mail-which-change = Which service is the address for?
mail-new =
    Documents: { $services }.
    Type the new e-mail address, for example { $example }. A code will be sent there to make sure that it is yours.
mail-unreadable = This does not look like an e-mail address. One address like { $example } is needed, in Latin letters and without spaces. Please type it again.
mail-confirm =
    New address: { $email }
    Documents: { $services }.
    If this is right, we will send a code there. If there is a mistake, press “Cancel” and start again.
mail-same = It is like that already: { $services }, documents are sent to { $email }.
mail-done = Done: { $services }, documents will be sent to { $email }.
mail-farewell =
    { $operator }: documents no longer come to this address
    The address for documents was changed or switched off in the chat. Account { $number }, services: { $services }.
    If it was not you, please contact the operator.

## No more

mail-which-off = For which service shall I stop sending documents by e-mail?
mail-off-sure = Stop sending documents by e-mail: { $services }? The bill can always be seen here, in the chat.
mail-off-done = Done, documents are no longer sent by e-mail: { $services }. You can switch it on again at any time.

## Once more

mail-sent = The bill for { $period } has been sent to { $email }. The e-mail may take a few minutes. If it does not come, please look into the spam folder.
mail-nowhere = Bills are not sent by e-mail now: there is no address. You can set one, or get the file right here.
mail-undrawn = I could not make the file just now, so no e-mail was sent. Please try again in a few minutes.
mail-limit = The bill has been sent by e-mail three times within a day, so no more today. You can get the file right here.
mail-subject = { $operator }: bill for { $period }, account { $number }
mail-letter = All payments and charges for { $period } are in the attached file.
mail-why = This e-mail was sent automatically: somebody asked for it in the chat. There is no need to reply.

## Buttons

button-mail = Bill by e-mail
button-mail-send = Send the bill by e-mail
button-mail-set = Set an e-mail address
button-mail-change = Change the e-mail address
button-mail-off = Stop sending by e-mail
button-mail-off-yes = Yes, stop
button-mail-all = For all services
button-mail-code = Yes, send the code
button-mail-here = Send the file here
button-no-mail = Cancel
