"""Signs a PDF as pyHanko does: `pyhanko_sign.py IN OUT KEY CERTIFICATE ISSUER [TSA]`, the last an address; files are PEM."""

import sys

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.timestamps import HTTPTimeStamper


def main(source, target, key, certificate, issuer, tsa=None):
    signer = SimpleSigner.load(key, certificate, ca_chain_files=(issuer,))
    metadata = PdfSignatureMetadata(field_name="Signature1", md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES)
    stamper = HTTPTimeStamper(tsa) if tsa else None
    with open(source, "rb") as file, open(target, "w+b") as out:
        writer = IncrementalPdfFileWriter(file, strict=False)
        PdfSigner(metadata, signer, timestamper=stamper).sign_pdf(writer, output=out)


main(*sys.argv[1:])
