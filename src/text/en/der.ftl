# messages of der
certificate-malformed = The certificate is malformed ({ $part } cannot be read). Ask its issuer.
certificate-trailing-bytes = { $bytes } extra bytes follow the certificate. Give a file that holds the certificate alone.
certificate-too-large = The certificate is too large ({ $bytes } bytes). Check that this is the right file.
bundle-malformed = The file holds no certificate. Give a PEM or DER file.
bundle-has-private-key = The certificate file holds a private key. Give a file with certificates alone and keep the key in a safe place.
bundle-too-large = The certificate file is too large. Give a file with the certificates that are needed.
key-unsupported = This key ({ $what }) cannot be used for signing. Use RSA of 2048 bits or more, ECDSA on P-256, P-384 or P-521, or Ed25519.
algorithm-unsupported = The signature algorithm ({ $what }) is not supported.
algorithm-key-mismatch = The chosen signature algorithm does not fit the key of this certificate. Set the algorithm to automatic.
signature-wrong = The signature value does not match the certificate's key: the card or device did not return a correct signature, or the data was changed.
name-malformed = The name cannot be understood ({ $part }). Write it as "CN=Mayor of Mihon,O=City of Mihon,C=JP".
public-keys-malformed = The file holds no public key, or something beside them. Give a PEM file with public keys ("BEGIN PUBLIC KEY").
