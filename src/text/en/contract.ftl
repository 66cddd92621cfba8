# messages of contract
contract-is-draft = This contract is still a draft, so this ({ $act }) is not possible. Send it first.
contract-in-review = This contract is being reviewed, so this ({ $act }) is not possible. Wait until the review is over.
contract-sent = This contract has been sent for signing, so this ({ $act }) is not possible. To change it, withdraw it and make a new one.
contract-completing = Everybody has signed and the timestamp is awaited, so this ({ $act }) is not possible.
contract-concluded = This contract is concluded, so this ({ $act }) is not possible. Make an amendment as a new contract.
contract-declined = A signer has declined this contract, so this ({ $act }) is not possible. Make a new one.
contract-expired = The time for signing this contract is over, so this ({ $act }) is not possible. Make a new one.
contract-withdrawn = This contract was withdrawn, so this ({ $act }) is not possible.
contract-text-invalid = { $part } must be 1 to { $max } characters, without control characters or characters that turn the direction of the text.
mail-address-invalid = This is not a mail address. Write it like name@example.jp.
phone-invalid = This is not a telephone number. Write it like 090-1234-5678, or with + and the country code.
amount-invalid = The amount must be a whole number of yen, 0 or more.
contract-count = { $part }: { $found }. There must be { $min } to { $max }.
contract-reference = { $part } { $number } is missing in this contract or is there twice.
field-off-page = Field { $number } does not lie on its page. Mend its place and size.
document-signed-by-nobody = Nobody signs document { $number }. Place a signature field, or make it a document to view only.
signer-has-nothing-to-sign = Signer { $number } has no signature field. Place one, or remove the signer.
signer-signs-twice = Signer { $signer } has several signature fields in document { $document }. Leave one.
due-date-past = The due date has passed. Choose today or later.
party-type-demanded = By the rules for this contract signer { $number } must sign with an own certificate too. Change the way of signing.
contract-not-approved = This contract needs an approval before it is sent. Ask for it.
not-your-turn = It is not signer { $number }'s turn. A mail comes when those before have signed.
signed-already = Signer { $number } has signed already.
field-value-missing = Field { $number } is required. Fill it in.
field-value-invalid = The value of field { $number } does not fit its kind.
checklist-open = Item { $number } of the checklist is open. Look at it first.
certificate-not-allowed = This is not one of the certificates that the contract demands. Sign with the card of the post or person it names.
search-range = { $part }: the range begins after its end.
contract-not-found = There is no such contract.
contract-changed = This contract was changed by somebody else. Read it again and repeat.
contract-document-missing = This contract has no such document.
idempotency-key-reused = This Idempotency-Key was used for another request. Choose a new one.
idempotency-key-invalid = An Idempotency-Key is 1 to { $max } visible ASCII characters.
sender-missing = Name the sender.
document-encrypted = A PDF with a password cannot be used in a contract. Remove the password first.
document-signed = A signed PDF cannot be used in a contract. Add the PDF as it was before signing.
document-pages = A document has 1 to { $max } pages.
search-date = Write a date like 2026-04-01.
search-state = There is no such state of a contract.
search-cursor = The cursor is not valid. Use `next` of the answer before as it is.
search-too-many = More than { $max } contracts were found. Narrow the search.
witness-reason = Witness type: { $organisation } { $name } <{ $reach }> { $known }
factor-mail-code = code by mail
factor-sms-code = code by SMS
factor-access-code = access code
document-field-taken = This document has a field called { $field } already. Use another PDF.
document-page-too-small = A page of this document is too small for the certificate ID.
field-anchor-unavailable = Field { $number } is anchored to a text. This server cannot find texts. Give its page and position.
public-url-missing = The address that signers open is not configured. Set public_url under [contracts].
operator-certificate-missing = The certificate for witness signatures is not configured. Set operator_certificate under [contracts].
mail-not-configured = No mail server is configured. Set [mail].
sms-not-configured = Signer { $number } is reached by telephone, and SMS is not configured. Use a mail address.
factor-not-configured = This server cannot identify signer { $number } in that way. Use a code by mail.
link-expired = The time of this address is over. Ask whoever sent the request to send it again.
link-void = This address is not valid. A part of it is missing, or a newer request was sent.
request-not-opened = Open the request and look at it first.
code-too-soon = A code was sent a moment ago. Wait a little and try again.
code-wrong = The code is wrong. Look at the mail again.
code-over = This code cannot be used any more. Have a new one sent.
session-over = You were identified too long ago. Have a new code sent.
signs-with-certificate = This signer signs with an own certificate.
mail-outcome-unknown = Nobody knows whether this mail went out. It is not sent again by itself, so that nobody gets it twice. Ask again if needed.
contract-moved-on = This contract has moved on meanwhile.
operator-key-four-eyes = The key for witness signatures needs another person's consent each time. Name a key whose [[policy]] has no four_eyes.
contract-not-concluded = The contract is not concluded yet. Ask again once it is.
certificate-lead = This certifies that the electronic contract below was concluded by the electronic signatures of all parties.
certificate-title = Document
certificate-number = Control number
certificate-author = Author
certificate-author-address = Author's mail address
certificate-id = Certificate ID
certificate-made = Certificate made
certificate-issuer = Issued by
certificate-signatures = Electronic signatures
certificate-when = Time [IP address]
certificate-how = Method
certificate-who = Signer
certificate-documents = Concluded documents
certificate-document = Document
certificate-sha256 = SHA-256 (hash value)
certificate-check = How to check
certificate-check-how = Anybody can check at this address that the documents and this certificate were not altered. The certificate ID stands at the lower left of each concluded document.
certificate-note = Signers are shown as they were when they signed. The file of this certificate carries the issuer's electronic signature and a timestamp.
certificate-reason = Certificate of conclusion (control number { $number }, { $title })
approver-is-drafter = Nobody approves a contract that they wrote or changed. Ask another approver.
party-not-signed = This file does not bear your signature yet. Sign it, then send it.
party-prefix-changed = This is not the file that you were given. Download it again and sign it without changing it.
document-moved-on = Another signer was first, so this document is newer now. Load the page again, look at the document and sign once more.
party-signature-broken = The signature is not good ({ $why }). Make sure that it is a PAdES signature and sign again.
party-revisions = More than a signature was added (updates: { $count }). Add one signature to the file that you downloaded, nothing else.
party-other-field = The signature is in a field that is not yours ({ $field }). Sign the field that was prepared for you.
party-changes-forbidden = Something else than the signature was changed ({ $what }). Sign the document without changing it.
party-values-differ = Field { $field } does not say what was agreed to. Load the page again.
party-locks = The signature does not lock the fields that this contract wants locked. Sign with software that follows the settings of the field; a certification of the whole document cannot be used.
party-certificate-unfit = This certificate cannot sign documents. Choose the one for signing.
party-certificate-untrusted = The issuer of this certificate is not accepted for this contract. Sign with another certificate, or ask the sender.
party-certificate-revoked = This certificate is revoked. Sign with a new one.
party-revocation-unknown = It cannot be found out now whether this certificate is revoked. Send the file again after a while; you need not sign again.
party-not-agreed = Answer the fields and the checklist first, and agree.
signs-by-mail = This signer signs by mail authentication.
document-being-stamped = Another signer's signature is being processed. Wait a little and try again.
field-not-a-tick = Field "{ $field }" is a box. It takes no other value than "on".
evidence-too-large = The evidence is larger than 4 gigabytes, which no ZIP file of this kind holds. Fetch the documents one by one.
evidence-readme =
    Evidence of an electronic contract

    Document: { $title }
    Control number: { $number }
    Certificate ID: { $id }

    What stands in this folder
    documents/       the signed documents (PDF)
    attachments/     documents that were not signed (PDF)
    certificate.pdf  the certificate of conclusion
    contract.json    what was agreed, the signers, the times
    events.json      what was done to the contract
    audit.jsonl      the audit log's entries about this contract
    trust/           certificates of the authorities that are trusted
    SHA256SUMS       hash values of all files

    How to check it (no network is needed)
    1. Unpack this folder and check that no file was changed on the way.

        sha256sum -c SHA256SUMS

    2. Check signatures, timestamps and revocation data with hankod ({ $version } or later).

        hankod verify --offline --trust trust certificate.pdf documents/*.pdf

    3. Compare the certificates in trust/ with the hash values that each authority publishes.
    4. The PDF files can be checked with any other program that knows PAdES (ETSI EN 319 142).

    certificate.pdf holds the SHA-256 of each document as it was concluded. A document whose evidence was renewed later has that very file as its beginning.
copy-mark = COPY
