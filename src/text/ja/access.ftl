# messages of access
