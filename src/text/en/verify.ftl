# messages of verify
