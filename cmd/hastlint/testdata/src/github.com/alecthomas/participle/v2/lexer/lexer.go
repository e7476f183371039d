package lexer
