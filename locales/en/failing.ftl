### When the operator's system is silent and the last figures are known.

failing-last-known = The operator’s system is not answering. This is what was known as of { $at }:
failing-changed = The figures may have changed since then. Please try again in a couple of minutes. Code: { $code }

# The billing answers in the customer’s own name only, and that sign-in is over.
sign-in-again = The system of { $operator } asks you to confirm once more that account { $number } is yours: the earlier sign-in has ended or the password was changed. The account stays linked: sign in again and I will answer.
button-sign-in = Sign in again
