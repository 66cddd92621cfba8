# messages of daemon
