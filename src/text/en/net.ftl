# messages of net

net-address = "{ $address }" is not an address that can be read. Give one that begins with http:// or https://.
net-private-address = { $host } is an address of a private network and is not contacted. Allow it in the configuration if it is needed.
net-no-such-host = { $host } was not found. Check the name and the network.
net-connection = { $host } cannot be reached ({ $cause }).
net-tls = No secure connection with { $host } ({ $cause }).
net-timeout = { $host } did not answer in time.
net-too-large = The answer of { $host } is too large. The limit is { $limit } bytes.
net-redirects = { $host } redirects too often.
