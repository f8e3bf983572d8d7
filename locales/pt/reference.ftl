### Referência: região, notícias, falhas, bônus.

region-now = Sua região: { $region }
region-unknown = Sua região ainda não foi informada.
region-which = Escolha a região para ver seus telefones e notícias.
region-type = Você pode escrever o nome: { $regions }.
region-one = Os telefones são os mesmos para todas as regiões.
button-region = Outra região

news-none = Não há notícias nem falhas no momento.
news-untold = Aqui não há notícias: { $operator } as publica no site e nas comunidades.
news-more =
    { $count ->
        [one] E mais { $count } mensagem anterior.
       *[other] E mais { $count } mensagens anteriores.
    }
faults-none = Nenhuma falha informada na sua região no momento.
faults-more =
    { $count ->
        [one] E mais { $count } falha.
       *[other] E mais { $count } falhas.
    }
fault = Falha: { $title }
fault-since = Início: { $since }; ainda sem previsão de término.
fault-until = Início: { $since }; previsão de reparo: { $until }.
button-news = Notícias e falhas
button-faults = Falhas

bonus =
    { $points ->
        [one] Você tem { $points } ponto de bônus
       *[other] Você tem { $points } pontos de bônus
    }
bonus-program = Programa “{ $program }”
bonus-burning =
    { $points ->
        [one] { $points } ponto expira em { $day }
       *[other] { $points } pontos expiram em { $day }
    }
bonus-none = Você ainda não participa do programa de bônus. Para aderir, fale com { $operator }.
button-bonus = Bônus
