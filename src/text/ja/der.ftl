# messages of der
certificate-malformed = 証明書の形式が正しくありません({ $part } を読み取れません)。証明書の発行元にお問い合わせください。
certificate-trailing-bytes = 証明書の後ろに余分なデータ({ $bytes } バイト)があります。証明書だけのファイルを指定してください。
certificate-too-large = 証明書が大きすぎます({ $bytes } バイト)。ファイルが正しいか確認してください。
bundle-malformed = 証明書ファイルに証明書が見つかりません。PEM形式またはDER形式のファイルを指定してください。
bundle-has-private-key = 証明書ファイルに秘密鍵が含まれています。証明書だけを含むファイルを指定し、秘密鍵は安全な場所に保管してください。
bundle-too-large = 証明書ファイルが大きすぎます。必要な証明書だけを含むファイルを指定してください。
key-unsupported = この鍵({ $what })では署名できません。RSA 2048ビット以上、ECDSA P-256・P-384・P-521、Ed25519 のいずれかの鍵を使用してください。
algorithm-unsupported = 署名アルゴリズム({ $what })には対応していません。
algorithm-key-mismatch = 指定された署名アルゴリズムは、この証明書の鍵では使用できません。アルゴリズムの指定を「自動」にしてください。
signature-wrong = 署名値が証明書の鍵と一致しません。カードまたは機器が正しい署名を返していないか、データが変更されています。
name-malformed = 名前の書き方が正しくありません({ $part })。「CN=見本市長,O=見本市,C=JP」のように書いてください。
public-keys-malformed = ファイルに公開鍵がないか、ほかのものが混ざっています。公開鍵(「BEGIN PUBLIC KEY」)の PEM ファイルを指定してください。
