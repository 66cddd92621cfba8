//! The one raw PKCS#11 call: `C_Sign` on a session whose operation is begun.
//!
//! cryptoki joins C_SignInit and C_Sign in one call, and a key with CKA_ALWAYS_AUTHENTICATE wants its context login between them. Nothing but that is done here.
#![expect(unsafe_code, reason = "C_Sign is called through the module's function list")]

use super::Error;
use cryptoki::error::{Rv, RvError};
use cryptoki::session::Session;
use cryptoki_sys::{CK_C_Sign, CK_FUNCTION_LIST, CK_ULONG, CKR_OK};
use std::path::Path;

/// Longest signature: RSA with 8192 bits.
const MAX_SIGNATURE_BYTES: usize = 1024;

/// `C_Sign` of a module that stays loaded as long as this lives.
pub(super) struct RawSign {
    function: CK_C_Sign,
    _library: cryptoki_sys::Pkcs11,
}

impl RawSign {
    /// Opens the module once more (the loader counts) and takes `C_Sign` from its function list.
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let not_pkcs11 = |reason: String| Error::ModuleNotPkcs11 {
            path: path.display().to_string(),
            reason,
        };
        // SAFETY: loading runs the library's initialisers; it is the configured module, loaded already, in a process that exists to contain it.
        let library = unsafe { cryptoki_sys::Pkcs11::new(path) }.map_err(|error| not_pkcs11(error.to_string()))?;
        if library.C_GetFunctionList.is_err() {
            return Err(not_pkcs11("C_GetFunctionList".to_owned()));
        }
        let mut list: *mut CK_FUNCTION_LIST = std::ptr::null_mut();
        // SAFETY: the symbol was found above; `list` is a valid place for the pointer.
        let rv = unsafe { library.C_GetFunctionList(&raw mut list) };
        if rv != CKR_OK || list.is_null() {
            return Err(not_pkcs11("C_GetFunctionList".to_owned()));
        }
        // SAFETY: the module gave CKR_OK and a pointer to its function list, which lives as long as the library (PKCS#11 v2.40, 5.4); read without assuming alignment.
        let function = unsafe { (&raw const (*list).C_Sign).read_unaligned() };
        Ok(Self {
            function,
            _library: library,
        })
    }

    /// Ends the operation that `C_SignInit` began on `session` and gives the signature.
    pub(super) fn sign(&self, session: &Session, data: &[u8]) -> Result<Vec<u8>, RvError> {
        let function = self.function.ok_or(RvError::FunctionNotSupported)?;
        let length = CK_ULONG::try_from(data.len()).map_err(|_| RvError::DataLenRange)?;
        let mut signature = vec![0; MAX_SIGNATURE_BYTES];
        let mut written = MAX_SIGNATURE_BYTES as CK_ULONG;
        // SAFETY: both buffers live through the call and their lengths are told; the module does not write to `data` (its type lacks const); the session is this thread's own.
        let rv = unsafe {
            function(
                session.handle(),
                data.as_ptr().cast_mut(),
                length,
                signature.as_mut_ptr(),
                &raw mut written,
            )
        };
        if let Rv::Error(error) = Rv::from(rv) {
            return Err(error);
        }
        let written = usize::try_from(written).ok().filter(|n| *n <= MAX_SIGNATURE_BYTES);
        signature.truncate(written.ok_or(RvError::SignatureLenRange)?);
        Ok(signature)
    }
}
