# messages of token

pin-cancelled = The PIN prompt was cancelled. Nothing was signed.
pin-timed-out = No PIN was entered in time. Please try again.
pin-empty = The PIN is empty. Nothing was signed.
pin-too-long = The PIN is too long.
pin-prompts-busy = Other PIN prompts are waiting. Try again when they are done.
pin-prompt-failed = The PIN prompt could not be opened ({ $program }: { $reason }). See whether pinentry is installed and a screen or terminal is there.
pin-file-unreadable = The PIN file { $path } cannot be read ({ $reason }).
pin-file-not-regular = The PIN file { $path } is not a regular file. Links and devices are not taken.
pin-file-exposed = The PIN file { $path } can be read or changed by others. Let only its owner read it (chmod 600).

prompt-title = hankod signature
prompt-asked-by-site = { $who } asks for your signature.
prompt-asked-by-program = The program { $who } asks for your signature.
prompt-asked-by-person = You asked for this signature yourself.
prompt-documents = Documents: { $count } (pages in all: { $pages })
prompt-documents-uncounted = Documents: { $count }
prompt-more-documents = ・ and { $count } more
prompt-holder = Signer: { $holder }
prompt-check = Check number: { $check }
prompt-address = See the contents: { $address }
prompt-tries-left = The card locks after { $tries } wrong PINs.
prompt-last-try = Careful: one more wrong PIN locks the card.
prompt-allow-site = Let { $origin } ask for signatures with the cards of this computer?
prompt-allow-code = The site must show the same number: { $code }
prompt-pin = PIN:
prompt-sign = Sign
prompt-cancel = Cancel
prompt-allow = Allow
prompt-refuse = Do not allow
