# messages of demo
