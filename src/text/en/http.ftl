# messages of http

wrong-host = hankod cannot be used at this address. Open http://127.0.0.1 or http://localhost.
wrong-target = The request is malformed.
no-such-address = There is no such address.
method-not-allowed = This address does not take that method.
bad-origin = It cannot be told which site asks, so nothing was done.
missing-origin = The request does not say which site asks.
site-not-allowed = This site is not allowed yet. Let the site ask for permission.
missing-key = The key that shows the permission is missing. Allow the site again, or open hankod's page again.
bad-key = The key that shows the permission is not valid. Allow the site again, or open hankod's page again.
other-user = hankod serves only the user who runs it. Another user of this computer cannot use it.
unknown-user = Which user this connection belongs to cannot be told, so it is refused. Connect from a program on the same computer, outside of containers.
own-page-only = Only hankod's own page may do this.
wrong-content-type = The Content-Type is not the one that this address takes.
wrong-fetch-mode = It cannot be called this way. Call it from a script of an allowed page.
body-too-large = Too large (the limit is { $max_bytes } bytes).
uploads-full = The documents that are waiting leave no room for more. Try again when they have been signed or cancelled.
too-many-requests = Too many requests are under way. Wait a moment and try again.
bad-json = The JSON cannot be read: { $reason }
bad-upload = The upload cannot be read: { $reason }
bad-address = The address is malformed.
upload-stalled = The upload stopped. Send it again. Nothing was signed.
listener-not-loopback = { $address } can be reached from other machines. Configure 127.0.0.1 or [::1].
listener-failed = The listener could not begin: { $reason }
tls-unusable = The TLS certificate or key cannot be used: { $reason }
client-too-often = Too many calls. Try again in { $seconds } seconds or so.
