### Talk: greeting, menu, consent, linking, alerts, personal data, failures.

## Greeting

# Two lines at most, and the word "bot" is in them.
greeting =
    Hello! I am the { $operator } bot: I show your balance, debt, what to pay and your payments.
    Type in your own words or tap a button. To reach a person, say “operator”.
hello-again = Hello! What would you like to see?
welcome = You are welcome! Write whenever you need something.
sorry = I am sorry about that. I am a bot and cannot help with everything: a person can look into it.
beyond = I cannot answer that. I know about your balance, what to pay, payments and charges, services, statistics and alerts. An operator will help with the rest.

## Menu

menu = Main menu. Tap a button or type in words.
more = Here is what else you can ask. Tap a button or use your own words.
outdated = That button is out of date, here is a fresh menu.
not-available = That account is not available in this chat. Here is what you can open:
press-the-button = That button opens a page in the browser: please tap it in the message above.
nothing-changed = All right, nothing has changed.
followup-yes = All right. What shall I show you?
followup-details = I know nothing more about this. A human being at the operator can help.
followup-wrong = What did you mean?
slow-down = That is a lot of messages at once. Please wait a minute and write again.
one-moment = One moment, getting the figures…

## Not understood

perhaps-meant = I am not sure I understood. Did you mean:
not-understood = I did not understand. I answer questions about balance, payments, debt and services. For example:
cannot-open = I do not open pictures, voice messages or files. Please write in words or choose:
not-understood-menu = I still did not understand. Here is everything I can do; if it is not here, tap “Operator”.
not-understood-again = I understand questions about money and services: “balance”, “how much to pay”, “payments for March”, “my services”. A person will help with the rest.

## Help

help =
    I am the { $operator } bot. You can ask me for:
    • “balance”, “debt”, “how much to pay”: the money questions
    • “my services”, “my plan”, “subscriptions”: what is connected and what it costs
    • “payments for March”, “charges”, “why so much”: where the money went
    • “top up 500”, “promised payment”: how to pay now or a little later
    • “statistics”, “call detail”, “statement”: the details over any period
    • “internet is not working”, “paid but not working”: what to check
    • “alerts”: I will warn you before the money runs out
    Say “unlink” to unlink an account, “stop” to end my messages.
help-public =
    I am the { $operator } bot. On this network I give general information only: phones and opening hours.
    I do not show balance, debt or payments here.
safe =
    I never ask for your password: it is entered only on the operator’s page, does not reach the chat and is not kept by us.
    Only a chat that you linked yourself sees the account. I never talk about money in group chats.
    I show the last four digits of an account number; the whole number stands only in the bank details for a payment.
    Say “unlink” to unlink an account, “forget me” to erase everything about you.

## Operator

operator = { $operator }, help from a person:
operator-unknown = { $operator }: you will find the support phone in your contract and on the website.
contact = { $title }: { $phone }
contact-hours = { $title }: { $phone }, { $hours }

## Where we do not talk about money

public-only = I give general information only here. Your account is served on: { $networks }.
public-only-nowhere = I give general information only here. Please contact the operator about your account.
write-privately = I talk about your account in private messages only. Please write to me there.

## Language

language-which = Choose a language.

## Consent

consent =
    Consent to the processing of personal data, version { $version }

    To answer about your account, { $operator } processes: the number of this chat, the linked accounts and the names you gave them, your settings, payments made in this chat, the time of this consent, and which facts about the account were shown.
    Why: to answer about the account, to take payments, to send codes and bills to the e-mail and phone that the operator has on record, and to send alerts if you turn them on. No advertising.
    How long: until you withdraw your consent. To withdraw it and erase everything, say “forget me”.

    Do you agree?
consent-refused = All right. I cannot talk about your account without it, but I can give phones and opening hours. If you change your mind, say “link”.

## Linking

link-first =
    To answer that, I need you to link your account once. Tap “Link account”: a page will open where you sign in with the login and password of your personal account.
    Do not type the password into this chat.
link-page =
    1. Open the page { $site } with the button below and sign in with the login and password of your { $operator } personal account.
    2. The page will show a code of six characters. Type it here.
    The link is yours alone and works for 10 minutes. Do not forward it to anyone.
link-full =
    { $count ->
        [one] This chat can have only { $count } linked account. To add another, unlink this one.
       *[other] This chat can have up to { $count } linked accounts. To add one, unlink another.
    }
link-old = This link is out of date or already used. Please start linking again.
link-is-page = This link opens in a browser and belongs to the chat that asked for it. To link an account to this chat, tap the button.
code-too-early = This code is not from our page yet. First open the page with the button above and sign in: the code will appear there.
code-slipped = There is a slip in this code: the page shows six characters, letters and digits. Please check it and type it again
code-wrong =
    { $left ->
        [one] That code is not right. You have { $left } try left.
       *[other] That code is not right. You have { $left } tries left.
    }
code-used-up = The code was wrong five times, so it no longer works. Please start linking again.
code-expired = This code no longer works. Please start linking again: the page will show a new one.
join-confirm =
    Link to this chat?
    { $accounts }
    The chat will see balance, debt and payments. Agree only if you tapped “Link” in your personal account yourself.
linked =
    Done, linked:
    { $accounts }
    Shall I warn you before the money runs out? Tap “Turn on alerts”.

## Accounts

account = { $number } · { $holder }
account-line = Account { $account }
accounts =
    { $count ->
        [one] { $count } account is linked to this chat:
       *[other] { $count } accounts are linked to this chat:
    }
account-listed = • { $account }
account-chosen = • { $account }, selected
account-now = I am now answering about account { $account }, until you choose another one.
account-gone = Account { $number } is closed or no longer available, so it was unlinked from this chat. If that is a mistake, please contact the operator.
unlink-nothing = No account is linked to this chat.
unlink-which = Which account shall I unlink?
unlink-confirm = Unlink account { $account } from this chat? Answers and alerts about it will end. The account and its services stay as they are.
unlinked = Account { $account } is unlinked. To link it again, say “link”.
stranger-confirm = Cut off the chat on { $network } from account { $account }? It will no longer see the balance or the payments.
stranger-cut =
    Done: the chat on { $network } no longer sees account { $account }.
    Somebody signed in with your password. Please change the password of your personal account and tell the operator.
stranger-gone = That chat no longer sees account { $account }.

## Alerts

stopped = I will not write to you first any more: all alerts are off. To bring them back, say “turn on alerts”. I still answer your questions.


## Password

password-typed = That looks like a password. I did not keep it and deleted the message where I could; if it is still in the chat, please delete it yourself. The password is entered only on the sign-in page: “Link account” opens it.
password-public = That looks like a password. I did not keep it and deleted the message where I could; if it is still in the chat, please delete it yourself. Never type a password into a chat.

## Your data

export = Everything that { $operator } keeps about this chat is in the attached file. In short:
export-links =
    { $count ->
        [0] No accounts are linked.
        [one] { $count } account is linked.
       *[other] { $count } accounts are linked.
    }
export-consent = Consent, version { $version }, given { $at }.
export-no-consent = There is no consent to data processing.
export-file = My_data
forget-confirm = Erase everything I remember about this chat: linked accounts, consent, settings and our messages? This cannot be undone, but you can link the account again.
farewell = Done: everything about this chat is being erased, and I will not write to you first any more. If you need me, just write.

## Failures

billing-silent = The operator’s system is not answering, so I will not show figures: none are better than wrong ones. Please try again in a couple of minutes. Code: { $code }
billing-cannot = I do not have this information: the operator’s system does not provide it. An operator can tell you.
our-fault = I could not answer: the fault is ours and we know about it. If it is urgent, contact the operator and give the code { $code }

## Buttons

button-accounts = My accounts
button-help = Help
button-operator = Operator
button-menu = Menu
button-more = More
button-more-on = Next ›
button-more-back = ‹ Back
button-safe = Is it safe?
button-language = Language · Язык
button-export = My data
button-forget = Forget me
button-forget-yes = Yes, erase everything
button-no-forget = No, keep it
button-agree = I agree
button-disagree = I do not agree
button-link = Link account
button-unlink = Unlink account
button-open-page = Open the sign-in page
button-no-link = Cancel
button-join = Yes, link
button-unlink-yes = Yes, unlink
button-no-unlink = No, keep it
button-stranger = It was not me
button-stranger-yes = Yes, cut it off
button-no-stranger = No, all is well
button-stop = Stop
button-again = Try again
sentence-broken = I could not put the answer into words. Please write again or call the operator.
