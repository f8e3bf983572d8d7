# What the operator is told.
alarm-gate = Os avisos aos clientes estão retidos: { $reason ->
    [old] os dados do sistema de cobrança estão desatualizados
    [empty] saldos demais ficaram zerados de uma vez
    [low] contas demais caíram abaixo do limite de uma vez
   *[changed] saldos demais mudaram de uma vez
}. Verifique os dados do sistema de cobrança. Se estiverem certos: { $command }. As perguntas são respondidas como sempre.
alarm-wave = O envio de avisos foi interrompido: { $reason ->
    [refusals] pessoas demais bloquearam o bot
   *[complaints] pessoas demais desligaram os avisos
}. Veja o que houve: { $command }.
