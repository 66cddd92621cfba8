"""pyHanko as a peer: every signature in FILE validated, TIMES over; prints {"cpu_ms", "rss_mib"}.

usage: pyhanko_verify.py ROOT FILE TIMES
The CPU time is that of one validation. Its start and imports are not counted in the CPU time: a peer that runs as a service has paid them once.
"""

import json
import logging
import resource
import sys

from pyhanko.keys import load_cert_from_pemder
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

logging.disable(logging.CRITICAL)


def cpu_ms():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return (used.ru_utime + used.ru_stime) * 1e3


def main():
    root, source, times = sys.argv[1:]
    anchor = load_cert_from_pemder(root)
    before = cpu_ms()
    for _ in range(int(times)):
        with open(source, "rb") as file:
            for signature in PdfFileReader(file).embedded_signatures:
                context = ValidationContext(trust_roots=[anchor], allow_fetching=False)
                status = validate_pdf_signature(signature, context)
                assert status.intact and status.valid
    spent = (cpu_ms() - before) / int(times)
    rss_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    json.dump({"cpu_ms": spent, "rss_mib": rss_mib}, sys.stdout)


main()
