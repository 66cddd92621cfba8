# messages of mail
mail-server-unreachable = メールサーバー { $server } に接続できません。しばらくしてから自動で再送します。
mail-refused-now = メールサーバー { $server } が、今は受け付けませんでした({ $reply })。しばらくしてから自動で再送します。
mail-refused = メールサーバー { $server } が、受け付けを拒否しました({ $reply })。宛先を確認してください。
mail-no-tls = メールサーバー { $server } と暗号化した接続ができません。設定の [mail] を確認してください。
mail-unwritable = メールを作成できません。宛先を確認してください。
mail-request-subject = { $sender }様より{ $title }への署名依頼が届いています
mail-request-body =
    { $name } 様

    { $sender }より、「{ $title }」への電子署名の依頼が届いています。
mail-request-link = 次のアドレスから内容を確認し、署名してください。
mail-request-facts = 管理番号: { $number }
mail-due = 署名の期限: { $due }
mail-contact = お問い合わせ先: { $contact }
mail-request-foot = このアドレスは、あなた専用です。ほかの方に転送しないでください。お心当たりのない場合は、アドレスを開いた画面の「心当たりがない」からお知らせください。
mail-completed-subject = 電子署名完了のお知らせ({ $title })
mail-completed-body =
    { $name } 様

    { $sender }との「{ $title }」は、全員の電子署名が完了しました。
mail-completed-link = 文書の確認
mail-completed-facts =
    管理番号: { $number }
    締結日時: { $at }
mail-code-subject = 確認コードのお知らせ
mail-code-body =
    { $sender }の「{ $title }」に署名するための確認コードです。

    { $code }

    { $minutes }分以内に、画面に入力してください。このコードは、ほかの方に教えないでください。
mail-declined-subject = 署名が却下されました({ $title })
mail-declined-body = 「{ $title }」(管理番号 { $number })への署名を、{ $name } 様が却下しました。
mail-declined-reason = 理由: { $reason }
mail-reminder-subject = 【再通知】{ $sender }様より{ $title }への署名依頼が届いています
mail-reminder-body =
    { $name } 様

    { $sender }よりお願いしている「{ $title }」への電子署名が、まだ完了していません。署名の期限は{ $due }です。
mail-expired-subject = 署名の期限が過ぎました({ $title })
mail-expired-body =
    「{ $title }」(管理番号 { $number })は、署名の期限({ $due })までに署名がそろわなかったため、期限切れになりました。

    署名していない方: { $open }

    あらためて締結するには、新しい契約として送信してください。
