### Fatura por e-mail: para onde vão os documentos, um novo endereço, enviar mais uma vez.

mail-head = Para onde vão as faturas e os documentos:
mail-line = • { $service }: por e-mail para { $email }
mail-line-none = • { $service }: não por e-mail
mail-service = Serviço { $number }
mail-services =
    { $count ->
        [one] { $count } serviço
        [many] { $count } serviços
       *[other] { $count } serviços
    }
mail-none = Esta conta não tem documentos que possam ser enviados por e-mail.
mail-elsewhere = Para mudar isso, fale com { $operator }.

## Um novo endereço

mail-which-change = Para qual serviço informar o endereço?
mail-new =
    Documentos: { $services }.
    Escreva o novo endereço de e-mail, por exemplo { $example }. Um código será enviado para lá, para confirmar que o endereço é seu.
mail-unreadable = Isto não parece um endereço de e-mail. É preciso um endereço como { $example }, em letras latinas e sem espaços. Escreva de novo, por favor.
mail-confirm =
    Novo endereço: { $email }
    Documentos: { $services }.
    Se estiver certo, enviaremos um código para lá. Se houver um erro, aperte “Cancelar” e comece de novo.
mail-same = Já está assim: { $services }, os documentos vão para { $email }.
mail-done = Pronto: { $services }, os documentos irão para { $email }.
mail-farewell =
    { $operator }: os documentos não vêm mais para este endereço
    O endereço para documentos foi mudado ou desligado no chat. Conta { $number }, serviços: { $services }.
    Se não foi você, fale com a operadora.

## Não enviar

mail-which-off = De qual serviço não enviar mais documentos por e-mail?
mail-off-sure = Não enviar mais documentos por e-mail: { $services }? A fatura pode ser vista aqui no chat a qualquer momento.
mail-off-done = Pronto, não enviamos mais documentos por e-mail: { $services }. Você pode ativar de novo quando quiser.

## Mais uma vez

mail-sent = A fatura de { $period } foi enviada para { $email }. O e-mail pode demorar alguns minutos. Se não chegar, veja a pasta de spam.
mail-nowhere = As faturas não são enviadas por e-mail: não há endereço. Você pode informar um ou receber o arquivo aqui mesmo.
mail-undrawn = Não foi possível gerar o arquivo agora, por isso o e-mail não foi enviado. Tente de novo em alguns minutos.
mail-limit = A fatura já foi enviada por e-mail três vezes em um dia, por hoje não é mais possível. Você pode receber o arquivo aqui mesmo.
mail-subject = { $operator }: fatura de { $period }, conta { $number }
mail-letter = Todos os pagamentos e cobranças de { $period } estão no arquivo anexo.
mail-why = Este e-mail foi enviado automaticamente, a pedido feito no chat. Não é preciso responder.

## Botões

button-mail = Fatura por e-mail
button-mail-send = Enviar a fatura por e-mail
button-mail-set = Informar um e-mail
button-mail-change = Mudar o e-mail
button-mail-off = Não enviar por e-mail
button-mail-off-yes = Sim, não enviar
button-mail-all = Para todos os serviços
button-mail-code = Está certo, enviar código
button-mail-here = Enviar o arquivo aqui
button-no-mail = Cancelar
