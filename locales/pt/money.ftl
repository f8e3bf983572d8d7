### Saldo, dívida, a pagar, histórico de pagamentos.
### Primeiro o número que foi perguntado. Um só nome para cada coisa:
### saldo, dívida, a pagar, pagamento prometido, conta.

## Dias

# "até { until-day }"
until-day =
    { $weekday ->
        [1] segunda-feira
        [2] terça-feira
        [3] quarta-feira
        [4] quinta-feira
        [5] sexta-feira
        [6] sábado
       *[7] domingo
    }, { $day }
on-day =
    { $weekday ->
        [1] na segunda-feira
        [2] na terça-feira
        [3] na quarta-feira
        [4] na quinta-feira
        [5] na sexta-feira
        [6] no sábado
       *[7] no domingo
    }, { $day }

## Saldo

balance-now = Saldo { $own }
balance-lasts = Saldo { $own }, suficiente até { $day }
balance-lasts-today = Saldo { $own }, suficiente só para hoje
balance-below = Saldo { $own }, ou seja, dívida de { $debt }
balance-unbilled = Saldo { $own }: já foi cobrado e virá na próxima fatura
balance-debt = Saldo { $own }, dívida { $debt }
figure-own = Dinheiro próprio: { $own }
figure-debt = Dívida: { $debt }
figure-debt-none = Dívida: nenhuma
figure-promised = Pagamento prometido: { $promised }
figure-promised-until = Pagamento prometido: { $promised }, a devolver até { $day }
figure-promised-none = Pagamento prometido: nenhum
figure-issued = Fatura emitida: { $issued }, a pagar até { $day }. Não é dívida: ainda não venceu
figures-at = Dados de { $at }

## Dívida

debt-now = Dívida { $debt }
debt-none = Não há dívida
debt-none-then = Segundo os dados de { $at }, não havia dívida
debt-below = Saldo { $own }: a dívida é tudo o que está abaixo de zero.
debt-since = Em atraso desde { $day }:
debt-bill = Fatura n.º { $number } de { $period }: faltam { $remaining }, venceu em { $due }
debt-bill-part = Fatura n.º { $number } de { $period }: faltam { $remaining } de { $amount }, venceu em { $due }
debt-issued = Emitido e ainda não vencido, não é dívida:
debt-issued-bill = Fatura n.º { $number } de { $period }: { $remaining }, a pagar até { $due }

## A pagar

pay-until = A pagar: { $sum } até { $day }
pay-today = A pagar: { $sum } hoje, { $day }
pay-sum = A pagar: { $sum }
pay-none = Não há nada a pagar agora
pay-short = Não há dívida, mas faltam { $missing } para a mensalidade
pay-lines = De que se compõe:
pay-line-debt = Dívida, saldo abaixo de zero: { $sum }
pay-line-overdue = Fatura n.º { $what }, venceu em { $day }: { $sum }
pay-line-issued = Fatura n.º { $what }, vence em { $day }: { $sum }
pay-line-fee = { $what }, desconto em { $day }: { $sum }
pay-line-fee-daily = { $what }, desconto diário até { $day }: { $sum }
pay-line-own = Já no saldo: { $sum }
pay-after-suspended = Sem o pagamento, o dinheiro não cobre o desconto { $day }, e os serviços podem ser suspensos.
pay-after-suspended-today = Sem o pagamento, o dinheiro não cobre o desconto de hoje e os serviços podem ser suspensos.
pay-after-overdue = Sem o pagamento, a fatura entra em atraso { $day }.
pay-after-blocked-advance = O saldo está abaixo de zero: os serviços podem ser suspensos a qualquer dia.
pay-after-blocked-credit = O prazo já passou: os serviços podem ser suspensos a qualquer dia.
pay-after-stopped = Suspenso por causa da dívida: { $services }.
pay-next-advance = Até { $day }, serão descontados { $sum }: esse dinheiro já está no saldo.
pay-next-credit = Até { $day }, serão cobrados { $sum }: virão na próxima fatura.
pay-unbilled = Já foram cobrados { $sum }: virão na próxima fatura.
pay-lasts = O dinheiro é suficiente até { $day }.
pay-undated = { $what }: { $sum } por mês. Não sei o dia do desconto, por isso não entra no valor a pagar.
pay-promised = O pagamento prometido de { $sum } precisa ser devolvido: os pagamentos normais o quitam. Ele não entra no valor a pagar.
pay-promised-until = O pagamento prometido de { $sum } precisa ser devolvido até { $day }: os pagamentos normais o quitam. Ele não entra no valor a pagar.

## Histórico de pagamentos

payments-total =
    { $count ->
        [one] { $count } pagamento, { $total }, período: { $period }
        [many] { $count } pagamentos, { $total }, período: { $period }
       *[other] { $count } pagamentos, { $total }, período: { $period }
    }
payments-waiting = Desse valor, ainda não creditado: { $sum }
payments-empty = Nenhum pagamento no período: { $period }
payments-last = Último pagamento em { $payment }
payments-never = Ainda não houve pagamentos
payments-of-service = Os pagamentos vão para a conta inteira e não se dividem por serviço. Cobrado por “{ $service }”, período { $period }: { $sum }.
payments-shown = Mostrando { $first }–{ $last } de { $count }
payments-hint = Você pode escrever outro período: “em março”, “de 1 a 15 de outubro”.
period-which = Que período devo mostrar?
period-future = Esse período ainda não começou. Veja o mês atual.
period-no-such-day = Esse dia não existe no calendário. Veja o mês atual.
period-reversed = O período termina antes de começar. Veja o mês atual.
period-old-button = Esse botão está desatualizado. Veja o mês atual.
period-before-contract = O contrato começou em { $day }: mostrando a partir desse dia.
period-before-contract-at-all = O contrato ainda não existia. Veja o mês atual.
period-not-kept = Os registros são guardados desde { $day }: mostrando a partir desse dia.
period-not-kept-at-all = Os registros dessa época não são mais guardados. Veja o mês atual.
payment = { $day }: { $sum }, { $method }
payment-plain = { $day }: { $sum }
payment-waiting = { $payment }, ainda não creditado
payment-back = { $payment }, devolução

## Botões

button-balance = Saldo
button-balance-again = Atualizar
button-debt = Dívida
button-pay = Quanto pagar
button-pay-now = Pagar { $sum }
button-account-site = Área do cliente
button-payments = Histórico de pagamentos
button-alerts = Avisos
button-month-this = Este mês
button-month-last = Mês passado
button-months-three = 3 meses
button-year = Ano
button-newer = ‹ Mais recentes
button-older = Mais antigos ›
button-page = { $page }/{ $pages }
