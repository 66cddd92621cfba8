# messages of config
origin-length = The site's address is empty or too long.
origin-null = This page has no address of its own (null) and cannot be allowed.
origin-scheme = A site's address begins with http:// or https://.
origin-extra = Write the site's address as "https://host:port", without "/" at the end or anything after it.
origin-host = The site's host name is not valid. Write a Japanese host name in its form that begins with "xn--".
origin-port = A port is a number from 1 to 65535.
