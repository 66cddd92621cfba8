# messages of contract
contract-is-draft = この契約は作成中のため、この操作({ $act })はできません。先に送信してください。
contract-in-review = この契約は確認中のため、この操作({ $act })はできません。確認が終わってから行ってください。
contract-sent = この契約は署名を依頼済みのため、この操作({ $act })はできません。内容を変えるには、取り下げて新しく作成してください。
contract-completing = この契約は全員が署名済みで、タイムスタンプを待っているため、この操作({ $act })はできません。
contract-concluded = この契約は締結済みのため、この操作({ $act })はできません。変更は、変更契約として新しく作成してください。
contract-declined = この契約は署名者が却下したため、この操作({ $act })はできません。新しく作成してください。
contract-expired = この契約は期限切れのため、この操作({ $act })はできません。新しく作成してください。
contract-withdrawn = この契約は取り下げられたため、この操作({ $act })はできません。
contract-text-invalid = { $part } は、1〜{ $max } 文字で入力してください。制御文字や、表示の向きを変える文字は使えません。
mail-address-invalid = メールアドレスの形が正しくありません。半角で name@example.jp のように入力してください。
phone-invalid = 電話番号の形が正しくありません。090-1234-5678 のように、国外の番号は +国番号から入力してください。
amount-invalid = 金額は、0 以上の円の整数で入力してください。
contract-count = { $part } の数が { $found } です。{ $min } から { $max } までにしてください。
contract-reference = { $part } の番号 { $number } が、この契約にないか、重複しています。
field-off-page = 入力欄 { $number } が、ページの中に収まっていません。位置と大きさを直してください。
document-signed-by-nobody = 文書 { $number } に、署名する人がいません。署名欄を置くか、閲覧のみの文書にしてください。
signer-has-nothing-to-sign = 署名者 { $number } の署名欄がありません。署名欄を置くか、署名者から外してください。
signer-signs-twice = 文書 { $document } に、署名者 { $signer } の署名欄が複数あります。1つにしてください。
due-date-past = 署名の期限が過ぎています。今日以降の日にしてください。
party-type-demanded = この契約では、署名者 { $number } も実印タイプ(本人の証明書)で署名する決まりです。署名方法を変更してください。
contract-not-approved = この契約は、送信の前に承認が必要です。承認を依頼してください。
not-your-turn = 署名者 { $number } の順番ではありません。前の署名者が終わると、依頼のメールが届きます。
signed-already = 署名者 { $number } は署名済みです。
field-value-missing = 入力欄 { $number } は必須です。入力してください。
field-value-invalid = 入力欄 { $number } の値が、欄の種類に合いません。
checklist-open = 確認項目 { $number } が未確認です。内容を確認してください。
certificate-not-allowed = この契約で指定された証明書ではありません。指定された職または本人のカードで署名してください。
search-range = { $part } の範囲の始めが、終わりより後になっています。
contract-not-found = この契約はありません。
contract-changed = この契約は、ほかの操作で変更されています。最新の内容を読み込んでから、もう一度行ってください。
contract-document-missing = この契約に、その文書はありません。
idempotency-key-reused = この Idempotency-Key は、別の内容の要求に使われています。新しいキーを付けてください。
idempotency-key-invalid = Idempotency-Key は、1〜{ $max } 文字の半角英数記号にしてください。
sender-missing = 送信者(sender)を指定してください。
document-encrypted = パスワード付きの PDF は契約に使えません。パスワードを外してから追加してください。
document-signed = 署名済みの PDF は契約に使えません。署名する前の PDF を追加してください。
document-pages = 文書は 1〜{ $max } ページにしてください。
search-date = 日付は 2026-04-01 のように指定してください。
search-state = 契約の状態の指定が正しくありません。
search-cursor = cursor の値が正しくありません。前の応答の next をそのまま指定してください。
search-too-many = 該当する契約が { $max } 件を超えました。条件を絞ってください。
witness-reason = 契約印タイプ(立会人型): { $organisation } { $name } <{ $reach }> { $known }
factor-mail-code = メール認証
factor-sms-code = SMS認証
factor-access-code = アクセスコード認証
document-field-taken = この文書には、{ $field } という入力欄がすでにあります。別の PDF にしてください。
document-page-too-small = この文書には、締結証明書IDを印字できない小さなページがあります。
field-anchor-unavailable = 入力欄 { $number } は文字列を目印にしています。このサーバーでは目印を探せません。ページと位置で指定してください。
public-url-missing = 署名者が開くアドレスが設定されていません。設定の [contracts] の public_url を指定してください。
operator-certificate-missing = 契約印タイプの署名に使う証明書が設定されていません。設定の [contracts] の operator_certificate を指定してください。
mail-not-configured = メールサーバーが設定されていません。設定の [mail] を指定してください。
sms-not-configured = 署名者 { $number } は電話番号あてですが、SMS の送信が設定されていません。メールアドレスを指定してください。
factor-not-configured = 署名者 { $number } の本人確認の方法は、このサーバーでは使えません。メールのコードにしてください。
link-expired = このアドレスの有効期限は過ぎました。署名を依頼した方に、もう一度依頼を送るようご連絡ください。
link-void = このアドレスは使えません。アドレスが途中で切れているか、新しい依頼のメールが届いています。
request-not-opened = 先に依頼を開いて、内容を確認してください。
code-too-soon = 確認コードを送ったばかりです。少し待ってから、もう一度行ってください。
code-wrong = 確認コードが違います。メールのコードを確認してください。
code-over = 確認コードは使えません。新しいコードを送ってください。
session-over = 本人確認の有効時間が過ぎました。新しい確認コードを送ってください。
signs-with-certificate = この署名者は、実印タイプ(本人の証明書)で署名します。
mail-outcome-unknown = メールが届いたかどうか分かりません。二重に送らないため、自動では再送しません。必要なら、もう一度依頼してください。
contract-moved-on = この契約は、ほかの操作で先に進みました。
operator-key-four-eyes = 契約印タイプの署名に使う鍵は、署名のたびに別の人の承認が必要な設定です。[[policy]] の four_eyes のない鍵を指定してください。
contract-not-concluded = 契約はまだ締結されていません。締結後に取得できます。
certificate-lead = 下記の電子契約が、すべての当事者の電子署名により締結されたことを証明します。
certificate-title = 文書名
certificate-number = 管理番号
certificate-author = 文書作成者
certificate-author-address = 文書作成者メールアドレス
certificate-id = 締結証明書ID
certificate-made = 証明書の作成日時
certificate-issuer = 証明書の発行者
certificate-signatures = 電子署名
certificate-when = 操作日時 [IPアドレス]
certificate-how = 署名方法
certificate-who = 署名者情報
certificate-documents = 締結した文書
certificate-document = 文書
certificate-sha256 = SHA-256(ハッシュ値)
certificate-check = 確認の方法
certificate-check-how = 文書とこの証明書が改ざんされていないことは、次のアドレスで、どなたでも確認できます。締結した各文書の左下には、締結証明書IDを印字しています。
certificate-note = 署名者情報は、署名した時点のものです。この証明書のファイルには発行者の電子署名とタイムスタンプを付しています。
certificate-reason = 電子契約締結証明書(管理番号 { $number } { $title })
approver-is-drafter = 自分で作成または変更した契約は、自分では承認できません。ほかの承認者に依頼してください。
party-not-signed = このファイルには、あなたの署名がまだありません。署名してから送ってください。
party-prefix-changed = このファイルは、お渡ししたものと異なります。もう一度ダウンロードし、内容を変えずに署名してください。
document-moved-on = ほかの署名者が先に署名したため、この文書が新しくなりました。ページを読み込み直し、内容を確認してから、もう一度署名してください。
party-signature-broken = 署名が正しくありません({ $why })。PAdES 形式の署名になっているか確かめ、もう一度署名してください。
party-revisions = 署名のほかにも更新が加えられています(更新の数: { $count })。ダウンロードしたファイルに、署名を1つだけ加えてください。
party-other-field = あなたの署名欄ではない欄({ $field })に署名されています。用意された署名欄に署名してください。
party-changes-forbidden = 署名のほかに、変更できないところ({ $what })が変わっています。内容を変えずに署名してください。
party-values-differ = 入力欄 { $field } の内容が、同意した内容と異なります。ページを読み込み直してください。
party-locks = 署名で固定される欄が、この契約の決まりと異なります。署名欄の設定に従うソフトで署名してください。文書全体を固定する署名(認証署名)は使えません。
party-certificate-unfit = この証明書は、文書の署名に使えません。署名用の証明書を選んでください。
party-certificate-untrusted = この証明書の発行元は、この契約では認められていません。別の証明書で署名するか、送信者に問い合わせてください。
party-certificate-revoked = この証明書は失効しています。新しい証明書で署名してください。
party-revocation-unknown = 証明書が失効していないことを、今は確認できません。しばらくしてから、もう一度送ってください。署名し直す必要はありません。
party-not-agreed = 先に、入力欄と確認項目に答えて同意してください。
signs-by-mail = この署名者は、メール認証で署名します。
document-being-stamped = ほかの署名者の署名を処理しています。少し待ってから、もう一度お試しください。
field-not-a-tick = 欄「{ $field }」はチェック欄です。「on」のほかの値は入れられません。
evidence-too-large = 証拠一式が4ギガバイトを超えるため、ZIPファイルを作成できません。文書を1件ずつ取得してください。
evidence-readme =
    電子契約の証拠一式

    文書名: { $title }
    管理番号: { $number }
    締結証明書ID: { $id }

    このフォルダーの内容
    documents/       署名された文書(PDF)
    attachments/     署名の対象でない文書(PDF)
    certificate.pdf  電子契約締結証明書
    contract.json    契約の内容、署名者、日時
    events.json      契約についての操作の履歴
    audit.jsonl      監査記録のうち、この契約についての記録
    trust/           信頼の起点とする認証局の証明書
    SHA256SUMS       すべてのファイルのハッシュ値

    確認の方法(ネットワークに接続する必要はありません)
    1. このフォルダーを展開し、ファイルが展開の途中で変わっていないことを確認します。

        sha256sum -c SHA256SUMS

    2. hankod({ $version } 以降)で、署名、タイムスタンプ、失効情報を確認します。「有効」と表示されれば、改ざんはありません。

        hankod verify --offline --trust trust certificate.pdf documents/*.pdf

    3. trust/ の証明書が本物であることを、各認証局が公表しているハッシュ値と照らし合わせてください。
    4. PDFは、PAdES(ETSI EN 319 142)に対応したほかのソフトウェアでも確認できます。

    certificate.pdf には、締結した時点の各文書のSHA-256が記載されています。その後に長期保存のための更新があった文書は、締結した時点の内容の後に、更新の記録だけが加わっています。
copy-mark = 写し
