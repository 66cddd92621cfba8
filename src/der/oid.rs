//! Object identifiers that hankod names, each with the document that defines it. No lookup, no parsing.

use const_oid::ObjectIdentifier as Oid;

macro_rules! oids {
    ($($(#[$doc:meta])* $name:ident = $dotted:literal;)*) => {
        $($(#[$doc])* pub const $name: Oid = Oid::new_unwrap($dotted);)*
    };
}

oids! {
    /// SHA-256 (RFC 5754).
    SHA256 = "2.16.840.1.101.3.4.2.1";
    /// SHA-384 (RFC 5754).
    SHA384 = "2.16.840.1.101.3.4.2.2";
    /// SHA-512 (RFC 5754).
    SHA512 = "2.16.840.1.101.3.4.2.3";

    /// SHA3-256 (NIST, Computer Security Objects Register; RFC 9688).
    SHA3_256 = "2.16.840.1.101.3.4.2.8";
    /// SHA3-384 (RFC 9688).
    SHA3_384 = "2.16.840.1.101.3.4.2.9";
    /// SHA3-512 (RFC 9688).
    SHA3_512 = "2.16.840.1.101.3.4.2.10";
    /// SHAKE256 (RFC 8702); with Ed448 64 bytes long (RFC 8419, 2.3).
    SHAKE256 = "2.16.840.1.101.3.4.2.12";

    /// sha1WithRSAEncryption (RFC 3370, 3.2).
    RSA_SHA1 = "1.2.840.113549.1.1.5";
    /// id-rsassa-pkcs1-v1_5-with-sha3-256 (RFC 9688).
    RSA_SHA3_256 = "2.16.840.1.101.3.4.3.14";
    /// id-rsassa-pkcs1-v1_5-with-sha3-384 (RFC 9688).
    RSA_SHA3_384 = "2.16.840.1.101.3.4.3.15";
    /// id-rsassa-pkcs1-v1_5-with-sha3-512 (RFC 9688).
    RSA_SHA3_512 = "2.16.840.1.101.3.4.3.16";
    /// ecdsa-with-SHA1 (RFC 3279, 2.2.3).
    ECDSA_SHA1 = "1.2.840.10045.4.1";
    /// id-ecdsa-with-sha3-256 (RFC 9688).
    ECDSA_SHA3_256 = "2.16.840.1.101.3.4.3.10";
    /// id-ecdsa-with-sha3-384 (RFC 9688).
    ECDSA_SHA3_384 = "2.16.840.1.101.3.4.3.11";
    /// id-ecdsa-with-sha3-512 (RFC 9688).
    ECDSA_SHA3_512 = "2.16.840.1.101.3.4.3.12";
    /// brainpoolP256r1 (RFC 5639).
    BRAINPOOL_P256 = "1.3.36.3.3.2.8.1.1.7";
    /// brainpoolP384r1 (RFC 5639).
    BRAINPOOL_P384 = "1.3.36.3.3.2.8.1.1.11";
    /// brainpoolP512r1 (RFC 5639).
    BRAINPOOL_P512 = "1.3.36.3.3.2.8.1.1.13";

    /// rsaEncryption (RFC 8017).
    RSA_ENCRYPTION = "1.2.840.113549.1.1.1";
    /// MGF1 (RFC 8017).
    MGF1 = "1.2.840.113549.1.1.8";
    /// RSASSA-PSS (RFC 4055).
    RSA_PSS = "1.2.840.113549.1.1.10";
    /// sha256WithRSAEncryption (RFC 4055).
    RSA_SHA256 = "1.2.840.113549.1.1.11";
    /// sha384WithRSAEncryption (RFC 4055).
    RSA_SHA384 = "1.2.840.113549.1.1.12";
    /// sha512WithRSAEncryption (RFC 4055).
    RSA_SHA512 = "1.2.840.113549.1.1.13";
    /// id-ecPublicKey (RFC 5480).
    EC_PUBLIC_KEY = "1.2.840.10045.2.1";
    /// ecdsa-with-SHA256 (RFC 5758).
    ECDSA_SHA256 = "1.2.840.10045.4.3.2";
    /// ecdsa-with-SHA384 (RFC 5758).
    ECDSA_SHA384 = "1.2.840.10045.4.3.3";
    /// ecdsa-with-SHA512 (RFC 5758).
    ECDSA_SHA512 = "1.2.840.10045.4.3.4";
    /// P-256, secp256r1 (RFC 5480).
    P256 = "1.2.840.10045.3.1.7";
    /// P-384, secp384r1 (RFC 5480).
    P384 = "1.3.132.0.34";
    /// P-521, secp521r1 (RFC 5480).
    P521 = "1.3.132.0.35";
    /// Ed25519 (RFC 8410).
    ED25519 = "1.3.101.112";
    /// Ed448 (RFC 8410).
    ED448 = "1.3.101.113";

    /// id-data (RFC 5652).
    DATA = "1.2.840.113549.1.7.1";
    /// id-signedData (RFC 5652).
    SIGNED_DATA = "1.2.840.113549.1.7.2";
    /// content-type attribute (RFC 5652, 11.1).
    CONTENT_TYPE = "1.2.840.113549.1.9.3";
    /// message-digest attribute (RFC 5652, 11.2).
    MESSAGE_DIGEST = "1.2.840.113549.1.9.4";
    /// signing-time attribute (RFC 5652, 11.3).
    SIGNING_TIME = "1.2.840.113549.1.9.5";
    /// signing-certificate attribute (RFC 2634, 5.4).
    SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.12";
    /// signing-certificate-v2 attribute (RFC 5035).
    SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47";
    /// signature-time-stamp attribute (RFC 3161, appendix A).
    SIGNATURE_TIME_STAMP = "1.2.840.113549.1.9.16.2.14";

    /// id-ct-TSTInfo (RFC 3161, 2.4.2).
    TST_INFO = "1.2.840.113549.1.9.16.1.4";
    /// id-kp-timeStamping (RFC 3161, 2.3).
    TIME_STAMPING = "1.3.6.1.5.5.7.3.8";
    /// SHA-1 (RFC 3279).
    SHA1 = "1.3.14.3.2.26";
    /// nameConstraints (RFC 5280, 4.2.1.10).
    NAME_CONSTRAINTS = "2.5.29.30";
    /// policyMappings (RFC 5280, 4.2.1.5).
    POLICY_MAPPINGS = "2.5.29.33";
    /// policyConstraints (RFC 5280, 4.2.1.11).
    POLICY_CONSTRAINTS = "2.5.29.36";
    /// inhibitAnyPolicy (RFC 5280, 4.2.1.14).
    INHIBIT_ANY_POLICY = "2.5.29.54";
    /// anyPolicy (RFC 5280, 4.2.1.4).
    ANY_POLICY = "2.5.29.32.0";
    /// deltaCRLIndicator (RFC 5280, 5.2.4).
    DELTA_CRL_INDICATOR = "2.5.29.27";
    /// cRLNumber (RFC 5280, 5.2.3).
    CRL_NUMBER = "2.5.29.20";
    /// reasonCode of a CRL entry (RFC 5280, 5.3.1).
    REASON_CODE = "2.5.29.21";
    /// invalidityDate of a CRL entry (RFC 5280, 5.3.2).
    INVALIDITY_DATE = "2.5.29.24";
    /// issuingDistributionPoint (RFC 5280, 5.2.5).
    ISSUING_DISTRIBUTION_POINT = "2.5.29.28";
    /// certificateIssuer of a CRL entry (RFC 5280, 5.3.3).
    CERTIFICATE_ISSUER = "2.5.29.29";
    /// expiredCertsOnCRL (X.509, 9.5.2.8).
    EXPIRED_CERTS_ON_CRL = "2.5.29.60";
    /// id-pkix-ocsp-basic (RFC 6960, 4.2.1).
    OCSP_BASIC = "1.3.6.1.5.5.7.48.1.1";
    /// id-pkix-ocsp-nonce (RFC 6960, 4.4.1).
    OCSP_NONCE = "1.3.6.1.5.5.7.48.1.2";
    /// id-pkix-ocsp-nocheck (RFC 6960, 4.2.2.2.1).
    OCSP_NOCHECK = "1.3.6.1.5.5.7.48.1.5";
    /// id-pkix-ocsp-archive-cutoff (RFC 6960, 4.4.4).
    OCSP_ARCHIVE_CUTOFF = "1.3.6.1.5.5.7.48.1.6";
    /// anyExtendedKeyUsage (RFC 5280, 4.2.1.12).
    ANY_EXTENDED_KEY_USAGE = "2.5.29.37.0";
    /// id-kp-serverAuth (RFC 5280, 4.2.1.12).
    KP_SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
    /// id-kp-codeSigning (RFC 5280, 4.2.1.12).
    KP_CODE_SIGNING = "1.3.6.1.5.5.7.3.3";
    /// id-kp-OCSPSigning (RFC 6960, 4.2.2.2).
    KP_OCSP_SIGNING = "1.3.6.1.5.5.7.3.9";

    /// subjectKeyIdentifier (RFC 5280, 4.2.1.2).
    SUBJECT_KEY_IDENTIFIER = "2.5.29.14";
    /// keyUsage (RFC 5280, 4.2.1.3).
    KEY_USAGE = "2.5.29.15";
    /// subjectAltName (RFC 5280, 4.2.1.6).
    SUBJECT_ALT_NAME = "2.5.29.17";
    /// basicConstraints (RFC 5280, 4.2.1.9).
    BASIC_CONSTRAINTS = "2.5.29.19";
    /// cRLDistributionPoints (RFC 5280, 4.2.1.13).
    CRL_DISTRIBUTION_POINTS = "2.5.29.31";
    /// certificatePolicies (RFC 5280, 4.2.1.4).
    CERTIFICATE_POLICIES = "2.5.29.32";
    /// authorityKeyIdentifier (RFC 5280, 4.2.1.1).
    AUTHORITY_KEY_IDENTIFIER = "2.5.29.35";
    /// extKeyUsage (RFC 5280, 4.2.1.12).
    EXTENDED_KEY_USAGE = "2.5.29.37";
    /// authorityInfoAccess (RFC 5280, 4.2.2.1).
    AUTHORITY_INFO_ACCESS = "1.3.6.1.5.5.7.1.1";
    /// qcStatements (RFC 3739, ETSI EN 319 412-5).
    QC_STATEMENTS = "1.3.6.1.5.5.7.1.3";
    /// id-etsi-qcs-QcCompliance (ETSI EN 319 412-5, 4.2.1).
    QC_COMPLIANCE = "0.4.0.1862.1.1";
    /// id-etsi-qcs-QcSSCD (ETSI EN 319 412-5, 4.2.2).
    QC_SSCD = "0.4.0.1862.1.4";
    /// id-ad-ocsp (RFC 5280, 4.2.2.1).
    AD_OCSP = "1.3.6.1.5.5.7.48.1";
    /// id-ad-caIssuers (RFC 5280, 4.2.2.1).
    AD_CA_ISSUERS = "1.3.6.1.5.5.7.48.2";

    /// commonName (X.520).
    COMMON_NAME = "2.5.4.3";
    /// organizationalUnitName (X.520).
    ORGANIZATIONAL_UNIT = "2.5.4.11";
    /// organizationName (X.520).
    ORGANIZATION = "2.5.4.10";
    /// emailAddress (PKCS #9).
    EMAIL_ADDRESS = "1.2.840.113549.1.9.1";

    /// Japanese public personal authentication (JPKI): the subject's name.
    JPKI_NAME = "1.2.392.200149.8.5.5.1";
    /// JPKI: substitute characters in the name.
    JPKI_NAME_SUBSTITUTES = "1.2.392.200149.8.5.5.2";
    /// JPKI: sex.
    JPKI_SEX = "1.2.392.200149.8.5.5.3";
    /// JPKI: date of birth.
    JPKI_BIRTH_DATE = "1.2.392.200149.8.5.5.4";
    /// JPKI: address.
    JPKI_ADDRESS = "1.2.392.200149.8.5.5.5";
    /// JPKI: substitute characters in the address.
    JPKI_ADDRESS_SUBSTITUTES = "1.2.392.200149.8.5.5.6";
}
