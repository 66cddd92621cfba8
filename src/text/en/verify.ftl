# messages of verify
original-changed = The finished file does not begin with the document that was to be signed. The file was not handed out; sign again.
original-end = No update follows the document that was to be signed. The file was not handed out.
signature-count = { $count } new signatures were found where there must be exactly one. The file was not handed out.
signature-malformed = The signature in the field "{ $field }" is not recorded correctly ({ $part }).
byte-range-wrong = The signature in the field "{ $field }" does not cover the whole document. It may have been altered after signing.
change-forbidden = There is a change that the signatures do not allow ({ $change }).
