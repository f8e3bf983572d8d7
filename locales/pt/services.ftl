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
service-tariff = plano “{ $tariff }”
service-fee = { $fee } por mês
service-fee-daily = { $fee } por mês, com desconto diário
service-fee-advance = { $fee } por mês, desconto em { $day }
service-fee-credit = { $fee } por mês, cobrança em { $day }
service-balance = saldo do serviço { $own }
service-remedy-pay = volta a funcionar após o pagamento de { $sum }
service-remedy-debt = volta a funcionar após o pagamento da dívida de { $sum }
service-remedy-paid =
    { $minutes ->
        [one] já não há dívida, costuma voltar em até { $minutes } minuto
        [many] já não há dívida, costuma voltar em até { $minutes } minutos
       *[other] já não há dívida, costuma voltar em até { $minutes } minutos
    }
service-remedy-support = o suporte informa o motivo
service-remedy-resume = a operadora pode religar
service-remedy-connect = a contratação é feita pela operadora

## A lista

services-all-on =
    { $count ->
        [one] { $count } serviço, funcionando
        [many] { $count } serviços, todos funcionando
       *[other] { $count } serviços, todos funcionando
    }
services-some-on =
    { $count ->
        [one] { $on } de { $count } serviço funcionando
        [many] { $on } de { $count } serviços funcionando
       *[other] { $on } de { $count } serviços funcionando
    }
services-none-on =
    { $count ->
        [one] { $count } serviço, agora não funciona
        [many] { $count } serviços, nenhum funciona agora
       *[other] { $count } serviços, nenhum funciona agora
    }
services-none = Não há serviços contratados nesta conta
services-sum = Saldo de todos os serviços: { $own }
services-picture = Meus serviços
services-picture-sum = Saldo de todos os serviços
services-picture-debt = Dívida
services-picture-no-debt = nenhuma
services-picture-rest =
    { $count ->
        [one] e mais { $count } serviço
        [many] e mais { $count } serviços
       *[other] e mais { $count } serviços
    }

## Um serviço

service-gone = Não há esse serviço nesta conta. Escolha um destes:
service-which = Que serviço devo mostrar?
service-charged = Cobrado por este serviço: { $sum }, período: { $period }
service-returned = Devolvido por este serviço: { $sum }, período: { $period }
service-uncharged = Nada foi cobrado por este serviço no período: { $period }
service-options = Opções pagas:
service-components = O que faz parte do serviço:
option-free = sem custo
carrier-own = • operadora “{ $title }”: saldo { $own }
carrier-debt = • operadora “{ $title }”: dívida { $debt }
delivery-mail = Documentos: por e-mail para { $email }
delivery-none = Documentos: não por e-mail

## Plano

tariff-total = { $sum } por mês, todos os serviços
tariff-total-one = { $sum } por mês
tariff-unknown = A mensalidade não é conhecida para todos os serviços, por isso não há total
tariff-nothing = Nenhuma mensalidade é descontada agora: nenhum serviço está funcionando
tariff-off = Serviços pausados ou não contratados não entram na soma.
tariff-options = As opções pagas não estão incluídas: escreva “opções pagas”.
tariff-speed = A velocidade não aparece aqui: ela está no contrato e na área do cliente, muitas vezes também no nome do plano.
tariff-change = O plano pode ser trocado na área do cliente ou por telefone, com a operadora. Eu não consigo trocar.
tariff-change-phone = O plano pode ser trocado por telefone, com a operadora. Eu não consigo trocar.

## Opções pagas

options-total =
    { $count ->
        [one] { $count } opção paga, { $sum } por mês
        [many] { $count } opções pagas, { $sum } por mês
       *[other] { $count } opções pagas, { $sum } por mês
    }
options-untold =
    { $count ->
        [one] { $count } opção paga, o preço não aparece aqui
        [many] { $count } opções pagas, o total não aparece aqui
       *[other] { $count } opções pagas, o total não aparece aqui
    }
options-idle = Nada é descontado por opções pagas: nenhuma está funcionando
options-none = Não há opções pagas nem assinaturas
options-none-of = Não há opções pagas nem assinaturas neste serviço
options-change = As opções podem ser ativadas ou canceladas na área do cliente ou por telefone, com a operadora. Eu não consigo fazer isso.
options-change-phone = As opções podem ser ativadas ou canceladas por telefone, com a operadora. Eu não consigo fazer isso.

## Botões

button-services = Meus serviços
button-further = Mais, página { $page }
button-service = Sobre este serviço
button-tariff = Plano e mensalidade
button-options = Opções pagas
