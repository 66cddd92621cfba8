# messages of pdf
