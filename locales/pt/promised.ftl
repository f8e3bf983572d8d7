### O pagamento prometido. Não é dinheiro do cliente e nunca é somado ao saldo.

promised-terms = Você pode ativar agora um pagamento prometido de { $sum }
promised-changed = As condições mudaram. Estas valem agora:
promised-fee = Taxa: { $fee }
promised-free = Sem taxa
promised-until = Devolver até { $day }
promised-not-own = Não é dinheiro seu: é preciso devolver, e ele não é somado ao saldo.
promised-otherwise = Se não for devolvido no prazo, os serviços podem ser suspensos de novo.
promised-sure = Ativar um pagamento prometido de { $sum }?
promised-taken = Pronto, o pagamento prometido está ativo
promised-on-again =
    { $minutes ->
        [one] Se houver serviços suspensos por dívida, eles voltam em até { $minutes } minuto.
       *[other] Se houver serviços suspensos por dívida, eles voltam em até { $minutes } minutos.
    }

## Recusa

promised-impossible = Não consigo ativar o pagamento prometido por aqui: o sistema da operadora não permite. Um atendente pode ajudar.
promised-no-outstanding = Você já tem um pagamento prometido: outro só depois de devolver este
promised-no-recent = O pagamento prometido não é possível agora: o último foi há pouco tempo
promised-no-needless = O pagamento prometido ainda não é necessário: o dinheiro dura até { $day }
promised-no-needless-plain = O pagamento prometido ainda não é necessário: há dinheiro suficiente
promised-no-debt = O pagamento prometido não é possível agora: a dívida de { $debt } é maior do que ele cobre
promised-no-scheme = O pagamento prometido não é possível aqui: ele é para quem paga antecipado, e você paga por fatura
promised-no-newcomer = O pagamento prometido não é possível agora: seu contrato ainda é muito recente
promised-no-other = O pagamento prometido não é possível agora
promised-no-reason = O pagamento prometido não é possível agora. A operadora informa: { $reason }
promised-possible = Será possível { $day }.
promised-possible-unknown = O sistema da operadora não informa a partir de que dia será possível.
promised-later = Se faltar dinheiro perto da próxima cobrança, pergunte de novo.
promised-pay-back = Não é preciso pagar à parte: os pagamentos normais o quitam.
promised-bill-due = Há uma fatura de { $sum }, com vencimento até { $day }. Não é dívida.
promised-instead = Um pagamento resolve: { $sum }.

## Botões

button-promised = Pagamento prometido
button-promised-ask = Ativar
button-promised-yes = Sim, ativar
button-no-promised = Não, agora não
