### Histórico de pagamentos em imagem: os mesmos valores ao lado, por extenso.

payments-part =
    { $count ->
        [0] { $name }: nenhum pagamento
        [one] { $name }: { $sum }, { $count } pagamento
        [many] { $name }: { $sum }, { $count } pagamentos
       *[other] { $name }: { $sum }, { $count } pagamentos
    }
payments-by-month = Por mês
payments-by-year = Por ano
button-payments-bars = Por mês, em imagem
button-payments-list = Em lista
