# What the operator is told.
alarm-gate = Alerts to customers are held: { $reason ->
    [old] the billing's figures are old
    [empty] too many balances fell to zero at once
    [low] too many accounts fell below their threshold at once
   *[changed] too many balances changed at once
}. Check the billing's feed. If the figures are right: { $command }. Questions are answered as usual.
alarm-wave = A wave of alerts was stopped: { $reason ->
    [refusals] too many people have blocked the bot
   *[complaints] too many people have switched alerts off
}. See what happened: { $command }.
