# messages of access
key-unknown = この鍵は登録されていません。このサイト(プログラム)の許可をもう一度行ってください。
key-revoked = この許可は取り消されています。必要なら、もう一度許可してください。
key-not-for-origin = この鍵は、別のサイトまたはプログラム用です。
pairing-unknown = 許可の申請が見つかりません。もう一度、サイトの画面からやり直してください。
pairing-over = この申請は、期限切れか、すでに処理済みです。もう一度、サイトの画面からやり直してください。
pairing-too-many = 返事を待っている許可の申請が多すぎます。先に、表示されている確認に答えてください。
pairing-too-often = 許可の申請が続いたため、しばらく受け付けません。{ $seconds } 秒ほど待ってからお試しください。
program-name-invalid = プログラムの名前は、前後に空白のない 1〜{ $max } 文字で指定してください。改行などの制御文字は使えません。
nonce-invalid = nonce は、英数字と「-」「_」の 16〜128 文字で指定してください。
random-unavailable = システムから乱数を得られませんでした。端末の管理者に連絡してください。
client-invalid = クライアントには、1〜{ $max } 文字の名前、1つ以上の権限(scope)、鍵または証明書が必要です。
scope-missing = このクライアントには、権限「{ $scope }」がありません。管理者に依頼してください。
password-short = パスワードは { $min } 文字以上にしてください。
