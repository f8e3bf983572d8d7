### Cobranças e «por que tanto?».
### O que foi cobrado e o que foi devolvido é sempre dito por extenso: um sinal passa despercebido.

## Saldo nas pontas do período

edge-opening = Saldo no início de { $day }: { $own }
edge-closing = Saldo no fim de { $day }: { $own }
edge-now = Saldo agora: { $own }

## Histórico de cobranças

charges-total =
    { $count ->
        [one] { $count } cobrança, { $total }, período: { $period }
        [many] { $count } cobranças, { $total }, período: { $period }
       *[other] { $count } cobranças, { $total }, período: { $period }
    }
charges-empty = Nenhuma cobrança no período: { $period }
charges-back-only = Devolvido: { $sum }, nenhuma cobrança no período: { $period }
charges-back = Devolvido: { $sum }
charges-net = Total menos devoluções: { $sum }
charges-net-back = Devolvido a mais do que cobrado: { $sum }
charges-of = Apenas o serviço “{ $title }”
charges-strange = Não há esse serviço nesta conta. Veja as cobranças de todos os serviços.
charges-which = Mostrar as cobranças de qual serviço?
charges-services = Por serviço:
charges-no-service = Sem serviço indicado
charges-services-rest =
    { $count ->
        [one] Mais { $count } serviço
        [many] Mais { $count } serviços
       *[other] Mais { $count } serviços
    }
charges-share = { $title }: { $sum }
charges-share-back = { $title }: devolvido { $sum }
charge = { $day }: { $sum }
charge-back = { $day }: devolvido { $sum }

## Por que tanto?

why-more = Cobrado: { $sum }, período: { $period }. São { $more } a mais que no período anterior: { $before } ({ $was })
why-less = Cobrado: { $sum }, período: { $period }. São { $less } a menos que no período anterior: { $before } ({ $was })
why-same = Cobrado: { $sum }, período: { $period }. O mesmo que no período anterior: { $before }
why-nothing = Nada foi cobrado no período: { $period }, nem no anterior: { $before }
why-first = Cobrado: { $sum }, período: { $period }. Ainda não há com o que comparar: o contrato começou nesse período
why-first-none = Nada foi cobrado no período: { $period }. Ainda não há com o que comparar: o contrato começou nesse período
why-lines = O que mudou:
why-line-more = • { $title }: { $sum } a mais
why-line-less = • { $title }: { $sum } a menos
why-rest = Outros
why-new-service = Antes esse serviço não era cobrado
why-gone-service = Esse serviço não é mais cobrado
why-new-option = Opção nova, que antes não havia
why-tariff = A mensalidade mudou: era “{ $title }”, { $before }, agora { $now }
why-price = O preço mudou: era { $before }, agora { $now }
why-times = Cobrado várias vezes: antes { $before }, agora { $now }
why-calls = Cobrado por chamadas: antes { $before }, agora { $now }
why-talk = O que mais mudou: { $direction }, antes { $before }, agora { $now }
why-talk-time = Tempo de conversa: antes { $before }, agora { $now }
why-once = Uma cobrança avulsa, que não houve da última vez
why-added = Antes não havia essa cobrança
why-gone = Essa cobrança não existe mais
why-sum = Era { $before }, agora { $now }
why-refund = Devolvido a você: { $sum }
why-no-refund = Da última vez { $sum } foram devolvidos a você, agora nada
why-refunds = Antes foi devolvido { $before }, agora { $now }
why-hint = Você pode comparar outro período: escreva, por exemplo, “em março”.
why-doubt = Se uma cobrança parecer indevida, chame um atendente.

## Botões

button-charges = Histórico de cobranças
button-charges-all = Todos os serviços
button-charges-which = De um serviço
button-why = Por que tanto?
button-why-charges = Mostrar todas as cobranças
