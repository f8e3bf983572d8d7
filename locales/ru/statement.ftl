button-statement = Выписка
