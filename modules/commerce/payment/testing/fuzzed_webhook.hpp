#pragma once

#include <string_view>

namespace emporion::payment {

/// Sends a message to the webhook of `provider` through the real parser, routes, service and gateway, over a store that forgets, and lets it take effect. The
/// first byte of `bytes` says how it is signed, the rest up to the first line feed is the signature as sent, and what follows the message. Stops the process if
/// the answer is a 5xx, or if what would be stored is nothing that PostgreSQL takes.
void fuzz_webhook(std::string_view provider, std::string_view bytes);

}  // namespace emporion::payment
