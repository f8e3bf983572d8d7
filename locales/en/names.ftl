### Names of accounts, and switching between them.

account-nicknamed = { $nickname } · { $number }
accounts-hint = I answer about the selected account until you choose another one: by button, by its last four digits or by its name.
account-which = More than one account fits. Which one do you mean?
account-unknown = No account in this chat ends with these digits. These are linked:
rename-which = Which account shall be named?
rename-to = What shall account { $account } be called? Type a name of up to { $limit } characters, “Cottage” for example. Nobody else sees it.
rename-long = That is a bit long: a name has up to { $limit } characters. Please type a shorter one.
renamed = Done: account { $number } is now called “{ $nickname }”.
renamed-twin = Another account of yours has the same name, so the last digits tell them apart.
renamed-none = Done: account { $account } has no name now.
button-rename = Name the account
button-rename-none = Remove the name
button-no-rename = Cancel
