# messages of demo

demo-certificate-failed = デモ用の証明書を作れませんでした({ $reason })。デモのフォルダーを空にして、もう一度お試しください。
demo-file-failed = デモ用のファイル { $path } を読み書きできません({ $reason })。空き容量とフォルダーの権限をご確認ください。
demo-address-taken = デモのタイムスタンプと失効情報のためのアドレス { $address } を使えません({ $reason })。使っているプログラムを終了するか、--dir で別のフォルダーを指定してください。
demo-softhsm-missing = デモで使うソフトウェアトークン SoftHSM が入っていません。sudo apt-get install softhsm2 を実行してください。
demo-no-home = デモ用のフォルダーを決められません。--dir でフォルダーを指定してください。
demo-answer = デーモンの答えが予想と違います: { $said }
demo-signed = 見本の契約書に署名しました: { $file }
demo-folder = デモのファイルはここにあります: { $dir }
demo-page = ブラウザーで開いてください: { $page }
demo-site = 契約サイトの見本: { $site }
demo-unattended = 画面も端末もないため、このデモのページは暗証番号を尋ねずに署名します(unattended)。
demo-until = 終わるには Ctrl-C を押してください。
