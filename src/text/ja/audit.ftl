# messages of audit
