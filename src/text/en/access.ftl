# messages of access
key-unknown = This key is not known. Allow the site (or program) again.
key-revoked = This permission was revoked. Allow it again if it is wanted.
key-not-for-origin = This key belongs to another site or program.
pairing-unknown = No such request for permission. Start again from the site's page.
pairing-over = This request has expired or was answered before. Start again from the site's page.
pairing-too-many = Too many requests for permission wait for an answer. Answer those on the screen first.
pairing-too-often = There were too many requests for permission. Wait about { $seconds } seconds.
program-name-invalid = A program's name has 1 to { $max } characters, no spaces at its ends and no control characters.
nonce-invalid = A nonce has 16 to 128 characters of A-Z, a-z, 0-9, "-" and "_".
random-unavailable = The system gave no random numbers. Tell the administrator of this machine.
client-invalid = A client needs a name of 1 to { $max } characters, at least one scope, and a key or a certificate.
scope-missing = This client has no scope "{ $scope }". Ask the administrator.
password-short = A password has { $min } characters or more.
