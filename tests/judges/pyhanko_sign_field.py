"""Signs an existing field of a PDF with pyHanko, as software of other people does.

Arguments: input, output, field, key (PEM), certificate (PEM), bytes kept free for the CMS.
"""

import sys

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers

source, target, field, key, certificate, room = sys.argv[1:]
signer = signers.SimpleSigner.load(key, certificate)
metadata = signers.PdfSignatureMetadata(
    field_name=field, md_algorithm="sha256", subfilter=fields.SigSeedSubFilter.PADES
)
with open(source, "rb") as read, open(target, "wb") as write:
    signers.sign_pdf(
        IncrementalPdfFileWriter(read),
        metadata,
        signer=signer,
        existing_fields_only=True,
        bytes_reserved=int(room) * 2,
        output=write,
    )
