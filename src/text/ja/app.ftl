# messages of app

daemon-starting = 起動の途中です。少し待ってから、もう一度お試しください。
