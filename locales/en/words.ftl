### What customers say. Nobody is shown this: questions are recognised by it.
### Entries are separated by « | »; a leading = counts only as the whole message.

words-fillers = please | pls | plz | can you | could you | tell me | show me | show | i want to | i would like to | my | the | a | me | hi | hey | hello | now | just | bot | i d like to | let me | so | and

# ── Money ──
words-balance = balance | my balance | what is my balance | what s my balance | whats my balance | current balance | account balance | check balance | check my balance | balance please | how much money do i have | how much money is on my account | how much money is left | how much is left | how much do i have | how much have i got | money left | funds left | remaining funds | available funds | remaining balance | how long will it last | how long will my money last | when will my money run out | =money | =funds | balances
words-debt = debt | my debt | do i have a debt | do i have any debt | how much do i owe | how much i owe | what do i owe | do i owe anything | do i owe you anything | i owe | owe you | owing | overdue | anything overdue | overdue bill | overdue bills | past due | arrears | unpaid bills | unpaid bill | outstanding debt | outstanding bill | why is my balance negative | negative balance | am i in debt | debts | am i up to date
words-pay = to pay | how much to pay | how much should i pay | how much do i have to pay | how much do i need to pay | how much must i pay | what should i pay | what do i have to pay | what do i need to pay | amount due | amount to pay | payment amount | =pay | =payment | =top up | top up my account | top up | pay my bill | pay the bill | pay bill | pay now | how to pay | how do i pay | how can i pay | where to pay | where do i pay | where can i pay | i want to pay | want to pay | make a payment | payment link | link to pay | when to pay | when do i have to pay | when should i pay | when is payment due | due date | pay by when | pay online | add money | deposit money
words-payments = payments | my payments | payment history | history of payments | history of my payments | payments history | last payment | latest payment | my last payment | last payments | recent payments | list of payments | all payments | show my payments | when did i pay | when did i last pay | when was my last payment | how much did i pay | how much have i paid | what did i pay | what have i paid | did my payment arrive | did my payment go through | has my payment arrived | did you get my payment | did you receive my payment | was my payment received | where is my payment | past payments | top up history | =history | =receipts | payment receipt
words-charges = charges | my charges | history of charges | charge history | charges history | list of charges | all charges | all my charges | what was i charged | what have i been charged | how much was i charged | how much have i been charged | deductions | my expenses | =expenses
words-why = why so much | why is it so much | why so expensive | why is it so expensive | why more than usual | more than usual | why is it more | why is it more than usual | why is it higher | why is my bill so high | why is the bill so high | why is my bill higher | why is my bill larger | why is the bill larger | why such a large bill | why did my bill go up | bill went up | why was i charged | why was i charged so much | what was i charged for | where did my money go | where did the money go | where has my money gone | why did you charge me | unexpected charge | unexpected charges | unknown charge

# ── Alerts ──
words-alerts = alerts | alert | notifications | notification | reminders | reminder | warnings | alert settings | notification settings | =settings
words-alerts-on = turn on alerts | turn alerts on | turn on notifications | turn notifications on | enable alerts | enable notifications | switch on alerts | switch alerts on | switch on notifications | start alerts | warn me | alert me | notify me | remind me | let me know when | tell me when money runs low | warn me when the money runs low | warn me when money is low | i want alerts
words-alerts-off = turn off alerts | turn alerts off | turn off notifications | turn notifications off | disable alerts | disable notifications | switch off alerts | switch alerts off | switch off notifications | no notifications | no alerts | stop alerts | stop notifications | don t notify me | don t remind me | don t warn me | do not notify me | mute alerts | mute notifications
words-threshold = threshold | alert threshold | change threshold | change the threshold | set threshold | warn me at | warn me below | warn me under | alert me at | alert me below | alert me under | notify me below | notify me at | notify me under
words-quiet = quiet hours | quiet time | do not disturb | don t disturb | don t write at night | don t message me at night | no messages at night
words-zone = time zone | timezone | my time zone | change time zone | change timezone | change my time zone
words-stop = stop | stop it | stop now | unsubscribe | stop messages | stop messaging me | stop writing | stop writing to me | stop sending | don t write to me | do not write to me | opt out | leave me alone | quit

# ── Accounts ──
words-accounts = my accounts | =accounts | my account | =account | account number | my account number | what is my account number | what s my account number | forgot my account number | switch account | change account | another account | other account | choose account | select account | linked accounts | which accounts are linked | contract number | my contract
words-link = link | link account | link my account | link an account | link another account | link another | connect account | connect my account | add account | add an account | add another account | sign in | signin | log in | log me in | login | authorize | authorise | bind account | attach account
words-unlink = unlink | unlink account | unlink my account | unlink me | remove account | remove my account | disconnect account | disconnect my account | detach account | sign out | signout | log out | logout | not my account | this is not my account | wrong account | delete account

# ── Personal ──
words-export = my data | my personal data | what data do you keep | what data do you have | what data do you store | what do you know about me | export my data | export data | download my data | personal data
words-forget = forget me | forget about me | delete my data | delete all my data | erase my data | erase me | remove my data | delete everything | erase everything | withdraw consent | withdraw my consent | revoke consent | revoke my consent
words-language = language | change language | change the language | switch language | choose language | another language | other language
words-language-en = english | in english | and in english | speak english | english please | english language
words-language-pt = in portuguese | and in portuguese | speak portuguese | portuguese language | portuguese
words-language-ru = russian | in russian | and in russian | speak russian | russian language

# ── Talk ──
words-start = start | begin | get started
words-menu = menu | main menu | back | go back | home | back to menu | start over | cancel
words-help = help | help me | what can you do | what do you do | what can i ask | who are you | what are you | are you a bot | are you a robot | are you human | is this a bot | am i talking to a bot | am i talking to a machine | how does this work | how to use | how do i use this | commands | instructions | info
words-safe = is it safe | is this safe | safe | is it secure | is this secure | is this a scam | are you a scam | scam | can i trust you | how do you protect my data | security | privacy
words-operator = operator | an operator | human | a human | real person | a real person | real human | live person | live agent | agent | an agent | talk to an operator | talk to a human | speak to a human | speak to an operator | talk to a person | speak to a person | talk to someone | speak to someone | talk to an agent | speak to an agent | connect me to an operator | no chatbot | not a bot | support | customer support | customer service | customer care | tech support | technical support | support phone | phone number | contacts | contact | contact us | contact support | hotline | helpline | how can i contact you | how can i call you | who can i call | opening hours | working hours | office address | representative
words-region = region | my region | change region | change my region | choose region | another region | another city
words-news = news | latest news | any news | what is new | whats new
words-faults = outage | outages | any outages | is there an outage | known outages | planned work | maintenance work | maintenance
words-bonus = bonus | bonuses | my bonuses | bonus points | my points | points | loyalty points | bonus programme | bonus program | how many points
words-greeting = hello | hi | hey | good morning | good afternoon | good evening | hi there | hello there | greetings | howdy | good day
words-thanks = thanks | thank you | thank you very much | thanks a lot | many thanks | thx | ty | cheers | ok | okay | great | got it | i see | cool | nice | perfect | understood | good | goodbye | bye | good bye | awesome
words-complaint = terrible | awful | horrible | disgusting | outrageous | ridiculous | complaint | i want to complain | complain | bad service | terrible service | awful service | you are useless | useless bot | stupid bot | dumb bot | i am fed up | fed up | this is a joke | worst service
words-beyond = promised payment | trust payment | payment extension | extension of payment | pay later | payment deferral | installments | tariff | tariffs | my tariff | my plan | what plan am i on | what plan am i currently on | change plan | change my plan | change tariff | monthly fee | services | my services | connected services | subscriptions | paid services | call details | usage | my usage | explain my usage | remaining minutes | minutes left | remaining data | gigabytes left | data left | internet is down | internet not working | internet is not working | internet does not work | internet doesn t work | no internet | still no internet | slow internet | internet is slow | tv not working | phone not working | not working | doesn t work | send my bill | send my bill to e mail | bill by email | email my bill | refund | money back | wifi | router | why was i disconnected

# ── Answers ──
words-yes = yes | yeah | yep | yup | sure | of course | i agree | agree | agreed | confirm | confirmed | correct | go ahead | do it | y | yes please | absolutely
words-no = no | nope | nah | no thanks | no thank you | i disagree | disagree | i do not agree | i don t agree | don t | do not | n | not now | never mind | nevermind | not that
words-1 = first | the first | the first one | number one | one
words-2 = second | the second | the second one | number two | two
words-3 = third | the third | the third one | number three | three
words-4 = fourth | the fourth | the fourth one | four
words-5 = fifth | the fifth | the fifth one | five
