# messages of config
