### Quando o sistema da operadora não responde e os últimos valores são conhecidos.

failing-last-known = O sistema da operadora não está respondendo. Estes eram os dados de { $at }:
failing-changed = Os valores podem ter mudado desde então. Tente de novo em alguns minutos. Código: { $code }
