"""Asks pyHanko about signed PDFs: {"root": PEM path, "files": [{"path", "password"}]} on stdin, a list of answers on stdout.

It reports what pyHanko says and decides nothing. No network: what is not in the file or among the roots is not there.
"""

import json
import logging
import sys

from pyhanko.keys import load_cert_from_pemder
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature, validate_pdf_timestamp
from pyhanko_certvalidator import ValidationContext

logging.disable(logging.CRITICAL)


def name(value):
    return value.name if value is not None else "NONE"


def judge(signature, root):
    context = ValidationContext(trust_roots=[root], allow_fetching=False)
    is_timestamp = signature.sig_object_type == "/DocTimeStamp"
    validate = validate_pdf_timestamp if is_timestamp else validate_pdf_signature
    status = validate(signature, context)
    return {
        "field": signature.field_name,
        "intact": status.intact,
        "valid": status.valid,
        "trusted": status.trusted,
        "coverage": name(status.coverage),
        "modification": name(status.modification_level),
        "docmdp_ok": status.docmdp_ok is not False,
        # A document timestamp has no such sum.
        "bottom_line": status.intact and status.valid and status.trusted if is_timestamp else status.bottom_line,
    }


def answer(question, root):
    try:
        with open(question["path"], "rb") as file:
            reader = PdfFileReader(file)
            if reader.encrypted:
                reader.decrypt((question["password"] or "").encode())
            found = [judge(signature, root) for signature in reader.embedded_signatures]
        return {"error": None, "signatures": found}
    except Exception as error:  # whatever pyHanko raises is its verdict on the file
        return {"error": f"{type(error).__name__}: {error}", "signatures": []}


def main():
    request = json.load(sys.stdin)
    root = load_cert_from_pemder(request["root"])
    json.dump([answer(file, root) for file in request["files"]], sys.stdout)


main()
