### Conversa: saudação, menu, consentimento, vínculo, avisos, dados pessoais, falhas.

## Saudação

# No máximo duas linhas, e nelas a palavra «bot».
greeting =
    Olá! Sou o bot da { $operator }: mostro saldo, dívida, valor a pagar e pagamentos.
    Escreva com suas palavras ou toque nos botões. Para falar com uma pessoa, escreva “atendente”.
hello-again = Olá! O que você quer ver?
welcome = De nada! Se precisar de algo, é só escrever.
sorry = Sinto muito por isso. Sou um bot e não resolvo tudo: uma pessoa pode ajudar.
beyond = Não respondo a essa pergunta. Meus assuntos são saldo, valor a pagar, pagamentos e cobranças, serviços, consumo e avisos. No resto, o atendente ajuda.

## Menu

menu = Menu principal. Toque em um botão ou escreva.
more = Veja o que mais você pode perguntar. Toque em um botão ou escreva com suas palavras.
outdated = Este botão está desatualizado, aqui vai o menu novo.
not-available = Essa conta não está disponível nesta conversa. Veja o que você pode abrir:
press-the-button = Esse botão abre uma página no navegador: toque nele na mensagem acima.
nothing-changed = Certo, nada mudou.
followup-yes = Certo. O que devo mostrar?
followup-details = Não sei mais nada sobre isso. Um atendente pode ajudar.
followup-wrong = O que você quis dizer?
slow-down = São muitas mensagens seguidas. Espere um minuto e escreva de novo, por favor.
one-moment = Só um instante, buscando os dados…

## Não entendi

perhaps-meant = Não sei se entendi. Você quis dizer:
not-understood = Não entendi. Respondo perguntas sobre saldo, pagamentos, dívida e serviços. Por exemplo:
cannot-open = Não abro imagens, áudios nem arquivos. Escreva com palavras ou escolha:
not-understood-menu = Ainda não entendi. Aqui está tudo o que eu sei fazer; se não encontrar, toque em “Atendente”.
not-understood-again = Entendo perguntas sobre dinheiro e serviços: “saldo”, “quanto pagar”, “pagamentos de março”, “meus serviços”. Nas outras, uma pessoa ajuda.

## Ajuda

help =
    Sou o bot da { $operator }. Você pode perguntar:
    • “saldo”, “dívida”, “quanto pagar”: o principal sobre o dinheiro
    • “meus serviços”, “meu plano”, “assinaturas”: o que está conectado e quanto custa
    • “pagamentos de março”, “cobranças”, “por que tanto”: para onde foi o dinheiro
    • “recarregar 500”, “pagamento prometido”: como pagar agora ou um pouco depois
    • “estatísticas”, “detalhamento de chamadas”, “extrato”: os detalhes de qualquer período
    • “internet não funciona”, “paguei e não funciona”: o que verificar
    • “avisos”: aviso antes que o dinheiro acabe
    Para desvincular uma conta, escreva “desvincular”; para encerrar minhas mensagens, “parar”.
help-public =
    Sou o bot da { $operator }. Nesta rede dou só informações gerais: telefones e horários.
    Saldo, dívida e pagamentos não são mostrados aqui.
safe =
    Nunca peço sua senha: ela é digitada só na página da operadora, não chega à conversa e não fica guardada conosco.
    Só a conversa que você mesmo vinculou vê a conta. Em grupos, nunca falo de dinheiro.
    Mostro só os quatro últimos dígitos do número da conta; o número inteiro aparece apenas nos dados para pagamento.
    Para desvincular, escreva “desvincular”; para apagar tudo sobre você, “esqueça-me”.

## Atendente

operator = { $operator }, atendimento por uma pessoa:
operator-unknown = { $operator }: o telefone do suporte está no seu contrato e no site.
contact = { $title }: { $phone }
contact-hours = { $title }: { $phone }, { $hours }

## Onde não falamos de dinheiro

public-only = Aqui dou só informações gerais. Sua conta é atendida em: { $networks }.
public-only-nowhere = Aqui dou só informações gerais. Sobre sua conta, fale com a operadora.
write-privately = Sobre sua conta eu falo só em mensagens privadas. Escreva para mim por lá, por favor.

## Idioma

language-which = Escolha o idioma.

## Consentimento

consent =
    Consentimento para o tratamento de dados pessoais, versão { $version }

    Para responder sobre sua conta, a { $operator } trata: o número desta conversa, as contas vinculadas e os nomes que você deu a elas, seus ajustes, os pagamentos feitos nesta conversa, o momento deste consentimento e quais dados da conta foram mostrados.
    Para quê: responder sobre a conta, receber pagamentos, enviar códigos e faturas ao e-mail e ao telefone cadastrados na operadora e enviar avisos, se você os ativar. Sem publicidade.
    Por quanto tempo: até você retirar o consentimento. Para retirar e apagar tudo, escreva “esqueça-me”.

    Você concorda?
consent-refused = Certo. Sem o consentimento não posso falar da sua conta, mas informo telefones e horários. Se mudar de ideia, escreva “vincular”.

## Vínculo

link-first =
    Para responder, preciso que você vincule sua conta uma vez. Toque em “Vincular conta”: vai abrir uma página para entrar com o login e a senha da sua área do cliente.
    Não escreva a senha nesta conversa.
link-page =
    1. Abra a página { $site } pelo botão abaixo e entre com o login e a senha da área do cliente da { $operator }.
    2. A página vai mostrar um código de seis caracteres. Escreva-o aqui.
    O link é pessoal e vale por 10 minutos. Não o encaminhe a ninguém.
link-full =
    { $count ->
        [one] Esta conversa pode ter só { $count } conta vinculada. Para incluir outra, desvincule esta.
       *[other] Esta conversa pode ter até { $count } contas vinculadas. Para incluir uma nova, desvincule outra.
    }
link-old = Este link expirou ou já foi usado. Comece o vínculo de novo.
link-is-page = Este link abre no navegador e vale só para a conversa que o pediu. Para vincular uma conta a esta conversa, toque no botão.
code-too-early = Este código ainda não é da nossa página. Primeiro abra a página pelo botão acima e entre: o código vai aparecer lá.
code-slipped = Há um erro de digitação neste código: a página mostra seis caracteres, letras e números. Confira e digite de novo
code-wrong =
    { $left ->
        [one] O código não confere. Resta { $left } tentativa.
       *[other] O código não confere. Restam { $left } tentativas.
    }
code-used-up = O código não conferiu cinco vezes e deixou de valer. Comece o vínculo de novo.
code-expired = Este código não vale mais. Comece o vínculo de novo: a página vai mostrar outro.
join-confirm =
    Vincular a esta conversa?
    { $accounts }
    A conversa vai ver saldo, dívida e pagamentos. Aceite só se você mesmo tocou em “Vincular” na área do cliente.
linked =
    Pronto, vinculado:
    { $accounts }
    Quer que eu avise antes que o dinheiro acabe? Toque em “Ativar avisos”.

## Contas

account = { $number } · { $holder }
account-line = Conta { $account }
accounts =
    { $count ->
        [one] { $count } conta está vinculada a esta conversa:
       *[other] { $count } contas estão vinculadas a esta conversa:
    }
account-listed = • { $account }
account-chosen = • { $account }, escolhida
account-now = Agora respondo sobre a conta { $account }, até que você escolha outra.
account-gone = A conta { $number } foi encerrada ou não está mais disponível, por isso foi desvinculada da conversa. Se for um engano, fale com a operadora.
unlink-nothing = Nenhuma conta está vinculada a esta conversa.
unlink-which = Qual conta desvincular?
unlink-confirm = Desvincular a conta { $account } desta conversa? As respostas e os avisos sobre ela vão terminar. A conta e os serviços não mudam.
unlinked = A conta { $account } foi desvinculada. Para vincular de novo, escreva “vincular”.
stranger-confirm = Tirar o acesso da conversa em { $network } à conta { $account }? Ela não vai mais ver o saldo nem os pagamentos.
stranger-cut =
    Pronto: a conversa em { $network } não vê mais a conta { $account }.
    Alguém entrou com a sua senha. Troque a senha da área do cliente e avise a operadora.
stranger-gone = Aquela conversa já não vê a conta { $account }.

## Avisos

stopped = Não escrevo mais por conta própria: todos os avisos estão desativados. Para voltar, escreva “ativar avisos”. Continuo respondendo às suas perguntas.


## Senha

password-typed = Parece que você escreveu uma senha. Não a guardei e apaguei a mensagem onde foi possível; se ela ainda estiver na conversa, apague-a você mesmo. A senha é digitada só na página de entrada: “Vincular conta” abre essa página.
password-public = Parece que você escreveu uma senha. Não a guardei e apaguei a mensagem onde foi possível; se ela ainda estiver na conversa, apague-a você mesmo. Nunca escreva a senha em uma conversa.

## Seus dados

export = Tudo o que a { $operator } guarda sobre esta conversa está no arquivo anexo. Em resumo:
export-links =
    { $count ->
        [0] Nenhuma conta vinculada.
        [one] { $count } conta vinculada.
       *[other] { $count } contas vinculadas.
    }
export-consent = Consentimento, versão { $version }, dado em { $at }.
export-no-consent = Não há consentimento para o tratamento de dados.
export-file = Meus_dados
forget-confirm = Apagar tudo o que lembro desta conversa: contas vinculadas, consentimento, ajustes e nossas mensagens? Não dá para desfazer, mas você pode vincular a conta de novo.
farewell = Pronto: tudo sobre esta conversa está sendo apagado, e não escrevo mais por conta própria. Se precisar, é só escrever.

## Falhas

billing-silent = O sistema da operadora não está respondendo, por isso não mostro valores: melhor nenhum do que um errado. Tente de novo em alguns minutos. Código: { $code }
billing-cannot = Não tenho essa informação: o sistema da operadora não a fornece. O atendente pode informar.
our-fault = Não consegui responder: a falha é nossa e já sabemos dela. Se for urgente, fale com a operadora e informe o código { $code }

## Botões

button-accounts = Minhas contas
button-help = Ajuda
button-operator = Atendente
button-menu = Menu
button-more = Mais
button-more-on = Próximo ›
button-more-back = ‹ Voltar
button-safe = É seguro?
button-language = Idioma · Language
button-export = Meus dados
button-forget = Esqueça-me
button-forget-yes = Sim, apagar tudo
button-no-forget = Não, manter
button-agree = Concordo
button-disagree = Não concordo
button-link = Vincular conta
button-unlink = Desvincular conta
button-open-page = Abrir a página de entrada
button-no-link = Cancelar
button-join = Sim, vincular
button-unlink-yes = Sim, desvincular
button-no-unlink = Não, manter
button-stranger = Não fui eu
button-stranger-yes = Sim, tirar o acesso
button-no-stranger = Não, está tudo bem
button-stop = Parar
button-again = Tentar de novo
sentence-broken = Não consegui montar a resposta. Escreva de novo ou chame o atendente.
