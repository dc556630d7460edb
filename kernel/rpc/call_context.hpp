#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "kernel/base/time.hpp"
#include "kernel/base/uuid.hpp"
#include "kernel/security/principal.hpp"

namespace emporion {

class Cancellation;

/// What is known of the client at the edge; empty inside background work.
struct ClientFacts {
  std::string address;     ///< IP address, after trusted proxies.
  std::string user_agent;  ///< As sent, at most 512 bytes.
};

/// What travels with every call: how long, on whose behalf, under which trace and key. A value: cheap to copy.
class CallContext {
 public:
  CallContext(UtcTime deadline, Uuid trace, Principal principal);
  // Out of line: every coroutine holds one, and would else carry all this code.
  CallContext(const CallContext&);
  CallContext(CallContext&&) noexcept;
  CallContext& operator=(const CallContext&);
  CallContext& operator=(CallContext&&) noexcept;
  ~CallContext();

  UtcTime deadline;  ///< The caller stops waiting then; what is left goes on to the next call.
  Uuid trace;
  Principal principal;
  std::string idempotency_key;                 ///< Empty if the caller gave none.
  std::shared_ptr<const ClientFacts> client;   ///< May be null.
  std::shared_ptr<Cancellation> cancellation;  ///< Null where the caller waits until the deadline, and for what changes something.

  /// The same call made by a module in its own name, with its own key: how modules call each other.
  CallContext as_service(std::string_view module, std::string_view key = {}) const;
  /// With another deadline, never a later one.
  CallContext until(UtcTime earlier) const;

  /// Transactions this flow of work has open. The bindings assert 0 before every call to another module (wall 3).
  int open_transactions() const noexcept { return *open_transactions_; }
  void transaction_opened() const noexcept { ++*open_transactions_; }
  void transaction_closed() const noexcept { --*open_transactions_; }

 private:
  std::shared_ptr<int> open_transactions_;
};

}  // namespace emporion
