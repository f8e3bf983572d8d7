### A code that proves that the owner of the account is the one who asks.

proof-why = First, let us make sure that it is you: we will send a six-digit code to a contact from your contract. The proof lasts for 15 minutes.
proof-which = First, let us make sure that it is you: we will send a six-digit code. Choose where to. The proof lasts for 15 minutes.
proof-to-email = E-mail: { $address }
proof-to-sms = SMS: { $address }
proof-nowhere = A confirmation code is needed here, but there is nowhere I can send it. { $operator } can help:
proof-sent-email = The code was sent to { $address }. Type it here: six digits, valid for 10 minutes. If there is no message, please look into the spam folder.
proof-sent-sms = The code was sent by SMS to { $address }. Type it here: six digits, valid for 10 minutes.
# The first line of the letter becomes its subject.
proof-letter-email =
    Confirmation code from { $operator }
    { $code }

    This is your code { $reason }. Type it into the chat that asked for it. It is valid for 10 minutes and works once.
    Never tell this code to anybody, not even to our staff. If you did not ask for it, simply delete this message.
# No longer than 134 characters: two parts of an SMS.
proof-letter-sms = { $operator }: { $code } is your code { $reason }. Never tell it to anybody. Valid for 10 minutes.
proof-for-verify = to see personal details
proof-for-email = to receive bills at this address
proof-wrong =
    { $left ->
        [one] The code does not match. { $left } try left.
       *[other] The code does not match. { $left } tries left.
    }
proof-shape = The code has six digits. Please check it and type it again.
proof-used-up = The code did not match five times, so it is no longer valid. You can ask for a new one.
proof-over = This code is no longer valid: it lives for 10 minutes and works once. Ask your question again to get a new one.
proof-limit-soon = Three codes were sent already. So that nobody can flood you with messages, the next one can be asked for in 15 minutes.
proof-limit-day = Ten codes were sent within a day, which is the limit. Please try tomorrow or contact the operator.
button-proof-again = Send the code again
button-no-verify = Cancel
