# messages of trust
trust-issuer-missing = The issuer "{ $issuer }" of the certificate of "{ $subject }" is not among the authorities you trust. Make sure that it deserves trust, then add its certificate.
trust-search-ended = The certificates are linked in so many ways that the check was ended. Look at the certificates in the file.
trust-signature-wrong = The certificate of "{ $subject }" was not signed by its issuer's key. It may be forged or altered.
trust-algorithm-unsupported = The certificate of "{ $subject }" is signed by an algorithm ({ $algorithm }) that cannot be checked.
trust-algorithm-weak = { $algorithm }, used to sign the certificate of "{ $subject }", was not safe enough at that time (trusted until { $until }).
trust-not-yet-valid = The certificate of "{ $subject }" was not valid yet at that time (valid from { $from }).
trust-expired = The certificate of "{ $subject }" had expired at that time (valid until { $until }).
trust-not-ca = "{ $subject }" issued a certificate without being a certification authority. It cannot be trusted.
trust-path-too-long = There are more authorities above the certificate of "{ $subject }" than a higher one allows.
trust-key-usage = The key in the certificate of "{ $subject }" may not be used in this way ({ $usage }).
trust-purpose = The certificate of "{ $subject }" is meant for another purpose (extended key usage).
trust-name-forbidden = The certificate of "{ $subject }" holds a name ({ $name }) that a higher authority does not allow.
trust-policy-missing = The certificate of "{ $subject }" does not follow a certificate policy that is required.
trust-critical-extension = The certificate of "{ $subject }" holds a critical extension ({ $oid }) that is not known, so it cannot be judged.
trust-extension-malformed = An extension ({ $extension }) of the certificate of "{ $subject }" is malformed.
