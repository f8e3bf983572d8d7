### O que dizemos primeiro. A resposta, depois o que fazer, depois o que acontece sem isso.
### Dinheiro próprio, dívida e pagamento prometido nunca são somados. Sem culpa, sem piadas.

## O dinheiro está acabando

alert-low = Saldo { $own }, abaixo do limite de { $threshold }
alert-low-lasts = O dinheiro da conta está acabando: { $own }, suficiente até { $day }
alert-low-today = O dinheiro da conta está acabando: { $own }, suficiente só para hoje
alert-lasts =
    { $days ->
        [one] O dinheiro dura mais { $days } dia, até { $day }: { $own } na conta
       *[other] O dinheiro dura mais { $days } dias, até { $day }: { $own } na conta
    }
alert-fee = O dinheiro não vai cobrir o desconto de { $day }: { $own } na conta
alert-fee-today = O dinheiro não cobre o desconto de hoje: { $own } na conta
alert-restored = Saldo recarregado: { $own }
alert-enough = O dinheiro dura até { $day }

## Faturas, dívida, pagamento prometido

alert-bill = Fatura nº { $number } de { $period } emitida: { $sum }, a pagar até { $day }
alert-bill-covered = O saldo é suficiente: não há nada a pagar.
alert-due =
    { $days ->
        [0] A fatura de { $sum } precisa ser paga hoje, { $until }
        [one] A fatura de { $sum } precisa ser paga até { $until }: falta { $days } dia
       *[other] A fatura de { $sum } precisa ser paga até { $until }: faltam { $days } dias
    }
alert-overdue =
    { $days ->
        [one] Dívida { $debt }: venceu há { $days } dia
       *[other] Dívida { $debt }: venceu há { $days } dias
    }
alert-promise = O pagamento prometido de { $sum } precisa ser devolvido
alert-promise-until = O pagamento prometido de { $sum } precisa ser devolvido até { $day }
alert-promise-today = O pagamento prometido de { $sum } precisa ser devolvido hoje
alert-promise-late = O pagamento prometido de { $sum } devia ter sido devolvido até { $day }
alert-promise-how = Os pagamentos normais o quitam: para devolvê-lo, recarregue { $sum }.

## Pagamentos

alert-paid = Seu pagamento de { $sum } foi creditado
alert-paid-method = Seu pagamento de { $sum } foi creditado, forma: { $method }
alert-paid-untold = Seu pagamento foi creditado
alert-paid-waiting = Seu pagamento de { $sum } chegou e será creditado em breve. Não é preciso pagar de novo.
alert-paid-back = Pagamento de { $sum } devolvido
alert-back =
    { $minutes ->
        [one] O dinheiro é suficiente: os serviços suspensos voltam sozinhos em até { $minutes } minuto.
       *[other] O dinheiro é suficiente: os serviços suspensos voltam sozinhos em até { $minutes } minutos.
    }
alert-back-short = Para os serviços suspensos voltarem, falta pagar { $sum }.
notice-credited = Seu pagamento de { $sum } foi creditado
notice-balance = Saldo { $own }

## Serviços

alert-blocked = Serviços suspensos por dívida de { $debt }: { $services }
alert-blocked-fee = Serviços suspensos, faltam { $sum } para o desconto: { $services }
alert-blocked-paid = Os serviços ainda estão suspensos, embora já haja dinheiro suficiente: { $services }
alert-unblocked = Voltou a funcionar: { $service }

## Descontos

alert-charge = Desconto incomum de { $sum }: { $title }, { $day }
alert-charge-untold = Desconto incomum: { $title }
alert-charge-doubt = Se você não o esperava, veja do que se trata ou pergunte ao atendente.
alert-option = Nova opção paga: { $title }, { $fee } por mês
alert-option-free = Nova opção paga: { $title }
alert-option-doubt = Se você não a contratou, fale com a operadora.

## Falhas e obras

alert-outage = Há uma falha no seu endereço: { $title }. Começou { $since }, e ainda não se sabe quando será reparada
alert-outage-until = Há uma falha no seu endereço: { $title }. Começou { $since }, com reparo prometido até { $until }
alert-outage-late = Há uma falha no seu endereço: { $title }. Começou { $since }, e o reparo demora mais do que o prometido
alert-outage-untold = Há uma falha ou uma obra programada no seu endereço: { $title }
alert-works = Há uma obra programada no seu endereço: { $title }. Começa { $since }, e ainda não se sabe quando termina
alert-works-until = Há uma obra programada no seu endereço: { $title }. Começa { $since } e termina { $until }
alert-outage-over = Tudo no seu endereço deve funcionar de novo. A causa era: { $title }
alert-outage-over-plain = Tudo no seu endereço deve funcionar de novo
alert-outage-still = Se algo ainda não funciona, toque em “Algo não funciona”.

## Outra conversa

notice-linked =
    Outra conversa foi vinculada à conta { $account }: { $network }, { $at }.
    Se não foi você nem sua família, toque em “Não fui eu”.
notice-unlinked = Uma conversa foi desvinculada da conta { $account }: { $network }, { $at }.

## Botões

button-tomorrow = Lembrar amanhã
button-tomorrow-account = Lembrar amanhã { $number }
button-pay-account = Pagar { $number }
button-balance-account = Saldo { $number }
button-not-such = Não enviar isto
