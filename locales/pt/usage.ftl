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
