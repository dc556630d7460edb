#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bench/checkout/figures.hpp"
#include "kernel/http/client.hpp"

namespace emporion::bench {

/// One guest with a cart of their own, speaking the public API. Every call is timed under its step; a refusal is counted with its reason and ends the purchase.
class Buyer {
 public:
  /// All three must outlive the buyer. `name` is part of the e-mail and of every idempotency key: it must be new.
  Buyer(http::Client& client, const std::string& url, Figures& figures, std::string name);

  /// From nothing to a session that needs only its confirm: each SKU put into the cart by a call of its own, then the seven calls from checkout to preview.
  Task<bool> prepare(std::vector<std::string> skus);
  /// Places the order. If the shop answers that it is still at it, asks until it is done.
  Task<bool> confirm();

 private:
  struct Reply {
    int status = 0;
    std::string body;
  };
  Task<bool> call(std::string_view step, http::Method method, std::string path, std::string body, std::string key = {});
  Task<bool> choose_shipping();
  std::string at_session(std::string_view part) const;

  http::Client& client_;
  const std::string& url_;
  Figures& figures_;
  std::string name_;
  Reply reply_;  ///< Of the last call.
  std::string cart_token_;
  std::string session_;
  std::string confirmation_;  ///< The body of the confirm.
};

}  // namespace emporion::bench
