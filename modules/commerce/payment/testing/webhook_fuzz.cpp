#include <cstddef>
#include <cstdint>

#include "modules/commerce/payment/testing/fuzzed_webhook.hpp"

/// Built once for each provider.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  emporion::payment::fuzz_webhook(EMP_FUZZED_PROVIDER, {reinterpret_cast<const char*>(data), size});
  return 0;
}
