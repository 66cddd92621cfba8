# messages of app

manifest-without-documents = There is no document to sign.
manifest-too-many-documents = Too many documents (the limit is { $max }).
manifest-bad-name = A document's name is empty or too long (the limit is { $max } bytes).
manifest-text-too-long = A reason, place or other text is too long (the limit is { $max } characters).
manifest-bad-rectangle = The place or size of the seal is not valid.
manifest-bad-certificate = The certificate is not given in a valid form.
signed-file-gone = The signed file is no longer there. Sign again.

doctor-no-module = No module (PKCS#11) for cards or HSMs is configured.
doctor-module-found = Module found: { $what }
doctor-module-missing = Module missing: { $what }
doctor-pinentry-found = The PIN prompt (pinentry) is there: { $what }
doctor-pinentry-missing = The PIN prompt (pinentry) is missing: { $what }
doctor-font-found = A Japanese font is there: { $what }
doctor-font-missing = There is no Japanese font: Japanese text without embedded fonts cannot be shown. { $what }
doctor-pcscd-found = The smart card service (pcscd) is there: { $what }
doctor-pcscd-missing = The smart card service (pcscd) is not running: { $what }

input-unreadable = { $file } cannot be read ({ $cause }). Check that the file is there and that you may read it.
input-too-large = The document is too large. The limit is { $limit } bytes.
disk-full = { $file } cannot be written: the disk is full ({ $cause }). Make room and try again.
output-unwritable = { $file } cannot be written ({ $cause }). Check that the folder is there and that you may write to it.

certificate-not-found = No certificate that can sign was found. Check that the card is in the reader and that the choice is right.
certificate-ambiguous = Two or more certificates can sign. Say which one to use.
pin-refused-before = This is the PIN that { $token } refused before. To protect the card it is not used until it changes.
pin-cooling-down = Several wrong PINs were given. Wait { $seconds } seconds and try again.
signing-cancelled = The signing was cancelled.
signing-not-found = There is no such signing.
signing-not-waiting = This signing has begun or is over.
signing-not-confirmed = Nobody confirmed the signing in time. Begin again.
signing-over = The signing has begun or is over; its pages can no longer be shown.
signings-too-many = There are too many signings. Fetch or cancel finished ones and try again.
check-differs = The check number differs. Load the page again and look at the documents.
document-not-found = There is no such document or page.
document-not-signed = There is no signed file of this document yet.
manifest-documents-differ = The number of documents described and the number that came differ.
seal-missing = The seal's picture is missing.
seal-reason = Reason: { $value }
seal-location = Place: { $value }
seal-date = Date: { $value }
output-twice = Two documents cannot be written to { $file }. Give each its own output.
anchors-none = This folder holds no certificate (a file that ends in .pem, .crt, .cer or .der). Name the folder with the certificates of the authorities that you trust.
anchors-too-many = These are too many certificates to be authorities that you trust. Name the files that are meant.
password-too-long = The password is too long.
internal-error = An internal error occurred. See the log.
too-many-files = There are too many files (the limit is { $max }). Verify the folders one by one.
folder-seen = { $file } was skipped: it leads to a folder that was looked into already.
folder-too-deep = { $file } lies too deep; nothing in it was looked at.
compare-late = There was no time left for pictures of this page. Open the document and look at it.
batch-summary = { $files } files verified: { $valid } valid, { $open } with open points, { $bad } invalid; { $skipped } could not be verified.
period-summary = { $timestamps } timestamps from { $from } to { $to } (days in Japan): { $valid } valid, { $open } with open points, { $bad } invalid.
period-valid = Valid: nothing has changed since the time of the timestamp.
period-open = Some points could not be confirmed: who issued the timestamp. Name the authority that you trust and verify again.
period-bad = Invalid: the timestamp is not right.
period-altered = Invalid (tampering or similar): the document was altered after the timestamp.
