# messages of token
