# messages of cms
cms-malformed = The signature data is malformed ({ $part }). The file is damaged or uses an unsupported format.
cms-too-large = The signature data is too large to be processed.
cms-trailing-bytes = Extra data follows the signature data. The file may have been altered.
cms-not-detached = The signature data holds the document's content, which a PDF signature must not do.
cms-content-missing = The signature data lacks the content that it must hold.
cms-signer-count = The signature data has { $count } signers. A PDF signature has exactly one.
cms-attribute = A necessary attribute ({ $part }) of the signature data is missing or stands twice.
cms-digest-mismatch = The document was changed after signing (the digest differs).
cms-signer-certificate-missing = The signature data does not hold the signer's certificate.
cms-signing-certificate-mismatch = The signature data names another certificate than the signer's. The certificate may have been substituted.
cms-algorithm-mismatch = The algorithms in the signature data do not belong together.
