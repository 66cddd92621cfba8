# messages of process
worker-crashed = 内部の処理プログラムが異常終了しました。もう一度実行してください。
worker-timeout = 内部の処理プログラムが時間内に応答しませんでした。もう一度実行してください。
worker-busy = 処理が混み合っています。しばらくしてからもう一度実行してください。
worker-message-too-large = データが大きすぎて処理できません。
worker-start-failed = 内部の処理プログラムを起動できません({ $reason })。hankod を再起動しても直らない場合は、管理者に連絡してください。
worker-stopped = hankod が終了するため、処理を中止しました。
