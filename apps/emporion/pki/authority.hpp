#pragma once

#include "apps/emporion/pki/folder.hpp"
#include "kernel/base/result.hpp"
#include "kernel/security/authority.hpp"

namespace emporion::app {

// The life of the authority. Each step may be repeated, and takes up what a crash left of it: keys are written before certificates, and a key that is there
// gets a certificate rather than another key. Errors of all: PKI_UNREADABLE, PKI_MALFORMED, FILE_UNWRITABLE.

/// Makes one for ten years, unless there is one. Errors: AUTHORITY_MISMATCH (ca.key belongs to nothing in ca.pem).
Result<> make_authority(const PkiFolder& folder);

/// To replace it, first: another one is believed too. Errors: AUTHORITY_MISSING; AUTHORITY_ROTATING (the last replacement was not finished).
Result<> add_authority(const PkiFolder& folder);
/// Second: the one that was added, if any, issues from now on. What the old one has issued is still believed.
Result<> take_up_authority(const PkiFolder& folder);
/// Last: only the one that issues is believed. Errors: AUTHORITY_ROTATING (the new one does not issue yet), AUTHORITY_IN_USE (a certificate in the folder is of
/// an old one), and those of issuing_authority.
Result<> drop_old_authorities(const PkiFolder& folder);

/// What ca.key issues with. Errors: AUTHORITY_MISSING, AUTHORITY_KEY_MISSING, AUTHORITY_MISMATCH, AUTHORITY_EXPIRED.
Result<security::Authority> issuing_authority(const PkiFolder& folder);

}  // namespace emporion::app
