# messages of audit
audit-event-invalid = This cannot be written to the audit log ({ $reason }). It is a fault of hankod; please report it.
audit-entry-changed = Entry { $seq } of the audit log was changed.
audit-entries-removed = Entries { $from } to { $to } of the audit log were removed.
audit-entry-reordered = Entry { $seq } of the audit log stands in another place than the one it was written to.
audit-entries-cut-off = Entries { $from } to { $to } were cut off the end of the audit log.
audit-chain-rewritten = Entry { $seq } of the audit log is not the one that was seen before. The log up to it may have been rewritten.
audit-anchor-broken = The timestamp kept for entry { $seq } of the audit log is not one of that entry.
audit-head-file-lost = The file that keeps the audit log's last position (audit-head) is missing or damaged. Whether the end was cut off cannot be told.
