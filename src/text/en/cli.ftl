# messages of cli

cli-no-token = No card and no HSM was found.
cli-no-certificate = No certificate can sign. "--usage all" shows the others with the reason.
cli-pin-normal = PIN: fine
cli-pin-low = PIN: wrong tries
cli-pin-final = PIN: last try
cli-pin-locked = PIN: locked
cli-reader-came = { $reader }: reader connected.
cli-reader-left = { $reader }: reader removed.
cli-card-came = { $reader }: card inserted ({ $kind }).
cli-card-left = { $reader }: card pulled out.
cli-card-jpki = My Number card
cli-card-piv = PIV card
cli-card-unknown = card of unknown kind
cli-pinpad = typed on the reader
cli-name-after-pin = (name shown after the PIN)
cli-valid-until = valid until { $date }
cli-signed = Signed: { $file } (field { $field })
cli-audit-whole = The audit log is whole: { $entries } entries, witnessed up to number { $witnessed }.
cli-audit-broken = The audit log is damaged. { $entries } entries were read.
cli-site-allowed = { $origin } is allowed. Connect from that site within a few minutes.
cli-config-good = The configuration is fine. { $file }
cli-config-bad = Something is wrong with the configuration. { $file }
one-output-for-many = For several documents name a folder with --out-dir instead of -o.
rect-without-seal = --rect needs a seal: give --seal or --name-seal.
verify-signature = Field "{ $field }", signer { $signer }, signer's clock { $time }
