# messages of keys: ceremonies, policies, approvals

prompt-so-pin = 新しいトークンの管理者用の暗証番号(SO PIN)を入力してください。
prompt-token-pin = このトークンの暗証番号を入力してください。
cli-token-made = トークン { $token } を作りました(シリアル番号 { $serial })。
cli-key-made = { $token } の中に鍵 { $key }({ $kind })を作りました。公開鍵の SHA-256: { $public }
cli-request-written = 証明書の申請書(CSR)を { $file } に書きました。認証局に送ってください。
cli-certificate-stored = 証明書 { $certificate } を、{ $token } の鍵 { $key } に結び付けて保存しました。
module-ambiguous = どのライブラリ(PKCS#11)かを --module で指定してください。
key-label-invalid = 鍵の名前は空にできません。制御文字も使えません。
key-label-taken = 「{ $label }」という名前は、このトークンですでに使われています。別の名前にしてください。
key-not-found = このトークンに「{ $label }」という鍵はありません。
certificate-key-elsewhere = この証明書の鍵は、このトークンの中にありません。ファイルとトークンが正しいか確かめてください。
certificate-on-token = この証明書は、すでにこのトークンの中にあります。
