# messages of tsa
tsa-malformed = The timestamping service's answer is malformed ({ $part }).
tsa-too-large = The timestamping service's answer is too large ({ $bytes } bytes; at most { $max } are accepted).
tsa-rejected = The timestamping service refused ({ $status } { $failure }): { $text }
tsa-not-a-timestamp = What came from the timestamping service is not a timestamp.
tsa-imprint-mismatch = The timestamp is about other data than this document. It is not used.
tsa-nonce-mismatch = The timestamp was made for another request; an old one may have been sent again. It is not used.
tsa-policy-mismatch = The timestamp was made under another policy ({ $oid }) than the configured one. Check the policy in the configuration.
tsa-critical-extension = The timestamp has an extension ({ $oid }) that must be understood and is not known here. It is not used.
tsa-purpose = The timestamp was signed with a certificate that is not one for timestamps. It is not used.
