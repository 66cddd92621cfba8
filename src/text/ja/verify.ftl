# messages of verify
original-changed = 完成したファイルの先頭が、署名対象の文書と一致しません。ファイルは渡されていません。もう一度署名してください。
original-end = 完成したファイルに、署名対象の文書に続く更新が見つかりません。ファイルは渡されていません。
signature-count = 新しい署名が { $count } 件見つかりました(1件でなければなりません)。ファイルは渡されていません。
signature-malformed = 署名欄「{ $field }」の署名の記録が正しくありません({ $part })。
byte-range-wrong = 署名欄「{ $field }」の署名が文書全体を対象としていません。署名後に書き換えられた可能性があります。
change-forbidden = 署名により許可されていない変更があります({ $change })。
