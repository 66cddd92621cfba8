"""Asks pyHanko whether signed PDFs hold by the evidence in them (EN 319 102-1, 5.6.3): {"root": PEM path, "paths": [...]} on stdin.

It answers a list of {"error": null or text, "best_time": RFC 3339, "archived": whether document timestamps follow} for the first signature of each. No
network: what is not in the file is not there. Revocation data is required for every certificate. One thing no file can hold: whether the TSA of its
newest timestamp was revoked since. pyHanko is told that it was not, as its own simulation of the future does.
"""

import asyncio
import dataclasses
import datetime
import json
import logging
import sys

from pyhanko.keys import load_cert_from_pemder
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation.ades import _dss_to_local_knowledge, ades_lta_validation, ades_with_time_validation
from pyhanko.sign.general import extract_certificate_info
from pyhanko.sign.validation.generic_cms import extract_tst_data_iter
from pyhanko.sign.validation.status import PdfSignatureStatus
from pyhanko.sign.validation.policy_decl import (
    LocalKnowledge,
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko_certvalidator.authority import CertTrustAnchor
from pyhanko_certvalidator.context import CertValidationPolicySpec, ValidationTimingInfo
from pyhanko_certvalidator.policy_decl import REQUIRE_REVINFO, CertRevTrustPolicy, NonRevokedStatusAssertion
from pyhanko_certvalidator.registry import SimpleTrustManager

logging.disable(logging.CRITICAL)


def judge(path, root):
    policy = CertValidationPolicySpec(
        trust_manager=SimpleTrustManager.build(trust_roots=[root]),
        revinfo_policy=CertRevTrustPolicy(revocation_checking_policy=REQUIRE_REVINFO),
    )
    spec = SignatureValidationSpec(
        cert_validation_policy=policy,
        revinfo_gathering_policy=RevocationInfoGatheringSpec(
            online_fetching_rule=RevinfoOnlineFetchingRule.LOCAL_ONLY
        ),
    )
    with open(path, "rb") as file:
        reader = PdfFileReader(file)
        signature = reader.embedded_regular_signatures[0]
        if reader.embedded_timestamp_signatures:
            last = reader.embedded_timestamp_signatures[-1].signed_data
            result = archived(signature, unrevoked(spec, last))
        else:
            result = with_time(signature, spec)
    # The passed indication is written OK.
    passed = str(result.ades_subindic).endswith("OK")
    return {
        "error": None if passed else f"{result.ades_subindic}: {result.failure_msg}",
        "best_time": result.best_signature_time.isoformat(),
        "archived": getattr(result, "oldest_evidence_record_timestamp", None) is not None,
    }


def unrevoked(spec, token, known=LocalKnowledge()):
    """The specification with the assertion that the TSA of this token is not revoked."""
    now = datetime.datetime.now(tz=datetime.timezone.utc) + datetime.timedelta(minutes=2)
    assertion = NonRevokedStatusAssertion(extract_certificate_info(token).signer_cert.sha256, at=now)
    return dataclasses.replace(spec, local_knowledge=dataclasses.replace(known, nonrevoked_assertions=[assertion]))


def archived(signature, spec):
    """Past validation, by the document timestamps (5.6.3)."""
    # What has no other proof existed when pyHanko looked at it: a moment after this line, which must not be after the time in question.
    now = datetime.datetime.now(tz=datetime.timezone.utc) + datetime.timedelta(minutes=1)
    timing = ValidationTimingInfo(validation_time=now, best_signature_time=now, point_in_time_validation=False)
    return asyncio.run(ades_lta_validation(signature, PdfSignatureValidationSpec(spec), timing))


def with_time(signature, spec):
    """Without document timestamps: now, by the signature's timestamp and the data in the DSS (5.5)."""
    known = _dss_to_local_knowledge(reader=signature.reader)
    signature.compute_integrity_info()
    tokens = list(extract_tst_data_iter(signature.signer_info, signed=False))
    spec = unrevoked(spec, tokens[0], known) if tokens else dataclasses.replace(spec, local_knowledge=known)
    judged = ades_with_time_validation(
        signature.signed_data,
        spec,
        raw_digest=signature.compute_digest(),
        extra_status_kwargs=signature.summarise_integrity_info(),
        status_cls=PdfSignatureStatus,
    )
    return asyncio.run(judged)


def answer(path, root):
    try:
        return judge(path, root)
    except Exception as error:  # whatever pyHanko raises is its verdict on the file
        return {"error": f"{type(error).__name__}: {error}", "best_time": None, "archived": False}


def main():
    request = json.load(sys.stdin)
    root = load_cert_from_pemder(request["root"])
    json.dump([answer(path, root) for path in request["paths"]], sys.stdout)


main()
