# messages of sign
