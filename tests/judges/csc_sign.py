"""Signs a PDF through a CSC service with pyHanko's own client, unmodified, as another vendor's product would.

Reads one JSON object on standard input: url, ca (PEM file), token, credential, version (v1 or v2), pss (bool), digest, input, output.
"""

import asyncio
import json
import ssl
import sys

import aiohttp
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, PdfSigner
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers.csc_signer import (
    CSCAuthorizationManager,
    CSCServiceSessionInfo,
    CSCSigner,
    fetch_certs_in_csc_credential,
)


class Authorizer(CSCAuthorizationManager):
    """Asks for activation data bound to the very hashes."""

    def __init__(self, session, info, credential):
        super().__init__(info, credential)
        self.session = session

    async def authorize_signature(self, hash_b64s):
        body = self.format_csc_auth_request(hash_b64s=hash_b64s)
        url = self.csc_session_info.endpoint_url("credentials/authorize")
        async with self.session.post(url, headers=self.auth_headers, json=body, raise_for_status=True) as answer:
            return self.parse_csc_auth_response(await answer.json())


async def main():
    """Signs once."""
    asked = json.load(sys.stdin)
    context = ssl.create_default_context(cafile=asked["ca"])
    # The certificate of the tests names no host.
    context.check_hostname = False
    connector = aiohttp.TCPConnector(ssl=context)
    async with aiohttp.ClientSession(connector=connector) as session:
        info = CSCServiceSessionInfo(asked["url"], asked["credential"], oauth_token=asked["token"], api_ver=asked["version"])
        credential = await fetch_certs_in_csc_credential(session, info)
        assert credential.hash_pinning_required
        signer = CSCSigner(session, Authorizer(session, info, credential), batch_autocommit=True, prefer_pss=asked["pss"])
        with open(asked["input"], "rb") as source, open(asked["output"], "wb") as target:
            metadata = PdfSignatureMetadata(
                field_name="Signature1", md_algorithm=asked["digest"], subfilter=SigSeedSubFilter.PADES
            )
            writer = IncrementalPdfFileWriter(source)
            await PdfSigner(metadata, signer).async_sign_pdf(writer, output=target)


asyncio.run(main())
