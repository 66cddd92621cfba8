//! How OpenSC is told to work for us: which cards it looks for first, and that a card belongs to one process from the PIN to the logout.
//!
//! Without `lock_login` another program could sign between two of our calls; with it the card's transaction lasts as long as the login.

use std::path::Path;

/// The variable that names OpenSC's configuration file.
pub const VARIABLE: &str = "OPENSC_CONF";
/// Libraries that read it.
const LIBRARIES: &[&str] = &["opensc-pkcs11.so", "onepin-opensc-pkcs11.so"];
/// What stands in the file. Fewer drivers ask a card for fewer applets before its own is found.
pub const CONFIGURATION: &str = "\
# Written by hankod for its own processes; changes are overwritten.
# A file of your own: env = { OPENSC_CONF = \"/path\" } at the [[module]].
app default {
    card_drivers = jpki, PIV-II, default;
    reader_driver pcsc {
        disconnect_action = unpower;
    }
}
app opensc-pkcs11 {
    pkcs11 {
        lock_login = true;
    }
}
";

/// `true` for OpenSC's PKCS#11 libraries.
pub fn is_opensc(module: &Path) -> bool {
    let named = |path: &Path| {
        let name = path.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| LIBRARIES.contains(&name))
    };
    named(module) || module.canonicalize().is_ok_and(|path| named(&path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_library_is_known_by_its_name_wherever_it_lies() {
        assert!(is_opensc(Path::new("/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so")));
        assert!(!is_opensc(Path::new("/usr/lib/softhsm/libsofthsm2.so")));
    }
}
