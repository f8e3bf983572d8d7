### «Paguei e não funciona» e «não funciona»: o que se sabe e o que acontece depois.

## Onde está o pagamento

trace-blind = O sistema da operadora não me mostra pagamentos, por isso não posso verificar o seu. Um atendente pode.
trace-debt = Dívida { $debt }
trace-unseen =
    { $days ->
        [one] Não vejo pagamentos no último { $days } dia
       *[other] Não vejo pagamentos nos últimos { $days } dias
    }
trace-check =
    { $days ->
        [0] Confira no comprovante os últimos dígitos da conta ({ $number }) e se o banco fez o pagamento. O dinheiro costuma chegar no mesmo dia.
        [one] Confira no comprovante os últimos dígitos da conta ({ $number }) e se o banco fez o pagamento. Uma transferência leva até { $days } dia.
       *[other] Confira no comprovante os últimos dígitos da conta ({ $number }) e se o banco fez o pagamento. Uma transferência leva até { $days } dias.
    }
trace-bring = Se o número está certo e o prazo passou, fale com um atendente e mande o comprovante: ele ajuda a encontrar o pagamento.
trace-seen =
    Vejo o pagamento, mas ele ainda não foi creditado:
    { $payment }
trace-seen-usual = Um pagamento assim costuma ser creditado até { $day }. Não é preciso pagar de novo.
trace-seen-late = É mais do que o normal. Não é preciso pagar de novo: chame um atendente e informe estes dados.
trace-short-debt = O pagamento foi creditado, mas restou uma dívida de { $sum }
trace-short-fee = O pagamento foi creditado, mas faltam { $sum } para a próxima cobrança
trace-short-next = Quando este valor estiver na conta, os serviços voltam sozinhos.
trace-suspended = O motivo não é o pagamento. Pausado a seu pedido: { $services }. Um atendente pode religar.
trace-blocked = O motivo não é o pagamento. Interrompido pela operadora: { $services }. Um atendente informa o motivo.
trace-unblocking = O pagamento foi creditado e não há dívida: os serviços voltam até { $until }
trace-stuck = O pagamento foi creditado e não há dívida, mas os serviços ainda não voltaram: a falha é do nosso lado
trace-working = O pagamento foi creditado, não há dívida e os serviços estão ligados: o motivo não é dinheiro. Vamos verificar o resto.
trace-unknown = O pagamento foi creditado e não há dívida. O sistema da operadora não informa se os serviços estão ligados. Vamos verificar o resto.
trace-credited = Pagamento creditado: { $payment }
trace-stopped = Ainda suspenso: { $services }
trace-on = Nada está suspenso por dívida agora: se algo não funciona, o motivo é outro.
trace-facts = Para o atendente: conta { $number }, pagamento de { $day }, { $clock }, valor { $sum }, forma “{ $method }”.
trace-facts-plain = Para o atendente: conta { $number }, pagamento de { $day }, { $clock }, valor { $sum }.

## O que não funciona

trouble-debt = Os serviços estão suspensos por uma dívida de { $debt }
trouble-fee = Os serviços estão suspensos: faltam { $sum } para a cobrança
trouble-unblocking = Os serviços foram suspensos por dívida e ainda não voltaram, embora não haja mais dívida
trouble-suspended = Pausado a seu pedido
trouble-blocked = Interrompido pela operadora
trouble-fault = Há uma falha no seu endereço, o reparo está em andamento
trouble-planned = Há manutenção programada no seu endereço
trouble-clear = O motivo não é o pagamento nem uma falha conhecida
trouble-unclear = Pelos dados que tenho, o motivo não aparece
trouble-checked = O que foi verificado:
trouble-check-owed = • Dívida: { $debt }
trouble-check-debt-none = • Dívida: nenhuma
trouble-check-untold = • Se há serviços suspensos: o sistema da operadora não informa
trouble-check-blocked-debt = • Suspenso por dívida: { $services }
trouble-none-blocked-debt = • Suspenso por dívida: nada
trouble-check-suspended = • Pausado a seu pedido: { $services }
trouble-none-suspended = • Pausado a seu pedido: nada
trouble-check-blocked = • Interrompido pela operadora: { $services }
trouble-none-blocked = • Interrompido pela operadora: nada
trouble-check-outages-none = • Falhas e manutenção no seu endereço: nenhuma agora
trouble-check-outages-untold = • Falhas no seu endereço: o sistema da operadora não informa
trouble-fault-since = • Falha: { $title }. Desde { $since }, ainda sem prazo
trouble-fault-until = • Falha: { $title }. Desde { $since }, reparo previsto até { $until }
trouble-fault-late = • Falha: { $title }. Desde { $since }, o reparo demora mais do que o previsto
trouble-planned-since = • Manutenção: { $title }. Início { $since }, ainda sem prazo
trouble-planned-until = • Manutenção: { $title }. Início { $since }, fim { $until }
trouble-next-debt =
    { $minutes ->
        [one] Depois do pagamento os serviços voltam sozinhos em até { $minutes } minuto.
       *[other] Depois do pagamento os serviços voltam sozinhos em até { $minutes } minutos.
    }
trouble-next-paid = Toque em “Paguei e não funciona”: vejo onde está o pagamento.
trouble-next-suspended = Um atendente pode religar.
trouble-next-blocked = Um atendente informa o motivo e o que fazer.
trouble-next-outage = Você não precisa fazer nada: os serviços voltam quando o trabalho terminar.
trouble-try =
    O que tentar:
    1. Tire o equipamento da tomada por meio minuto e ligue de novo.
    2. Verifique se os cabos estão bem encaixados.
    3. Espere cinco minutos e verifique outra vez. Se não resolver, chame um atendente.
trouble-try-internet =
    O que tentar:
    1. Tire o roteador da tomada por meio minuto e ligue de novo.
    2. Verifique se o cabo está bem encaixado e espere cinco minutos.
    3. Abra um site em outro aparelho. Se não resolver, chame um atendente.
trouble-try-tv =
    O que tentar:
    1. Tire o decodificador da tomada por meio minuto e ligue de novo.
    2. Verifique os cabos entre o decodificador, a TV e o roteador.
    3. Selecione na TV a entrada do decodificador. Se não resolver, chame um atendente.
trouble-try-phone =
    O que tentar:
    1. Verifique se o fone está no gancho e se o fio está bem encaixado.
    2. Ligue outro aparelho de telefone, se tiver.
    3. Tire o equipamento da tomada por meio minuto e ligue de novo. Se não resolver, chame um atendente.
trouble-try-mobile =
    O que tentar:
    1. Ligue o modo avião por meio minuto e desligue.
    2. Reinicie o telefone.
    3. Verifique se os dados móveis estão ligados. Se não resolver, chame um atendente.

## Botões

button-paid = Paguei e não funciona
button-trouble = Algo não funciona
