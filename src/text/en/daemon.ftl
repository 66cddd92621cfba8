# messages of daemon

daemon-listen-failed = Cannot listen on { $address } ({ $cause }). Check whether another program uses it, or change listen in the configuration.
daemon-failed = The daemon cannot begin ({ $cause }).
daemon-gone = The connection to the running daemon broke. See its log and try again.
daemon-part-ended = A part of hankod ({ $part }) has ended, so the whole ends. See the log and start it again.
