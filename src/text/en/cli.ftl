# messages of cli
