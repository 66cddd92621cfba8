# messages of demo

demo-certificate-failed = A certificate for the demonstration could not be made ({ $reason }). Empty the demonstration's folder and try again.
demo-file-failed = The demonstration's file { $path } cannot be read or written ({ $reason }). See whether there is room and whether the folder is yours.
demo-address-taken = The demonstration's timestamps and OCSP answers need the address { $address }, which is not to be had ({ $reason }). End the program that uses it, or name another folder with --dir.
demo-softhsm-missing = SoftHSM, the software token of the demonstration, is not installed. Run: sudo apt-get install softhsm2
demo-no-home = There is no folder for the demonstration. Name one with --dir.
demo-answer = The daemon's answer is unexpected: { $said }
demo-signed = The sample contract was signed: { $file }
demo-folder = The demonstration's files are here: { $dir }
demo-page = Open in a browser: { $page }
demo-site = A contract site to try it with: { $site }
demo-unattended = There is no screen and no terminal, so this demonstration's page signs without asking for the PIN (unattended).
demo-until = Press Ctrl-C to end.
