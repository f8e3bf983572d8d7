# The linking page: three steps and what may come between.

page-title = { $heading } — { $operator }
page-title-error = Error: { $title }
page-step = Step { $step } of 3
page-languages = Page language
page-back = Back

page-network-vk = VKontakte
page-network-telegram = Telegram
page-network-ok = Odnoklassniki
page-nameless = no name

page-chat = This chat will get access
page-only-you = Continue only if you asked the bot for this yourself and this is your own chat. Did somebody else send you the link? Close this page: nothing will change.

page-login-heading = Sign in to link an account
page-login = Login
page-login-hint = The same as in your { $operator } personal account
page-password = Password
page-password-hint = Needed once, to check that it is you. We do not keep it, and the chat never sees it.
page-next = Next

page-enter = Sign in at { $operator }
page-enter-hint = You sign in on the operator’s site and come back here. We never see your password, and it never gets into the chat.
page-leave-heading = Opening the site of { $operator }
page-leave = If the site does not open by itself, press the button.

page-problem = Please check what you entered
page-login-empty = Enter your login
page-password-empty = Enter your password
page-login-wrong = The login or the password did not fit. Check the keyboard layout.

page-accounts-heading = Which accounts shall be linked?
page-accounts-hint = The chat will see the balance, the debt and the payment history of the ticked accounts. You can unlink them in the chat at any time.
page-account = Account { $number }
page-account-closed = closed, cannot be linked
page-accounts-empty = Tick at least one account
page-accounts-many = { $limit ->
    [one] A chat can hold no more than { $limit } account. Untick the others.
   *[other] A chat can hold no more than { $limit } accounts. Untick some.
}
page-accounts-changed = The list of accounts has changed. Please check the ticks again.
page-get-code = Get the code

page-none-heading = There is nothing to link
page-none = You signed in, but this login has no open accounts. If you expected otherwise, sign in with another login or call { $operator }.
page-other-login = Sign in with another login

page-code-heading = Send this code to the chat
page-code-todo = Go back to the chat you came from and send these six characters to the bot. Small letters are fine.
page-code-spelled = One by one:
page-code-left = { $minutes ->
    [one] The code is good for { $minutes } more minute.
   *[other] The code is good for { $minutes } more minutes.
}
page-code-secret = Forward the code to nobody, not even to { $operator } staff: it is needed only in your own chat.
page-code-accounts = { $count ->
    [one] This account will be linked
   *[other] These accounts will be linked
}
page-code-chat = The chat to send the code to

page-old-heading = This link no longer works
page-old = A link lives for ten minutes and works once. If you have already sent the code to the chat, you are done. If not, open the chat with the bot and press “Link an account”: a new link will come.

page-forged-heading = This page is out of date
page-forged = The form was not sent from this page, or the page was opened too long ago. Nothing has changed. Make sure that your browser accepts cookies, and start again.
page-again = Start again

page-declined-heading = Sign-in cancelled
page-declined = You did not sign in at { $operator }, and nothing has changed: no account is linked. If you change your mind, try again.

page-unproven-heading = Sign-in not confirmed
page-unproven = The site of { $operator } did not confirm who signed in. Nothing is linked. Try again; if it still fails, call { $operator }.

page-astray-heading = Sign-in not finished
page-astray = Nothing is linked. This happens when sign-in begins in one browser and ends in another, when the page is opened a second time, or when more than ten minutes have passed. Open the link from the chat again; if it no longer works, press “Link an account” in the chat.

page-elsewhere-heading = Linking begins in your personal account
page-elsewhere = You cannot sign in on this page. Open your { $operator } personal account and press the button there that links it to a chat.

page-throttled-heading = Too many attempts
page-throttled = Signing in on this page is paused. Try again in an hour; if that fails too, tomorrow. Your personal account itself works as usual: only this page is held back.

page-later-heading = We cannot check this right now
page-later = The system of { $operator } does not answer. The attempt does not count, and nothing was linked. Try again in a few minutes.
page-retry = Try again
