# messages of mail
mail-server-unreachable = The mail server { $server } cannot be reached. The mail is sent again by itself after a while.
mail-refused-now = The mail server { $server } did not take the mail now ({ $reply }). It is sent again by itself after a while.
mail-refused = The mail server { $server } refused the mail ({ $reply }). Look at the recipient's address.
mail-no-tls = No encrypted connection with the mail server { $server }. Look at [mail] in the configuration.
mail-unwritable = The mail cannot be written. Look at the recipient's address.
mail-request-subject = { $sender } asks you to sign { $title }
mail-request-body =
    Dear { $name },

    { $sender } asks you to sign "{ $title }" electronically.
mail-request-link = Look at it and sign it here:
mail-request-facts = Control number: { $number }
mail-due = To be signed by: { $due }
mail-contact = Questions: { $contact }
mail-request-foot = This address is for you alone. Do not pass it on. If you know nothing of this, say so on the page that it opens.
mail-completed-subject = All have signed ({ $title })
mail-completed-body =
    Dear { $name },

    All have signed "{ $title }" with { $sender }.
mail-completed-link = Look at the documents
mail-completed-facts =
    Control number: { $number }
    Concluded: { $at }
mail-code-subject = Your code
mail-code-body =
    The code for signing "{ $title }" of { $sender }:

    { $code }

    Enter it within { $minutes } minutes, and tell it to nobody.
mail-declined-subject = A signer declined ({ $title })
mail-declined-body = { $name } declined to sign "{ $title }" (control number { $number }).
mail-declined-reason = Reason: { $reason }
mail-reminder-subject = Reminder: { $sender } asks you to sign { $title }
mail-reminder-body =
    Dear { $name },

    "{ $title }", which { $sender } asked you to sign electronically, is not signed yet. The last day is { $due }.
mail-expired-subject = The last day has passed ({ $title })
mail-expired-body =
    "{ $title }" (control number { $number }) was not signed by all until its last day ({ $due }) and has expired.

    Not signed by: { $open }

    To conclude it after all, send it as a new contract.
