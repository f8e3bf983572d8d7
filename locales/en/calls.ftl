### Call detail. A number is never shown whole.

calls-total =
    { $count ->
        [one] { $count } outgoing call, { $minutes }, { $cost }, for { $period }
       *[other] { $count } outgoing calls, { $minutes }, { $cost }, for { $period }
    }
calls-none = No calls for { $period }
calls-none-out = No outgoing calls for { $period }
calls-of = Phone: { $title }
calls-incoming = Incoming
calls-outgoing = Outgoing
calls-sum =
    { $count ->
        [one] { $title }: { $count } call, { $minutes }, { $cost }
       *[other] { $title }: { $count } calls, { $minutes }, { $cost }
    }
calls-sum-free =
    { $count ->
        [one] { $title }: { $count } call, { $minutes }
       *[other] { $title }: { $count } calls, { $minutes }
    }
calls-most = Called most often:
call = { $day }, { $time }: { $number }, { $length }, { $cost }
call-untimed = { $day }: { $number }, { $length }, { $cost }
call-incoming = { $call }, incoming
calls-unknown-number = number unknown
calls-zone = Times are in the account’s time zone: { $zone }. Unanswered calls are not counted.
calls-untimed = The operator’s system does not tell at what time the calls were made: only the day is known. Unanswered calls are not counted.
calls-which = Calls from which phone shall I show?
calls-strange = There is no such phone on this account. Here is the one that is there:
calls-no-phone = There is no phone on this account, so there are no calls.

## As a file

calls-file = Calls
calls-file-inside = A CSV file, { $size }, that Excel opens: every call in a row of its own. Numbers are not shown whole there either, because the file stays in this chat. The operator can tell you the whole numbers.
calls-file-undrawn = I could not make the file just now, please try again in a few minutes.
calls-column-time = Date and time, { $zone }
calls-column-way = Kind
calls-column-number = Number
calls-column-direction = Direction
calls-column-seconds = Length, s
calls-column-cost = Cost, { $currency }

## Buttons

button-calls = Call detail
button-calls-file = Send as a file
button-calls-back = Show in the chat
button-calls-other = Another phone
