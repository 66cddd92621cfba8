"""Asks pyHanko whether a signed PDF holds by the evidence in it (EN 319 102-1, 5.6.3): {"root": PEM path, "path", "days": from now} on stdin.

It answers {"error": null or text, "best_time": RFC 3339, "archived": whether document timestamps follow} for the first signature. No network: what is
not in the file is not there. Revocation data is required for every certificate.
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
from pyhanko.sign.validation.status import PdfSignatureStatus
from pyhanko.sign.validation.policy_decl import (
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko_certvalidator.authority import CertTrustAnchor
from pyhanko_certvalidator.context import CertValidationPolicySpec, ValidationTimingInfo
from pyhanko_certvalidator.policy_decl import REQUIRE_REVINFO, CertRevTrustPolicy
from pyhanko_certvalidator.registry import SimpleTrustManager

logging.disable(logging.CRITICAL)


def judge(request):
    root = load_cert_from_pemder(request["root"])
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
    with open(request["path"], "rb") as file:
        reader = PdfFileReader(file)
        signature = reader.embedded_regular_signatures[0]
        if reader.embedded_timestamp_signatures:
            result = archived(signature, spec, request["days"])
        else:
            result = with_time(signature, spec)
    # The passed indication is written OK.
    passed = str(result.ades_subindic).endswith("OK")
    return {
        "error": None if passed else f"{result.ades_subindic}: {result.failure_msg}",
        "best_time": result.best_signature_time.isoformat(),
        "archived": getattr(result, "oldest_evidence_record_timestamp", None) is not None,
    }


def archived(signature, spec, days):
    """Past validation, by the document timestamps (5.6.3)."""
    # What has no other proof existed when pyHanko looked at it: a moment after this line, which must not be after the time in question.
    ahead = datetime.timedelta(days=days, minutes=1)
    now = datetime.datetime.now(tz=datetime.timezone.utc) + ahead
    timing = ValidationTimingInfo(validation_time=now, best_signature_time=now, point_in_time_validation=False)
    return asyncio.run(ades_lta_validation(signature, PdfSignatureValidationSpec(spec), timing))


def with_time(signature, spec):
    """Without document timestamps: now, by the signature's timestamp and the data in the DSS (5.5)."""
    known = _dss_to_local_knowledge(reader=signature.reader)
    signature.compute_integrity_info()
    judged = ades_with_time_validation(
        signature.signed_data,
        dataclasses.replace(spec, local_knowledge=known),
        raw_digest=signature.compute_digest(),
        extra_status_kwargs=signature.summarise_integrity_info(),
        status_cls=PdfSignatureStatus,
    )
    return asyncio.run(judged)


def main():
    request = json.load(sys.stdin)
    try:
        answer = judge(request)
    except Exception as error:  # whatever pyHanko raises is its verdict on the file
        answer = {"error": f"{type(error).__name__}: {error}", "best_time": None, "archived": False}
    json.dump(answer, sys.stdout)


main()
