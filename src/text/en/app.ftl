# messages of app

daemon-starting = hankod is still starting. Try again in a moment.
manifest-without-documents = There is no document to sign.
manifest-too-many-documents = Too many documents (the limit is { $max }).
manifest-bad-name = A document's name is empty or too long (the limit is { $max } bytes).
manifest-text-too-long = A reason, place or other text is too long (the limit is { $max } characters).
manifest-bad-rectangle = The place or size of the seal is not valid.
manifest-bad-certificate = The certificate is not given in a valid form.
signed-file-gone = The signed file is no longer there. Sign again.
