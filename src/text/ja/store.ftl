# messages of store
state-not-private = データフォルダー { $path } を他のユーザーが読める状態か、所有者が違います(現在の権限 { $mode })。内容を確かめたうえで、所有者本人が「chmod 700 { $path }」を実行してください。
state-in-use = データフォルダー { $path } は、すでに動いている hankod(プロセス番号 { $pid })が使用中です。そちらを終了してから、もう一度お試しください。
state-io = { $path } を読み書きできませんでした({ $reason })。ディスクと権限を確認してください。
state-disk-full = 空き容量が足りないため { $path } に書き込めませんでした。この操作は記録されていません。空き容量を増やしてから、もう一度お試しください。
state-busy = 別の hankod がデータベースを長く使用しているため、書き込めませんでした。しばらくしてからもう一度お試しください。
state-newer = このデータは新しい版の hankod で作られています。hankod を新しい版に更新してください。
state-database = データベースでエラーが起きました({ $reason })。続く場合は「hankod doctor」で確認してください。
state-exists = 同じものがすでに登録されています。
state-not-found = 見つからないか、すでに処理が終わっています。
already-released = 処理 { $operation } の { $item } 番目の文書は、すでに署名済みのファイルをお渡ししています。二重に署名することはできません。
state-damaged = 保存されているデータが壊れているか、外部から変更されています。「hankod audit verify」で確認し、控えから復元してください。
document-too-large = 文書が大きすぎます(上限 { $max_bytes } バイト)。
state-closed = hankod は終了処理中です。再起動してからもう一度お試しください。
