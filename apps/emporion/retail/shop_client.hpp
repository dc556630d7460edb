#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "apps/emporion/retail/latencies.hpp"
#include "kernel/base/random.hpp"
#include "kernel/http/client.hpp"
#include "kernel/json/value.hpp"

namespace emporion::app::retail {

/// In whose name a request goes out.
struct Buyer {
  std::string customer;    ///< The reference of the history; empty for a guest.
  std::string cart_token;  ///< A guest's cookie.
};

/// The shop's public API as a client sees it: signs in, acts as customers, repeats what may be repeated, and times every step.
class ShopClient {
 public:
  struct Options {
    std::string url;
    std::string staff_email;
    std::string staff_password;
    std::size_t connections = 32;
  };
  ShopClient(Runtime& runtime, Options options);

  /// Signs the staff member in. Errors: what the shop answers, PROVIDER_UNREACHABLE.
  Task<Result<>> sign_in();

  struct Answer {
    int status = 0;
    std::string body;
    bool replayed = false;    ///< A stored answer of an earlier call with this key, on the first try of this one.
    std::string reason = {};  ///< Of a problem; empty if status < 400.

    bool ok() const noexcept { return status < 400; }
  };
  struct Call {
    std::string_view step;  ///< A literal: under what it is timed and counted.
    http::Method method = http::Method::get;
    std::string path;
    std::string body = {};
    std::string key = {};            ///< Idempotency-Key.
    bool repeat_unavailable = true;  ///< False: a 503 is an answer. Confirm's says that everything was given back, and its key would show the same again.
  };
  /// One call for `buyer`. 429, 503, 504 and timeouts are repeated with the same key, with back-off and jitter, for about a minute. A token that ran out is
  /// renewed. Errors: UNANSWERED if the shop gave no usable answer in that time, and what `act-as` was refused for.
  Task<Result<Answer>> send(Buyer buyer, Call call);

  struct StepFigures {
    Latencies latencies;
    std::int64_t repeats = 0;
  };
  const std::map<std::string_view, StepFigures>& steps() const noexcept { return steps_; }
  /// The shop's own id of that customer, known after the first call in its name.
  Task<Result<std::string>> customer_id(std::string customer);

 private:
  struct Token {
    std::string bearer;
    std::string principal;
    UtcTime renew_at;
  };
  Task<Result<Token>> token_of(std::string customer);
  Task<Result<Answer>> exchange(Call call, std::vector<http::Header> headers);

  Runtime& runtime_;
  Options options_;
  http::Client http_;
  SystemClock clock_;
  SystemRandom random_;
  std::optional<Token> staff_;
  bool signing_in_ = false;
  std::map<std::string, Token, std::less<>> tokens_;  ///< One per customer: bounded by their number.
  std::map<std::string_view, StepFigures> steps_;
};

/// The value at a path such as "quote.totals.grand_total.amount", or nothing.
std::optional<json::Value> at_path(const json::Value& root, std::string_view path);
std::optional<std::string> string_at(const json::Value& root, std::string_view path);

}  // namespace emporion::app::retail
