# messages of net

net-address = 「{ $address }」は読み取れるアドレスではありません。http:// または https:// で始まるアドレスを指定してください。
net-private-address = { $host } は内部のネットワークのアドレスなので接続しません。必要なら設定で許可してください。
net-no-such-host = { $host } が見つかりません。名前とネットワークの接続を確かめてください。
net-connection = { $host } に接続できません({ $cause })。
net-tls = { $host } と安全な接続ができません({ $cause })。
net-timeout = { $host } が時間内に答えませんでした。
net-too-large = { $host } の応答が大きすぎます。上限は { $limit } バイトです。
net-redirects = { $host } の転送が多すぎます。
