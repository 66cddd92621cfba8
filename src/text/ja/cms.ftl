# messages of cms
cms-malformed = 署名データの形式が正しくありません({ $part })。ファイルが壊れているか、対応していない形式です。
cms-too-large = 署名データが大きすぎるため処理できません。
cms-trailing-bytes = 署名データの後ろに余分なデータがあります。ファイルが書き換えられた可能性があります。
cms-not-detached = 署名データの中に文書の内容が含まれています。PDF署名として正しい形式ではありません。
cms-content-missing = 署名データに必要な内容が含まれていません。
cms-signer-count = 署名データに署名者が { $count } 名あります。PDF署名の署名者は1名でなければなりません。
cms-attribute = 署名データに必要な属性({ $part })がないか、重複しています。
cms-digest-mismatch = 署名後に文書の内容が変更されています(ダイジェスト値が一致しません)。
cms-signer-certificate-missing = 署名データに署名者の証明書が含まれていません。
cms-signing-certificate-mismatch = 署名データが示す証明書と、署名者の証明書が一致しません。証明書が差し替えられた可能性があります。
cms-algorithm-mismatch = 署名データのアルゴリズムの組み合わせが正しくありません。
