# messages of demo

demo-certificate-failed = デモ用の証明書を作れませんでした({ $reason })。デモのフォルダーを空にして、もう一度お試しください。
demo-file-failed = デモ用のファイル { $path } を読み書きできません({ $reason })。空き容量とフォルダーの権限をご確認ください。
demo-softhsm-missing = デモで使うソフトウェアトークン SoftHSM が入っていません。sudo apt-get install softhsm2 を実行してください。
