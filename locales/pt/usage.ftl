### Consumo: tráfego por dia, chamadas por destino, compras.
### Vazio e desconhecido nunca parecem zero.

## Quanto

size-b = { $n } B
size-kb = { $n } KB
size-mb = { $n } MB
size-gb = { $n } GB
size-tb = { $n } TB
talk-seconds = { $seconds } s
talk-minutes = { $minutes } min
talk-both = { $minutes } min { $seconds } s

## Destinos: das chamadas e das partes do telefone fixo

direction-local = Chamadas locais
direction-zone = Chamadas dentro da região
direction-intercity = Chamadas interurbanas
direction-international = Chamadas internacionais
direction-mobile = Chamadas para celulares
direction-other = Outros destinos

## Estatísticas

usage-total = { $title }: { $amount }, período: { $period }
usage-talk =
    { $count ->
        [one] { $title }: { $amount }, { $count } chamada, período: { $period }
        [many] { $title }: { $amount }, { $count } chamadas, período: { $period }
       *[other] { $title }: { $amount }, { $count } chamadas, período: { $period }
    }
usage-pieces =
    { $count ->
        [one] { $count } compra
        [many] { $count } compras
       *[other] { $count } compras
    }
usage-calls =
    { $count ->
        [one] { $count } chamada
        [many] { $count } chamadas
       *[other] { $count } chamadas
    }
usage-received = Recebido
usage-sent = Enviado
usage-parts = Recebido { $received }, enviado { $sent }
usage-beyond = Cobrado além do plano: { $sum }
usage-cost = { $sum } além do plano
usage-average = Média por dia: { $amount }
usage-busiest = Maior consumo: { $day }, { $amount }
usage-by = Por data:
usage-by-two = Por data, recebido + enviado:
usage-bar = { $label }: { $amount }
usage-rest = Nada no restante do tempo
usage-directions = Por destino:
usage-direction-none = { $direction }: nenhuma no período: { $period }
usage-purchase = Compra
usage-none = { $title }: nada usado no período: { $period }
usage-which = Estatísticas do período { $period }: de qual serviço?
usage-nowhere = Não há serviços com estatísticas nesta conta.
usage-left = Não vejo quanto resta do pacote: isso aparece na área do cliente da operadora. Veja o que já foi usado.

## Botões

button-usage = Estatísticas
button-usage-other = Outro serviço
