# messages of der
