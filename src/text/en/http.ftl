# messages of http
