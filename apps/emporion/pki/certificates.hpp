#pragma once

#include <cstdint>
#include <span>

#include "apps/emporion/pki/folder.hpp"
#include "kernel/base/result.hpp"

namespace emporion::app {

enum class Keys : std::uint8_t { keep, replace };

/// A key and a certificate for each holder, good for `days`. Keys::keep: what fits stays, that is a certificate of its key, for its modules, of the authority
/// that issues, with more than a third of its life to go; a key that is there is never overwritten, it gets another certificate. Keys::replace: both anew. May
/// be repeated, and takes up what a crash left. Errors, before anything is changed: PKI_NAME_INVALID, those of issuing_authority.
Result<> certify(const PkiFolder& folder, std::span<const Holder> holders, int days, Keys keys);

/// Keys and certificates anew, from the authority that was added if there is one. Errors: as certify.
Result<> rotate(const PkiFolder& folder, std::span<const Holder> holders, int days);

}  // namespace emporion::app
