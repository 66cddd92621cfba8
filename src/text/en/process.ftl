# messages of process
worker-crashed = An internal worker program crashed. Try again.
worker-timeout = An internal worker program did not answer in time. Try again.
worker-busy = Too much work is waiting. Try again a little later.
worker-message-too-large = The data is too large to be processed.
worker-start-failed = An internal worker program does not start ({ $reason }). If restarting hankod does not help, tell your administrator.
worker-stopped = hankod is ending, so the work was stopped.
