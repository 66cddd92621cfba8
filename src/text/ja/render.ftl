# messages of render
font-missing = 日本語フォントがありません。fonts-noto-cjk(または fonts-ipaexfont)を入れてください: sudo apt install fonts-noto-cjk
font-unusable = フォントファイル { $path } を使えません。設定で別のファイルを指定するか、fonts-noto-cjk を入れてください。
seal-character-missing = 印影の文字「{ $character }」({ $code })がフォントにありません。別の表記にするか、印影の画像をお使いください。
seal-text = この形の印影に入る文字数は 1~{ $max } 文字です。
seal-size = 印影と文字が枠に収まりません。枠を大きくするか、文字を短くしてください。
seal-picture = 印影の画像を使えません。4 MB 以下・400 万画素以下の PNG ファイルをお使いください。
