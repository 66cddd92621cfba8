# messages of cli

cli-no-token = カードもHSMも見つかりません。
cli-no-certificate = 署名に使える証明書がありません。「--usage all」で、使えない証明書とその理由を表示できます。
cli-pin-normal = 暗証番号: 正常
cli-pin-low = 暗証番号: 誤りあり
cli-pin-final = 暗証番号: あと1回
cli-pin-locked = 暗証番号: ロック中
cli-reader-came = { $reader }: リーダーがつながりました。
cli-reader-left = { $reader }: リーダーが外されました。
cli-card-came = { $reader }: カードが入りました({ $kind })。
cli-card-left = { $reader }: カードが抜かれました。
cli-card-jpki = マイナンバーカード
cli-card-piv = PIVカード
cli-card-unknown = 種類の分からないカード
cli-pinpad = リーダーで入力
cli-name-after-pin = (名前は暗証番号の後に表示)
cli-valid-until = 有効期限 { $date }
cli-signed = 署名しました: { $file }(署名欄 { $field })
cli-audit-whole = 監査記録は完全です。{ $entries } 件、第三者の証明は { $witnessed } 件目まで。
cli-audit-broken = 監査記録に異常があります。{ $entries } 件を調べました。
cli-site-allowed = { $origin } を許可しました。数分以内に、そのサイトから接続してください。
cli-config-good = 設定に問題はありません。{ $file }
cli-config-bad = 設定に問題があります。{ $file }
one-output-for-many = 複数の文書には「-o」ではなく「--out-dir」で出力先のフォルダーを指定してください。
rect-without-seal = 「--rect」には、「--seal」か「--name-seal」で印影を指定してください。
verify-signature = 署名欄「{ $field }」 署名者 { $signer } 署名者の時計 { $time }
