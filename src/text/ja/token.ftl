# messages of token

pin-cancelled = PINの入力が取り消されました。署名はしていません。
pin-timed-out = PINが入力されないまま時間が過ぎました。もう一度お試しください。
pin-empty = PINが空です。署名はしていません。
pin-too-long = PINが長すぎます。
pin-prompts-busy = ほかのPIN入力を待っています。それが終わってから、もう一度お試しください。
pin-prompt-failed = PINを入力する画面を開けませんでした({ $program }: { $reason })。pinentry が入っているか、画面か端末があるかを確かめてください。
pin-file-unreadable = PINのファイル { $path } を読めません({ $reason })。
pin-file-not-regular = PINのファイル { $path } は通常のファイルではありません。リンクや装置は使えません。
pin-file-exposed = PINのファイル { $path } をほかの人が読み書きできます。持ち主だけが読めるようにしてください(chmod 600)。

prompt-title = hankod 電子署名
prompt-asked-by-site = { $who } が署名を求めています。
prompt-asked-by-program = プログラム { $who } が署名を求めています。
prompt-asked-by-person = この画面の操作による署名です。
prompt-documents = 文書 { $count } 件(合計 { $pages } ページ)
prompt-documents-uncounted = 文書 { $count } 件
prompt-more-documents = ・ ほか { $count } 件
prompt-holder = 署名する人: { $holder }
prompt-check = 照合番号: { $check }
prompt-address = 内容を見る: { $address }
prompt-tries-left = PINはあと { $tries } 回まちがえるとロックされます。
prompt-last-try = 注意: 次にまちがえるとカードがロックされます。
prompt-allow-site = { $origin } がこのパソコンのカードで署名を頼めるようにしますか。
prompt-allow-code = サイトの画面と同じ番号か確かめてください: { $code }
prompt-pin = PIN:
prompt-sign = 署名する
prompt-cancel = やめる
prompt-allow = 許可する
prompt-refuse = 許可しない
