# messages of console
