button-statement = Statement
