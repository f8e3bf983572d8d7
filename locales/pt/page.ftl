# The linking page: three steps and what may come between.

page-title = { $heading } — { $operator }
page-title-error = Erro: { $title }
page-step = Passo { $step } de 3
page-languages = Idioma da página
page-back = Voltar

page-network-vk = VKontakte
page-network-telegram = Telegram
page-network-ok = Odnoklassniki
page-nameless = sem nome

page-chat = Este chat terá acesso
page-only-you = Continue somente se você mesmo pediu isto ao bot e este é o seu chat. Outra pessoa enviou o link? Feche a página: nada vai mudar.

page-login-heading = Entre para vincular uma conta
page-login = Login
page-login-hint = O mesmo da sua área do cliente { $operator }
page-password = Senha
page-password-hint = Pedimos uma única vez, para conferir. Não a guardamos, e ela não chega ao chat.
page-next = Continuar

page-enter = Entrar no site de { $operator }
page-enter-hint = Você entra no site da operadora e volta para cá. Nós não vemos a senha, e ela não chega ao chat.
page-leave-heading = Abrindo o site de { $operator }
page-leave = Se o site não abrir sozinho, toque no botão.

page-problem = Confira o que foi digitado
page-login-empty = Digite o login
page-password-empty = Digite a senha
page-login-wrong = O login ou a senha não conferem. Verifique o idioma do teclado.

page-accounts-heading = Quais contas vincular?
page-accounts-hint = O chat verá o saldo, a dívida e o histórico de pagamentos das contas marcadas. Você pode desvincular no chat quando quiser.
page-account = Conta { $number }
page-account-closed = encerrada, não pode ser vinculada
page-accounts-empty = Marque pelo menos uma conta
page-accounts-many = { $limit ->
    [one] Um chat aceita no máximo { $limit } conta. Deixe só uma marcada.
   *[other] Um chat aceita no máximo { $limit } contas. Desmarque algumas.
}
page-accounts-changed = A lista de contas mudou. Confira as marcações outra vez.
page-get-code = Receber o código

page-none-heading = Não há nada para vincular
page-none = Você entrou, mas este login não tem contas ativas. Se esperava outra coisa, entre com outro login ou ligue para { $operator }.
page-other-login = Entrar com outro login

page-code-heading = Envie este código ao chat
page-code-todo = Volte ao chat de onde você veio e envie estes seis caracteres ao bot. Letras minúsculas também servem.
page-code-spelled = Um por um:
page-code-left = { $minutes ->
    [one] O código vale por mais { $minutes } minuto.
   *[other] O código vale por mais { $minutes } minutos.
}
page-code-secret = Não encaminhe o código a ninguém, nem a funcionários de { $operator }: ele só é necessário no seu próprio chat.
page-code-accounts = { $count ->
    [one] Esta conta será vinculada
   *[other] Estas contas serão vinculadas
}
page-code-chat = O chat que deve receber o código

page-old-heading = Este link não funciona mais
page-old = O link vale por dez minutos e uma única vez. Se você já enviou o código ao chat, está tudo pronto. Se não, abra o chat com o bot e toque em “Vincular conta”: um link novo vai chegar.

page-forged-heading = Esta página está desatualizada
page-forged = O formulário não foi enviado desta página, ou ela foi aberta há muito tempo. Nada mudou. Verifique se o navegador aceita cookies e comece de novo.
page-again = Começar de novo

page-declined-heading = Entrada cancelada
page-declined = Você não entrou no site de { $operator }, e nada mudou: nenhuma conta foi vinculada. Se mudar de ideia, tente de novo.

page-unproven-heading = Entrada não confirmada
page-unproven = O site de { $operator } não confirmou quem entrou. Nada foi vinculado. Tente de novo; se não funcionar, ligue para { $operator }.

page-astray-heading = Entrada não concluída
page-astray = Nada foi vinculado. Isso acontece quando a entrada começa em um navegador e termina em outro, quando a página é aberta de novo ou quando se passaram mais de dez minutos. Abra outra vez o link do chat; se ele não funcionar mais, toque em “Vincular conta” no chat.

page-elsewhere-heading = A vinculação começa na área do cliente
page-elsewhere = Não é possível entrar nesta página. Abra a área do cliente de { $operator } e toque lá no botão que vincula a conta ao chat.

page-throttled-heading = Tentativas demais
page-throttled = A entrada nesta página está suspensa. Tente de novo em uma hora; se ainda não der, amanhã. A área do cliente funciona normalmente: só esta página está bloqueada.

page-later-heading = Não é possível verificar agora
page-later = O sistema de { $operator } não responde. A tentativa não conta e nada foi vinculado. Tente de novo em alguns minutos.
page-retry = Tentar de novo
