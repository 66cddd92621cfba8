# messages of trust
trust-issuer-missing = 「{ $subject }」の証明書の発行者「{ $issuer }」が、信頼する認証局として登録されていません。発行元が信頼できることを確認し、その認証局の証明書を登録してください。
trust-search-ended = 証明書の経路が複雑すぎるため、確認を中止しました。ファイルに含まれる証明書を確認してください。
trust-signature-wrong = 「{ $subject }」の証明書の署名が、発行者の鍵と一致しません。証明書が偽造または変更された可能性があります。
trust-algorithm-unsupported = 「{ $subject }」の証明書の署名アルゴリズム({ $algorithm })には対応していないため、確認できません。
trust-algorithm-weak = 「{ $subject }」の証明書の署名に使われた { $algorithm } は、この時点では十分に安全ではありません(信頼できる期限: { $until })。
trust-not-yet-valid = 「{ $subject }」の証明書は、この時点ではまだ有効期間が始まっていません({ $from } から有効)。
trust-expired = 「{ $subject }」の証明書は、この時点で有効期間が終わっています({ $until } まで有効)。
trust-not-ca = 「{ $subject }」は認証局ではないのに、証明書を発行しています。この証明書は信頼できません。
trust-path-too-long = 「{ $subject }」の証明書までの認証局の数が、上位の認証局が許す数を超えています。
trust-key-usage = 「{ $subject }」の証明書の鍵は、この用途({ $usage })に使用することが認められていません。
trust-purpose = 「{ $subject }」の証明書は、別の目的のためのものです(拡張鍵用途)。
trust-name-forbidden = 「{ $subject }」の証明書に、上位の認証局が認めていない名前({ $name })が含まれています。
trust-policy-missing = 「{ $subject }」の証明書が、必要な証明書ポリシーに従っていません。
trust-critical-extension = 「{ $subject }」の証明書に、解釈できない重要な拡張({ $oid })が含まれているため、確認できません。
trust-extension-malformed = 「{ $subject }」の証明書の拡張({ $extension })が正しくありません。
