# messages of config
origin-length = The site's address is empty or too long.
origin-null = This page has no address of its own (null) and cannot be allowed.
origin-scheme = A site's address begins with http:// or https://.
origin-extra = Write the site's address as "https://host:port", without "/" at the end or anything after it.
origin-host = The site's host name is not valid. Write a Japanese host name in its form that begins with "xn--".
origin-port = A port is a number from 1 to 65535.
config-unreadable = The configuration file { $file } cannot be read ({ $reason }).
config-writable-by-others = Other users can write to the configuration file { $file }. Check what it says, then run "chmod o-w { $file }".
config-too-long = The configuration file { $file } is too large (at most 1 MiB).
config-syntax = { $file }, line { $line }: { $reason }
config-secret-inline = { $file }, line { $line }: a PIN or password must not stand in the configuration ("{ $key }"). Use a file that only its owner can read (pin_file) or a systemd credential (pin_credential), and consider changing what was written there.
config-role = { $file }, line { $line }: the role "{ $found }" is not part of this version. Use "desk".
config-listen = { $file }, line { $line }: hankod cannot listen on "{ $found }". Give an address of this machine alone with a port, such as 127.0.0.1:10805.
config-choice = { $file }, line { $line }: "{ $found }" is not one of { $allowed }.
config-range = { $file }, line { $line }: { $found } is not between { $min } and { $max }.
config-text = { $file }, line { $line }: the text is empty, too long, or holds characters that cannot be used.
config-origin = { $file }, line { $line }: this is not a site's address ({ $reason }). Write "https://host" or "https://host:port".
config-twice = { $file }, line { $line }: "{ $found }" stands twice.
config-one-of = { $file }, line { $line }: give exactly one of { $keys }.
config-pin-file-open = { $file }, line { $line }: other users can read the PIN file { $path }. Run "chmod 600 { $path }" and consider changing the PIN.
config-pin-file-missing = { $file }, line { $line }: the PIN file { $path } is not there.
config-no-credentials = { $file }, line { $line }: pin_credential works only when systemd hands credentials over (LoadCredential=).
config-no-state-dir = There is no folder to keep the state in. Set HOME, state_dir or --state.
