### Detalhamento de chamadas. Nenhum número aparece por inteiro.

calls-total =
    { $count ->
        [one] { $count } chamada feita, { $minutes }, { $cost }, período: { $period }
        [many] { $count } chamadas feitas, { $minutes }, { $cost }, período: { $period }
       *[other] { $count } chamadas feitas, { $minutes }, { $cost }, período: { $period }
    }
calls-none = Nenhuma chamada no período: { $period }
calls-none-out = Nenhuma chamada feita no período: { $period }
calls-of = Telefone: { $title }
calls-incoming = Recebidas
calls-outgoing = Feitas
calls-sum =
    { $count ->
        [one] { $title }: { $count } chamada, { $minutes }, { $cost }
        [many] { $title }: { $count } chamadas, { $minutes }, { $cost }
       *[other] { $title }: { $count } chamadas, { $minutes }, { $cost }
    }
calls-sum-free =
    { $count ->
        [one] { $title }: { $count } chamada, { $minutes }
        [many] { $title }: { $count } chamadas, { $minutes }
       *[other] { $title }: { $count } chamadas, { $minutes }
    }
calls-most = Números mais chamados:
call = { $day }, { $time }: { $number }, { $length }, { $cost }
call-untimed = { $day }: { $number }, { $length }, { $cost }
call-incoming = { $call }, recebida
calls-unknown-number = número desconhecido
calls-zone = Horários no fuso da conta: { $zone }. Chamadas não atendidas não contam.
calls-untimed = O sistema da operadora não informa a hora das chamadas: só o dia é conhecido. Chamadas não atendidas não contam.
calls-which = Mostrar as chamadas de qual telefone?
calls-strange = Não há esse telefone nesta conta. Este é o que existe:
calls-no-phone = Não há telefone nesta conta, e por isso não há chamadas.

## Em arquivo

calls-file = Chamadas
calls-file-inside = Arquivo CSV, { $size }, que o Excel abre: cada chamada em uma linha. Nem ali os números aparecem por inteiro, porque o arquivo fica nesta conversa. A operadora informa os números completos.
calls-file-undrawn = Não foi possível gerar o arquivo agora, tente de novo em alguns minutos.
calls-column-time = Data e hora, { $zone }
calls-column-way = Tipo
calls-column-number = Número
calls-column-direction = Destino
calls-column-seconds = Duração, s
calls-column-cost = Custo, { $currency }

## Botões

button-calls = Detalhe das chamadas
button-calls-file = Enviar em arquivo
button-calls-back = Mostrar no chat
button-calls-other = Outro telefone
