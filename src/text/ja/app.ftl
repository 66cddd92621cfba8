# messages of app

daemon-starting = 起動の途中です。少し待ってから、もう一度お試しください。
manifest-without-documents = 署名する文書がありません。
manifest-too-many-documents = 文書が多すぎます(上限 { $max } 件)。
manifest-bad-name = 文書の名前が空か、長すぎます(上限 { $max } バイト)。
manifest-text-too-long = 理由や場所などの文字が長すぎます(上限 { $max } 文字)。
manifest-bad-rectangle = 印影の位置か大きさが正しくありません。
manifest-bad-certificate = 証明書の指定が正しくありません。
signed-file-gone = 署名済みのファイルはもうありません。もう一度署名してください。
