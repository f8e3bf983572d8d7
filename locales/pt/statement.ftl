button-statement = Extrato
