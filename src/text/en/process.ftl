# messages of process
