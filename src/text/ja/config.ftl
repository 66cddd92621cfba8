# messages of config
origin-length = サイトのアドレスが空か、長すぎます。
origin-null = このページにはサイトのアドレスがないため(null)、許可できません。
origin-scheme = サイトのアドレスは、http:// か https:// で始めてください。
origin-extra = サイトのアドレスは「https://ホスト名:ポート」までを書いてください。末尾の「/」やその後ろは要りません。
origin-host = サイトのホスト名が正しくありません。日本語のホスト名は「xn--」で始まる形で書いてください。
origin-port = ポート番号は 1〜65535 です。
config-unreadable = 設定ファイル { $file } を読めません({ $reason })。
config-writable-by-others = 設定ファイル { $file } は他のユーザーが書き換えられる状態です。内容を確かめ、「chmod o-w { $file }」を実行してください。
config-too-long = 設定ファイル { $file } が大きすぎます(上限 1 MiB)。
config-syntax = 設定ファイル { $file } の { $line } 行目が正しくありません: { $reason }
config-secret-inline = 設定ファイル { $file } の { $line } 行目の「{ $key }」に、暗証番号やパスワードを直接書くことはできません。本人だけが読めるファイル(pin_file)か、systemd の資格情報(pin_credential)で指定してください。書いてしまったものは変更することをお勧めします。
config-role = 設定ファイル { $file } の { $line } 行目: 役割「{ $found }」は、この版ではまだ使えません。"desk" を指定してください。
config-listen = 設定ファイル { $file } の { $line } 行目: 「{ $found }」では待ち受けできません。この端末の中だけのアドレスとポート(例 127.0.0.1:10805)を指定してください。
config-choice = 設定ファイル { $file } の { $line } 行目: 「{ $found }」は指定できません。使えるのは { $allowed } です。
config-range = 設定ファイル { $file } の { $line } 行目: { $found } は範囲外です。{ $min } から { $max } までで指定してください。
config-text = 設定ファイル { $file } の { $line } 行目: 空か、長すぎるか、使えない文字を含んでいます。
config-origin = 設定ファイル { $file } の { $line } 行目: サイトのアドレスが正しくありません({ $reason })。「https://ホスト名」または「https://ホスト名:ポート」の形で書いてください。
config-twice = 設定ファイル { $file } の { $line } 行目: 「{ $found }」が二度書かれています。
config-one-of = 設定ファイル { $file } の { $line } 行目: { $keys } のうち、どれか一つだけを指定してください。
config-pin-file-open = 設定ファイル { $file } の { $line } 行目: 暗証番号のファイル { $path } を他のユーザーが読めます。「chmod 600 { $path }」を実行し、暗証番号の変更も検討してください。
config-pin-file-missing = 設定ファイル { $file } の { $line } 行目: 暗証番号のファイル { $path } が見つかりません。
config-no-credentials = 設定ファイル { $file } の { $line } 行目: pin_credential は、systemd から資格情報(LoadCredential=)を渡されたときだけ使えます。
config-no-state-dir = データを保存するフォルダーが決まりません。HOME を設定するか、state_dir または --state で指定してください。
