"""pyHanko as a peer: a PAdES B-B signature of IN into OUT with a PKCS#11 key, TIMES over; prints {"cpu_ms", "rss_mib"}.

usage: pyhanko_sign.py MODULE LABEL PIN_FILE CERTIFICATE ISSUER IN OUT TIMES [TSA]
With the address of a TSA: B-T.
The CPU time is that of one signature. Its start and imports are not counted in the CPU time: a peer that runs as a service has paid them once.
"""

import json
import logging
import resource
import sys

from pyhanko.config.pkcs11 import TokenCriteria
from pyhanko.keys import load_cert_from_pemder
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.sign.pkcs11 import PKCS11Signer, open_pkcs11_session
from pyhanko.sign.timestamps import HTTPTimeStamper

logging.disable(logging.CRITICAL)


def cpu_ms():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return (used.ru_utime + used.ru_stime) * 1e3


def main():
    module, label, pin_file, certificate, issuer, source, target, times, *tsa = sys.argv[1:]
    with open(pin_file) as file:
        pin = file.read().strip()
    session = open_pkcs11_session(module, token_criteria=TokenCriteria(label=label), user_pin=pin)
    signer = PKCS11Signer(
        session,
        signing_cert=load_cert_from_pemder(certificate),
        ca_chain=[load_cert_from_pemder(issuer)],
        key_label=label,
        use_raw_mechanism=True,
    )
    metadata = signers.PdfSignatureMetadata(
        field_name="Signature1", md_algorithm="sha256", subfilter=fields.SigSeedSubFilter.PADES
    )
    stamper = HTTPTimeStamper(tsa[0]) if tsa else None
    before = cpu_ms()
    for _ in range(int(times)):
        with open(source, "rb") as input_file, open(target, "wb+") as output_file:
            writer = IncrementalPdfFileWriter(input_file)
            signers.PdfSigner(metadata, signer, timestamper=stamper).sign_pdf(writer, output=output_file)
    spent = (cpu_ms() - before) / int(times)
    rss_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    json.dump({"cpu_ms": spent, "rss_mib": rss_mib}, sys.stdout)


main()
