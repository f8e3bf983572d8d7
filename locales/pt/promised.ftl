### O pagamento prometido. Não é dinheiro do cliente e nunca é somado ao saldo.

promised-terms = Você pode pegar agora um pagamento prometido de { $sum }
promised-changed = As condições mudaram. Estas valem agora:
promised-fee = Taxa: { $fee }
promised-free = Sem taxa
promised-until = Devolver até { $day }
promised-not-own = Não é dinheiro seu: é preciso devolver, e ele não é somado ao saldo.
promised-otherwise = Se não for devolvido no prazo, os serviços podem ser suspensos de novo.
promised-sure = Pegar um pagamento prometido de { $sum }?
promised-taken = Pronto, o pagamento prometido foi concedido
promised-on-again =
    { $minutes ->
        [one] Os serviços suspensos por dívida voltam em até { $minutes } minuto.
       *[other] Os serviços suspensos por dívida voltam em até { $minutes } minutos.
    }

## Recusa

promised-impossible = Não é possível pegar um pagamento prometido por aqui: o sistema da operadora não oferece isso. Um atendente pode ajudar.
promised-no-outstanding = Você já tem um pagamento prometido, outro só depois de devolver este
promised-no-recent = O pagamento prometido não é possível agora: o último foi há pouco tempo
promised-no-needless = O pagamento prometido ainda não é necessário: o dinheiro basta até { $day }, inclusive. Pergunte de novo perto da próxima cobrança
promised-no-debt = O pagamento prometido não é possível agora: a dívida de { $debt } é maior do que ele cobre
promised-no-scheme = O pagamento prometido não é necessário aqui: você paga por fatura, depois do mês
promised-no-newcomer = O pagamento prometido não é possível agora: o contrato ainda é muito novo
promised-no-other = O pagamento prometido não é possível agora
promised-no-reason = O pagamento prometido não é possível agora. A operadora informa: { $reason }
promised-possible = Será possível { $day }.
promised-possible-unknown = O sistema da operadora não informa a partir de que dia será possível.
promised-pay-back = Não é preciso fazer nada à parte: o próximo pagamento comum devolve o valor.
promised-bill-due = Há uma fatura de { $sum }, com vencimento até { $day }. Não é dívida.
promised-instead = Pagar ajuda: a pagar { $sum }.

## Botões

button-promised = Pagamento prometido
button-promised-ask = Pegar
button-promised-yes = Sim, pegar
button-no-promised = Não, não pegar
