# messages of daemon

daemon-listen-failed = { $address } で待ち受けられません({ $cause })。ほかのプログラムが使っていないか確かめるか、設定の listen を変えてください。
daemon-failed = デーモンを始められません({ $cause })。
daemon-gone = 動いているデーモンとの接続が切れました。記録(ログ)を確かめて、もう一度お試しください。
daemon-part-ended = hankod の一部({ $part })が終わったため、全体を終了します。ログを確かめて、起動し直してください。
