### Serviços: a lista, um serviço, planos e opções pagas.
### O estado de um serviço tem o mesmo nome em todas as telas.

## Estado, plano, mensalidade

services = Serviços:
service = { $title }: { $about }
service-active = funcionando
service-suspended = pausado a seu pedido
service-blocked-debt = suspenso por causa da dívida
service-blocked = interrompido pela operadora
service-off = não contratado
service-tariff = plano «{ $tariff }»
service-fee = { $fee } por mês
service-fee-daily = { $fee } por mês, com desconto diário
service-fee-advance = { $fee } por mês, desconto em { $day }
service-fee-credit = { $fee } por mês, cobrança em { $day }
service-balance = saldo do serviço { $own }
service-remedy-pay = volta a funcionar após o pagamento de { $sum }
service-remedy-paid =
    { $minutes ->
        [one] já não há dívida, costuma voltar em até { $minutes } minuto
        [many] já não há dívida, costuma voltar em até { $minutes } minutos
       *[other] já não há dívida, costuma voltar em até { $minutes } minutos
    }
service-remedy-support = o suporte informa o motivo
service-remedy-resume = a operadora pode religar
service-remedy-connect = a contratação é feita pela operadora
