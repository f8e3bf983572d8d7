### Recarga: o valor, o código QR, os dados bancários, a página de pagamento, pagar aqui no chat.

## O valor

topup-debt = Desse valor, { $debt } é dívida: depois de paga, os serviços suspensos voltam
topup-which = Escolha um valor ou escreva outro, por exemplo “500”.
topup-ahead = Se quiser pagar adiantado, escolha um valor ou escreva outro, por exemplo “500”.
topup-at-once = De uma vez é possível pagar até { $largest }. Pague o restante com outro pagamento.
topup-range = De uma vez é possível pagar de { $least } a { $largest }. Escreva outro valor, por favor.
topup-kopecks = Depois da vírgula o valor tem só dois dígitos. Escreva de novo, por exemplo “500” ou “500,50”.
topup-no-sum = Não consegui ler o valor. Escreva em algarismos, por exemplo “500” ou “1500”.
topup-nowhere = Ainda não é possível pagar por aqui. A { $operator } explica como pagar: o telefone está no seu contrato.
topup-nowhere-phones = Ainda não é possível pagar por aqui. A { $operator } explica como pagar:

## Como pagar

topup = Recarregar { $sum } na conta { $number }
topup-code = Por código QR: no aplicativo do banco escolha pagar por QR e aponte a câmera para a imagem, ou abra a imagem da galeria.
topup-requisites = Por dados bancários, um em cada linha:
topup-payee = Favorecido: { $value }
topup-inn = INN: { $value }
topup-kpp = KPP: { $value }
topup-account = Conta: { $value }
topup-bank = Banco: { $value }
topup-bic = BIC: { $value }
topup-corr = Conta correspondente: { $value }
topup-purpose = Finalidade: { $value }
topup-sum = Valor: { $value }
topup-days =
    { $days ->
        [0] Essa transferência costuma chegar no mesmo dia.
        [one] Essa transferência leva até { $days } dia.
       *[other] Essa transferência leva até { $days } dias.
    }
topup-page = Na página de pagamento: o botão abaixo abre a página com a sua conta e o valor.
topup-here = Aqui no chat: toque em “Pagar aqui”.
topup-other = Precisa de outro valor? É só escrever.

## Pagar no chat

invoice = A cobrança de { $sum } está abaixo e vale por uma hora. Aviso aqui quando o dinheiro for creditado.
invoice-title = Recarga da conta { $number }
invoice-about = { $operator }: serviços de comunicação, conta { $number }
invoice-line = Serviços de comunicação
invoice-received = Pagamento de { $sum } recebido, estamos creditando na conta. Escrevo assim que o dinheiro entrar.
invoice-unknown = Esta cobrança não foi encontrada. Abra “Recarregar” e comece de novo, por favor.
invoice-expired = Esta cobrança não vale mais. Abra “Recarregar” e comece de novo, por favor.
invoice-paid = Esta cobrança já foi paga, não é preciso pagar outra vez.
invoice-changed = O valor desta cobrança não confere. Abra “Recarregar” e comece de novo, por favor.
invoice-closed = Esta conta está encerrada e não pode receber dinheiro. Um atendente pode ajudar.
invoice-unsure = Agora não é possível verificar a conta, nada foi cobrado. Tente de novo em alguns minutos.

## Botões

button-topup = Recarregar
button-topup-other = Outro valor
button-pay-ways = Código QR e outras formas
button-invoice = Pagar aqui
