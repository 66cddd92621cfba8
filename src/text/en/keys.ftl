# messages of keys: ceremonies, policies, approvals

prompt-so-pin = Type the security officer's PIN of the new token.
prompt-token-pin = Type the PIN of this token.
cli-token-made = The token { $token } was made (serial number { $serial }).
cli-key-made = The key { $key } ({ $kind }) was made in { $token }. SHA-256 of its public key: { $public }
cli-request-written = The certificate request was written to { $file }. Send it to the certification authority.
cli-certificate-stored = The certificate { $certificate } was stored beside the key { $key } in { $token }.
module-ambiguous = Say with --module which library (PKCS#11) is meant.
key-label-invalid = The label of a key cannot be empty and cannot hold control characters.
key-label-taken = Something in this token is called "{ $label }" already. Choose another label.
key-not-found = There is no key "{ $label }" in this token.
certificate-key-elsewhere = The certificate is for a key that is not in this token. Check that this is the right file and the right token.
certificate-on-token = This certificate is in the token already.
