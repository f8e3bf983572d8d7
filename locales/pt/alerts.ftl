### Avisos: sobre o quê, quando, onde. Primeiro o que vale agora, depois como mudar.

alerts-on = Os avisos estão ativados.
alerts-off = Os avisos estão desativados.
alerts-now-on = Pronto, avisos ativados. Você pode escolher sobre o que avisar.
alerts-now-off = Pronto, avisos desativados. Você pode ativá-los de novo quando quiser.
alerts-impossible = Ainda não é possível avisar sobre esta conta: o sistema da operadora não informa as mudanças. O saldo pode ser consultado a qualquer momento.
alerts-threshold = Limite: { $sum }, conta { $number }
alerts-zone = Fuso horário: { $zone }
threshold-which = O limite agora é { $sum } para a conta { $number }. Escolha outro ou escreva o valor em rublos.
threshold-set = Pronto. Limite da conta { $number }: { $sum }.
threshold-range = O limite pode ir de 0,01 a { $largest }. Escreva outro valor.

## Sobre o quê

topics = Sobre o que aviso:
topic = { $name }: { $wish }
topic-set = Pronto. { $name }: { $wish }
topic-is-on = aviso
topic-is-off = não aviso
topic-days = Você pode escrever outros dias, por exemplo “5 e 2 dias antes”.
topic-low = Aviso quando restar na conta menos que o limite, e quando houver o bastante de novo.
topic-lasts = Calculo pelas cobranças e pelo consumo até que dia o dinheiro dura, e aviso antes.
topic-fee = Aviso antes, se não houver o bastante para a próxima cobrança.
topic-bill = Aviso quando sai uma fatura: o valor e o vencimento.
topic-due = Aviso antes, se a fatura ainda não foi paga e o vencimento se aproxima.
topic-overdue = Aviso se o vencimento passou, antes da suspensão dos serviços.
topic-service = Aviso quando um serviço é suspenso por dívida e quando volta a funcionar.
topic-paid = Aviso quando um pagamento chega: o valor, a forma e o saldo depois dele.
topic-promise = Aviso antes, quando é hora de devolver o pagamento prometido.
topic-charge = Aviso sobre uma cobrança fora do comum e sobre uma nova opção paga.
topic-outage = Aviso sobre uma falha ou manutenção no seu endereço e quando terminam.
topic-digest = Uma vez por semana escrevo o saldo, e quanto e até quando pagar.
days-before =
    { $last ->
        [one] { $days } dia antes
       *[other] { $days } dias antes
    }
days-after =
    { $last ->
        [one] { $days } dia depois
       *[other] { $days } dias depois
    }
list-and = { $most } e { $last }
weekly =
    { $weekday ->
        [1] às segundas-feiras
        [2] às terças-feiras
        [3] às quartas-feiras
        [4] às quintas-feiras
        [5] às sextas-feiras
        [6] aos sábados
       *[7] aos domingos
    }

## Quando

hour = Hora dos avisos sobre prazos: { $time }
hour-set = Pronto. Os avisos sobre prazos chegam às { $time }.
hour-which = Escolha outra ou escreva, por exemplo, “9h” ou “18:30”.
hour-quiet = Nesse horário há silêncio: chegarão às { $end }, quando ele terminar.
quiet = Horário de silêncio: das { $start } às { $end }, sem avisos nesse período
quiet-none = Sem horário de silêncio: os avisos podem chegar a qualquer hora
quiet-which = Escolha outro ou escreva, por exemplo, “22-8”.
zone-which = Escolha sua cidade ou uma próxima com o mesmo horário. Também pode escrever o nome.
zone-Europe-Kaliningrad = Caliningrado (MSK−1)
zone-Europe-Moscow = Moscou (MSK)
zone-Europe-Samara = Samara, Ijevsk (MSK+1)
zone-Asia-Yekaterinburg = Ecaterimburgo, Perm (MSK+2)
zone-Asia-Omsk = Omsk (MSK+3)
zone-Asia-Krasnoyarsk = Krasnoiarsk (MSK+4)
zone-Asia-Irkutsk = Irkutsk, Ulan-Ude (MSK+5)
zone-Asia-Yakutsk = Iakutsk, Chita (MSK+6)
zone-Asia-Vladivostok = Vladivostok (MSK+7)
zone-Asia-Magadan = Magadan, Sacalina (MSK+8)
zone-Asia-Kamchatka = Kamchatka, Chukotka (MSK+9)

## Onde

here-this = Os avisos sobre a conta { $number } chegam aqui.
here-other = Os avisos sobre a conta { $number } chegam em outra conversa: { $network }.
here-nobody = Os avisos sobre a conta { $number } não chegam a lugar nenhum: estão desativados.
here-set =
    { $count ->
        [1] Pronto. Os avisos sobre a sua conta agora chegam aqui, e só aqui.
       *[other] Pronto. Os avisos sobre as suas contas agora chegam aqui, e só aqui.
    }

## Outra vez amanhã

remind-set = Certo, vou lembrar: { $at }. Se tudo já estiver resolvido, não escrevo.
remind-if = Certo, vou lembrar: { $at }. Se não houver nada a pagar, não escrevo.

## Botões
button-alerts-on = Ativar avisos
button-alerts-off = Desativar avisos
button-threshold = Limite
button-quiet = Horário de silêncio
button-quiet-none = Sem silêncio
button-zone = Fuso horário
button-zones-more = Outras cidades
button-topics = Sobre o que avisar
button-topics-more = Outros eventos
button-topic-low = Saldo baixo
button-topic-lasts = Dinheiro acabando
button-topic-fee = Falta para a cobrança
button-topic-bill = Nova fatura
button-topic-due = Vencimento da fatura
button-topic-overdue = Fatura vencida
button-topic-service = Serviços suspensos
button-topic-paid = Pagamento recebido
button-topic-promise = Devolver o prometido
button-topic-charge = Cobranças fora do comum
button-topic-outage = Falhas e manutenção
button-topic-digest = Saldo semanal
button-topic-is-on = Avisar
button-topic-is-off = Não avisar
button-hour = Hora
button-here = Onde chegam
button-here-on = Enviar aqui
