# messages of pdf
pdf-not-a-pdf = This file is not a PDF. Choose a file that a PDF program has saved.
pdf-damaged = This PDF is damaged (byte { $offset }: expected { $expected }). Save it anew from the program that made it, and try again.
pdf-duplicate-key = This PDF is damaged: the entry { $key } stands twice with different values (byte { $offset }), so that programs may show different things. Save it anew from the program that made it.
pdf-password-needed = This PDF is protected by a password. Open it on hankod's page and type the password, or give it to the command hankod sign with --password-file.
pdf-password-wrong = The password does not open this PDF. Check it and try again.
pdf-rc4 = This PDF is encrypted with RC4, which is broken and not handled here. Save it without a password, or with AES encryption.
pdf-public-key-handler = This PDF is encrypted for the certificates of certain recipients, which is not handled here. Save it without that encryption.
pdf-identity-filter = Only a part of this PDF is encrypted, so that the rest could be exchanged unnoticed. Save it without encryption, or with all of it encrypted.
pdf-unknown-handler = This PDF is encrypted in a way that is not handled here ({ $name }). Save it without a password, or with AES encryption.
pdf-permission-denied = The author of this PDF has forbidden this change. Ask the author for the owner's password or for an unrestricted file.
pdf-xref-loop = This PDF is damaged: its tables of contents refer to each other in a circle. Save it anew from the program that made it.
pdf-too-deep = This PDF is nested deeper than is handled here ({ $what }). Save it anew from another program.
pdf-too-large = A part of this PDF is larger than is handled here ({ $what }). Save it anew from another program, or divide it.
pdf-decoder-bomb = Compressed data in this PDF grow beyond every limit. The file may be an attack; do not open it, and ask its sender.
pdf-filter = Data in this PDF cannot be decoded ({ $name }). Save it anew from the program that made it.
pdf-no-such-page = This PDF has no page { $number }. Choose another page.
