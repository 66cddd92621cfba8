# messages of store
