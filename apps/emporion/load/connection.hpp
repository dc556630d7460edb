#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "apps/emporion/load/figures.hpp"
#include "apps/emporion/load/target.hpp"
#include "kernel/http/plain_connection.hpp"

namespace emporion::load {

/// What came back of a call. No answer at all has status 0.
struct Reply {
  int status = 0;
  std::string body = {};
  std::string reason = {};  ///< Of a problem, or of there being no answer; empty if status is below 400.
  std::int64_t retry_after_s = 0;
  bool is_unknown = false;  ///< Whether the call took effect is not known.

  bool ok() const noexcept { return status > 0 && status < 400; }
};

struct Call {
  std::string_view step;  ///< A literal: under what it is timed and counted.
  http::Method method = http::Method::get;
  std::string path;
  std::string body = {};
  std::string key = {};  ///< Idempotency-Key.
};

/// A guest's cookies: their cart.
struct Jar {
  std::string cart_token;
};

/// A browser with one kept connection. Every call is timed for the witness.
class Connection {
 public:
  /// The runtime and the witness must outlive it.
  Connection(Runtime& runtime, const Target& target, Witness& witness);

  /// One call. With a key, an outcome that is not known is asked for again, three times at most; each time is told to the witness, the refusal once.
  Task<Reply> send(Call call);
  /// An answer that was none: what was asked for is not in it, or says no. Told to the witness.
  Reply refuse(std::string_view step, std::string reason);
  Task<void> pause(microseconds span) { return runtime_.sleep_for(span); }
  /// Whose cookies are sent and kept from now on; null: nobody's. Must outlive the calls.
  void use(Jar* jar) noexcept { jar_ = jar; }
  /// How much later than it should the next call goes out.
  void be_late(microseconds lateness) { lateness_ = lateness; }
  void cut() { connection_.cut(); }

 private:
  Task<Reply> send_once(const Call& call);

  Runtime& runtime_;
  http::PlainConnection connection_;
  Witness& witness_;
  Jar* jar_ = nullptr;
  microseconds lateness_{0};
};

/// A text member of a JSON body by its path "a.b"; empty if it is not there.
std::string text_in(const std::string& body, std::string_view path);

}  // namespace emporion::load
