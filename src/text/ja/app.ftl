# messages of app

manifest-without-documents = 署名する文書がありません。
manifest-too-many-documents = 文書が多すぎます(上限 { $max } 件)。
manifest-bad-name = 文書の名前が空か、長すぎます(上限 { $max } バイト)。
manifest-text-too-long = 理由や場所などの文字が長すぎます(上限 { $max } 文字)。
manifest-bad-rectangle = 印影の位置か大きさが正しくありません。
manifest-bad-certificate = 証明書の指定が正しくありません。
signed-file-gone = 署名済みのファイルはもうありません。もう一度署名してください。

doctor-no-module = カードやHSMを読むためのモジュール(PKCS#11)が設定されていません。
doctor-module-found = モジュールがあります: { $what }
doctor-module-missing = モジュールがありません: { $what }
doctor-pinentry-found = 暗証番号の入力画面(pinentry)があります: { $what }
doctor-pinentry-missing = 暗証番号の入力画面(pinentry)がありません: { $what }
doctor-font-found = 日本語フォントがあります: { $what }
doctor-font-missing = 日本語フォントがありません。埋め込みでない日本語の文字を表示できません。{ $what }
doctor-pcscd-found = カードリーダーのサービス(pcscd)があります: { $what }
doctor-pcscd-missing = カードリーダーのサービス(pcscd)が動いていません: { $what }

input-unreadable = { $file } を読めません({ $cause })。ファイルがあるか、読む権限があるかを確かめてください。
input-too-large = 文書が大きすぎます。上限は { $limit } バイトです。
disk-full = { $file } に書けません。ディスクの空きがありません({ $cause })。空きを作ってから、もう一度お試しください。
output-unwritable = { $file } に書けません({ $cause })。フォルダーがあるか、書く権限があるかを確かめてください。

certificate-not-found = 署名に使える証明書が見つかりません。カードがリーダーに入っているか、指定が正しいかを確かめてください。
certificate-ambiguous = 署名に使える証明書が2枚以上あります。どれを使うか指定してください。
pin-refused-before = { $token } が前に拒否した暗証番号と同じです。カードを守るため、変更されるまで使いません。
pin-cooling-down = 暗証番号の誤りが続いたため、{ $seconds } 秒待ってからもう一度お試しください。
signing-cancelled = 署名は取り消されました。
signing-not-found = その署名の依頼は見つかりません。
signing-not-waiting = その署名の依頼は、すでに始まっているか終わっています。
signing-not-confirmed = 時間内に確認されなかったため、署名を取りやめました。もう一度はじめからお願いします。
signing-over = 署名が始まったか終わったため、ページはもう表示できません。
signings-too-many = 署名の依頼が多すぎます。終わったものを受け取るか取り消してから、もう一度お試しください。
check-differs = 照合番号が違います。画面を読み込み直して、文書を確かめてください。
document-not-found = その文書やページは見つかりません。
document-not-signed = その文書の署名済みファイルはまだありません。
manifest-documents-differ = 依頼に書かれた文書の数と、届いた文書の数が違います。
seal-missing = 印影の画像が指定されていません。
seal-reason = 理由: { $value }
seal-location = 場所: { $value }
seal-date = 日時: { $value }
output-twice = { $file } に2つの文書を書くことはできません。出力先を分けてください。
anchors-none = このフォルダーには証明書(.pem、.crt、.cer、.der で終わるファイル)がありません。信頼する認証局の証明書があるフォルダーを指定してください。
anchors-too-many = 信頼する認証局の証明書としては多すぎます。必要なファイルだけを指定してください。
password-too-long = パスワードが長すぎます。
internal-error = 内部の誤りが起きました。記録(ログ)を確かめてください。
too-many-files = ファイルが多すぎます(上限 { $max } 件)。フォルダを分けて検証してください。
folder-seen = { $file } は、すでに調べたフォルダへのリンクなので飛ばしました。
folder-too-deep = { $file } は深すぎるため、その中は調べていません。
compare-late = 時間切れのため、このページの画像は作っていません。文書を開いて確かめてください。
batch-summary = { $files }件を検証しました: 有効 { $valid }件、確認できない点があるもの { $open }件、無効 { $bad }件。検証できなかったもの { $skipped }件。
period-summary = { $from } から { $to } まで(日本時間)のタイムスタンプ { $timestamps }件: 有効 { $valid }件、確認できない点があるもの { $open }件、無効 { $bad }件。
period-valid = 有効: タイムスタンプの時刻から変更されていません。
period-open = 確認できない点があります: タイムスタンプの発行者を確認できません。信頼する認証局を指定して検証し直してください。
period-bad = 無効: タイムスタンプが正しくありません。
period-altered = 無効(改ざん等): タイムスタンプの後に文書が書き換えられています。
