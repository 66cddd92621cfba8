# messages of http

wrong-host = このアドレスでは hankod を使えません。http://127.0.0.1 か http://localhost で開いてください。
wrong-target = リクエストの形が正しくありません。
no-such-address = そのアドレスはありません。
method-not-allowed = そのアドレスでは、その操作はできません。
bad-origin = どのサイトからの依頼かを確かめられないため、受け付けません。
missing-origin = どのサイトからの依頼かが示されていません。
site-not-allowed = このサイトはまだ許可されていません。サイトの画面から、許可を求めてください。
missing-key = 許可を示す鍵がありません。サイトの許可をやり直すか、hankod のページを開き直してください。
bad-key = 許可を示す鍵が正しくありません。サイトの許可をやり直すか、hankod のページを開き直してください。
other-user = hankod は、動かしているユーザー本人からの依頼だけを受け付けます。このパソコンの別のユーザーからは使えません。
unknown-user = どのユーザーからの接続かを確かめられないため、受け付けません。hankod と同じパソコン(コンテナなどの外)のプログラムから接続してください。
own-page-only = この操作は hankod 自身のページからだけ行えます。
wrong-content-type = 送られたデータの種類(Content-Type)が、このアドレスのものではありません。
wrong-fetch-mode = この呼び出し方はできません。許可されたページのスクリプトから呼び出してください。
body-too-large = データが大きすぎます(上限 { $max_bytes } バイト)。
uploads-full = ほかの文書が残っているため、受け付けられません。署名や取り消しが済んでから、もう一度お試しください。
too-many-requests = 同時に行っている操作が多すぎます。少し待ってから、もう一度お試しください。
bad-json = JSON を読み取れません: { $reason }
bad-upload = 送られたファイルを読み取れません: { $reason }
bad-address = アドレスの形が正しくありません。
upload-stalled = 送信が途中で止まりました。もう一度送ってください。何も署名していません。
listener-not-loopback = { $address } はほかのパソコンから届くアドレスです。127.0.0.1 か [::1] を設定してください。
listener-failed = 待ち受けを始められませんでした: { $reason }
tls-unusable = TLS の証明書または鍵を使えません: { $reason }
client-too-often = 呼び出しが多すぎます。{ $seconds } 秒ほど待ってからお試しください。
