# messages of store
state-not-private = The state folder { $path } is open to other users or belongs to another one (mode { $mode }). Check what is in it, then let its owner run "chmod 700 { $path }".
state-in-use = The state folder { $path } is in use by another hankod (process { $pid }). End that one first.
state-io = { $path } could not be read or written ({ $reason }). Check the disk and the permissions.
state-disk-full = There is no room to write { $path }. This operation was not recorded. Make room and try again.
state-busy = Another hankod has kept the database locked for too long. Try again in a moment.
state-newer = This data was written by a newer hankod. Update hankod.
state-database = The database reported an error ({ $reason }). If it stays, run "hankod doctor".
state-exists = It exists already.
state-not-found = It was not found, or it is over.
already-released = The signed file for document { $item } of operation { $operation } has been handed out before. It cannot be signed twice.
state-damaged = Stored data is damaged or was changed from outside. Run "hankod audit verify" and restore a backup.
document-too-large = The document is too large (at most { $max_bytes } bytes).
state-closed = hankod is shutting down. Start it and try again.
