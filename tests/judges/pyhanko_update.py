"""Updates a signed PDF as pyHanko does: `pyhanko_update.py KIND IN OUT`. Signs nothing of its own but dummy timestamps."""

import datetime
import sys

from asn1crypto import keys, x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.timestamps import DummyTimeStamper


def timestamper():
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "TSA")])
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now - datetime.timedelta(1), now + datetime.timedelta(9))
    purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
    certificate = builder.add_extension(purpose, critical=True).sign(key, hashes.SHA256())
    private = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    der = certificate.public_bytes(serialization.Encoding.DER)
    return DummyTimeStamper(asn1_x509.Certificate.load(der), keys.PrivateKeyInfo.load(private))


def main(kind, source, target):
    with open(source, "rb") as file:
        writer = IncrementalPdfFileWriter(file)
        if kind == "timestamp":
            with open(target, "w+b") as out:
                signers.PdfTimeStamper(timestamper()).timestamp_pdf(writer, "sha256", output=out)
            return
        if kind == "info":
            info = generic.DictionaryObject({generic.pdf_name("/Producer"): generic.pdf_string("pyHanko")})
            writer.set_info(writer.add_object(info))
        if kind == "xmp":
            writer.document_meta.title = "x"
            writer.update_root()
        if kind == "catalogue":
            writer.root["/Version"] = generic.pdf_name("/2.0")
            writer.update_root()
        with open(target, "wb") as out:
            writer.write(out)


main(*sys.argv[1:])
