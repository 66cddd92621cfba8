# messages of audit
audit-event-invalid = 監査記録に書けない内容です({ $reason })。hankod の不具合ですので、開発元へお知らせください。
audit-entry-changed = 監査記録の { $seq } 番が書き換えられています。
audit-entries-removed = 監査記録の { $from } 番から { $to } 番までが抜き取られています。
audit-entry-reordered = 監査記録の { $seq } 番が、本来と違う位置にあります。
audit-entries-cut-off = 監査記録の末尾の { $from } 番から { $to } 番までが切り取られています。
audit-chain-rewritten = 監査記録の { $seq } 番が、以前に確認された内容と違います。そこまでの記録が作り直されたおそれがあります。
audit-anchor-broken = 監査記録の { $seq } 件目のタイムスタンプが、その記録のものではありません。
audit-head-file-lost = 監査記録の最新位置を控えたファイル(audit-head)が、なくなっているか壊れています。末尾が切り取られていないことを確認できません。
