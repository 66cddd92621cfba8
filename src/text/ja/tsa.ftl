# messages of tsa
tsa-malformed = タイムスタンプ局からの応答の形式が正しくありません({ $part })。
tsa-too-large = タイムスタンプ局からの応答が大きすぎます({ $bytes } バイト。上限は { $max } バイトです)。
tsa-rejected = タイムスタンプ局に拒否されました({ $status } { $failure })。{ $text }
tsa-not-a-timestamp = タイムスタンプ局から届いたデータはタイムスタンプではありません。
tsa-imprint-mismatch = タイムスタンプがこの文書とは別のデータに対するものです。使用しません。
tsa-nonce-mismatch = 別の要求に対するタイムスタンプです。以前のものが再送された可能性があるため、使用しません。
tsa-policy-mismatch = タイムスタンプのポリシー({ $oid })が設定と異なります。設定のポリシーを確認してください。
tsa-critical-extension = タイムスタンプに、対応していない必須の拡張({ $oid })があります。使用しません。
tsa-purpose = タイムスタンプ用ではない証明書で作られたタイムスタンプです。使用しません。
