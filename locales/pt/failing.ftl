### Quando o sistema da operadora não responde e os últimos valores são conhecidos.

failing-last-known = O sistema da operadora não está respondendo. Estes eram os dados de { $at }:
failing-changed = Os valores podem ter mudado desde então. Tente de novo em alguns minutos. Código: { $code }

# The billing answers in the customer’s own name only, and that sign-in is over.
sign-in-again = O sistema de { $operator } pede que você confirme de novo que a conta { $number } é sua: o acesso anterior terminou ou a senha foi trocada. O vínculo continua: entre de novo e eu respondo.
button-sign-in = Entrar de novo
