# messages of config
origin-length = サイトのアドレスが空か、長すぎます。
origin-null = このページにはサイトのアドレスがないため(null)、許可できません。
origin-scheme = サイトのアドレスは、http:// か https:// で始めてください。
origin-extra = サイトのアドレスは「https://ホスト名:ポート」までを書いてください。末尾の「/」やその後ろは要りません。
origin-host = サイトのホスト名が正しくありません。日本語のホスト名は「xn--」で始まる形で書いてください。
origin-port = ポート番号は 1〜65535 です。
