# messages of render
