### Nomes das contas e como trocar de conta.

account-nicknamed = { $nickname } · { $number }
accounts-hint = Respondo sobre a conta escolhida até que você escolha outra: pelo botão, pelos quatro últimos dígitos ou pelo nome.
account-which = Mais de uma conta combina. A qual você se refere?
account-unknown = Nenhuma conta neste chat termina com esses dígitos. Estas estão vinculadas:
rename-which = Qual conta deseja nomear?
rename-to = Como chamar a conta { $account }? Escreva um nome de até { $limit } caracteres, por exemplo “Sítio”. Só você o verá.
rename-long = É um pouco longo: o nome pode ter até { $limit } caracteres. Escreva um mais curto.
renamed = Pronto: a conta { $number } agora se chama “{ $nickname }”.
renamed-twin = Outra conta sua tem o mesmo nome; os últimos dígitos as distinguem.
renamed-none = Pronto: a conta { $account } agora está sem nome.
button-rename = Nomear a conta
button-rename-none = Remover o nome
button-no-rename = Cancelar
