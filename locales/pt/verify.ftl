### Um código que comprova que quem pergunta é o titular da conta.

proof-why = Primeiro, vamos confirmar que é você: enviaremos um código de seis dígitos para um contato do seu contrato. A confirmação vale por 15 minutos.
proof-which = Primeiro, vamos confirmar que é você: enviaremos um código de seis dígitos. Escolha para onde. A confirmação vale por 15 minutos.
proof-to-email = E-mail: { $address }
proof-to-sms = SMS: { $address }
proof-nowhere = Aqui é preciso um código de confirmação, mas não tenho para onde enviá-lo. { $operator } pode ajudar:
proof-sent-email = O código foi enviado para { $address }. Digite-o aqui: seis dígitos, válido por 10 minutos. Se a mensagem não chegou, veja a pasta de spam.
proof-sent-sms = O código foi enviado por SMS para { $address }. Digite-o aqui: seis dígitos, válido por 10 minutos.
# A primeira linha da mensagem será o seu assunto.
proof-letter-email =
    Código de confirmação de { $operator }
    { $code }

    Este é o seu código { $reason }. Digite-o no chat que o pediu. Ele vale por 10 minutos e serve uma única vez.
    Nunca informe este código a ninguém, nem a funcionários. Se você não o pediu, apague esta mensagem.
# Até 134 caracteres: duas partes de um SMS.
proof-letter-sms = { $operator }: { $code } é seu código { $reason }. Não o informe a ninguém. Vale 10 minutos.
proof-for-verify = para ver informações pessoais
proof-for-email = para receber as faturas neste endereço
proof-wrong =
    { $left ->
        [one] O código não confere. Resta { $left } tentativa.
        [many] O código não confere. Restam { $left } tentativas.
       *[other] O código não confere. Restam { $left } tentativas.
    }
proof-shape = O código tem seis dígitos. Confira e digite de novo, por favor.
proof-used-up = O código não conferiu cinco vezes e já não vale. É possível pedir outro.
proof-over = Este código já não vale: dura 10 minutos e serve uma única vez. Faça a pergunta de novo para receber outro.
proof-limit-soon = Já foram enviados três códigos. Para que ninguém encha você de mensagens, o próximo pode ser pedido em 15 minutos.
proof-limit-day = Foram enviados dez códigos em um dia, e esse é o limite. Tente amanhã ou fale com a operadora.
button-proof-again = Enviar o código de novo
button-no-verify = Cancelar
