### Extrato: na tela em poucas linhas, no arquivo por inteiro.

statement-head = Extrato do período: { $period }
statement-payments =
    { $count ->
        [0] Recebido: nada
        [one] Recebido: { $sum }, { $count } pagamento
        [many] Recebido: { $sum }, { $count } pagamentos
       *[other] Recebido: { $sum }, { $count } pagamentos
    }
statement-charges =
    { $count ->
        [0] Cobrado: nada
        [one] Cobrado: { $sum }, { $count } cobrança
        [many] Cobrado: { $sum }, { $count } cobranças
       *[other] Cobrado: { $sum }, { $count } cobranças
    }
statement-no-payments = Pagamentos: o sistema da operadora não os informa
statement-no-charges = Cobranças: o sistema da operadora não as informa
statement-which = Em que formato devo enviar? Você pode escrever outro período: “em março”.
statement-sent = Extrato do período: { $period }, { $size }
statement-inside-pdf = No arquivo PDF: cada pagamento e cada cobrança, totais por serviço e a situação da conta hoje.
statement-inside-csv = Arquivo CSV que o Excel abre: cada pagamento e cada cobrança em uma linha.
statement-undrawn = Não foi possível gerar o arquivo agora, tente de novo em alguns minutos. Veja os totais:

## No arquivo

statement-file = Extrato
statement-title = Extrato da conta { $number }
statement-holder = Titular
statement-period = Período
statement-table-payments = Pagamentos
statement-table-services = Cobranças por serviço
statement-table-charges = Cobranças
statement-day = Data
statement-operation = Operação
statement-what = Descrição
statement-service = Serviço
statement-sum = Valor
statement-total = Total
statement-none = Nada neste período
statement-payment = Pagamento
statement-charge = Cobrança
statement-back = Devolução: { $title }
statement-opening = Saldo no início do dia
statement-closing = Saldo no fim do dia
statement-closing-now = Saldo agora
statement-came = Recebido, { $currency }
statement-taken = Cobrado, { $currency }
statement-balance = Saldo, { $currency }
statement-foot = { $operator }. Gerado em { $day }. O número da conta aparece apenas com os últimos quatro dígitos.
statement-pages = página { $page } de { $pages }

## Botões

button-statement = Extrato
button-statement-pdf = Enviar em PDF
button-statement-csv = Enviar para Excel
