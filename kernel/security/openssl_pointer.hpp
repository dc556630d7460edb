#pragma once

namespace emporion::security {

/// Lets a std::unique_ptr own what OpenSSL made: `std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>`. For this part's own .cpp files.
template <auto release>
struct Free {
  template <typename T>
  void operator()(T* pointer) const noexcept {
    release(pointer);
  }
};

}  // namespace emporion::security
