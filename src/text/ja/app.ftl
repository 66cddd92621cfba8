# messages of app
