# messages of pdf
pdf-not-a-pdf = このファイルはPDFではありません。PDFとして保存したファイルを選んでください。
pdf-damaged = PDFが壊れています({ $offset } バイト目に { $expected } がありません)。作成したソフトで保存し直してから、もう一度お試しください。
pdf-duplicate-key = PDFが壊れています。項目 { $key } に異なる値が二つあり({ $offset } バイト目)、ソフトによって表示が変わるおそれがあります。作成したソフトで保存し直してください。
pdf-password-needed = このPDFはパスワードで保護されています。hankod の画面で開いてパスワードを入力するか、コマンド hankod sign に --password-file で指定してください。
pdf-password-wrong = パスワードが違うため、PDFを開けません。パスワードを確かめて、もう一度お試しください。
pdf-rc4 = このPDFは安全でない方式(RC4)で暗号化されているため、扱えません。パスワードなし、またはAES方式で保存し直してください。
pdf-public-key-handler = このPDFは特定の受取人の証明書で暗号化されているため、扱えません。この暗号化を外して保存し直してください。
pdf-identity-filter = このPDFは一部だけが暗号化されており、残りを気づかれずに差し替えられるおそれがあります。暗号化を外すか、全体を暗号化して保存し直してください。
pdf-unknown-handler = このPDFの暗号化方式({ $name })は扱えません。パスワードなし、またはAES方式で保存し直してください。
pdf-permission-denied = このPDFは作成者がこの変更を禁止しています。作成者に、権限パスワードか制限のないファイルを依頼してください。
pdf-xref-loop = PDFが壊れています(参照表が循環しています)。作成したソフトで保存し直してください。
pdf-too-deep = PDFの構造が深すぎて扱えません({ $what })。別のソフトで保存し直してください。
pdf-too-large = PDFの一部が大きすぎて扱えません({ $what })。別のソフトで保存し直すか、分割してください。
pdf-decoder-bomb = PDFの圧縮データが際限なく大きくなります。攻撃用のファイルかもしれません。開かずに送り主に確かめてください。
pdf-filter = PDFのデータを展開できません({ $name })。作成したソフトで保存し直してください。
pdf-no-such-page = このPDFに { $number } ページはありません。別のページを選んでください。
