# messages of app

daemon-starting = hankod is still starting. Try again in a moment.
