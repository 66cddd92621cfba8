# messages of fetch
fetch-no-tsa = タイムスタンプ局が設定されていません。--tsa または設定ファイルの [[tsa]] で指定してください。
fetch-no-accredited = 認定タイムスタンプのみを使う設定ですが、認定タイムスタンプ局の証明書が登録されていません。設定ファイルの [timestamp] accredited に追加してください。
fetch-no-timestamp = どのタイムスタンプ局からも有効なタイムスタンプを取得できませんでした({ $attempts })。接続と設定を確認し、しばらくしてからもう一度お試しください。
