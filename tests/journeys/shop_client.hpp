#pragma once

#include <optional>
#include <string>

#include "contracts/commerce/checkout/v1/checkout_api.hpp"
#include "contracts/product/catalog/v1/catalog_api.hpp"
#include "kernel/http/client.hpp"

namespace emporion::journeys {

/// What came back: the status, the problem's reason if it was one, and the body.
struct Reply {
  int status = 0;  ///< 0: no answer came.
  std::string reason;
  std::string body;
};

/// The card of the demo shop.
constexpr std::string_view demo_gift_card = "DEMO-GIFT-CARD-2026";

/// One buyer with a browser's cookie jar, speaking the public API.
class Buyer {
 public:
  Buyer(http::Client& client, std::string url) : client_(client), url_(std::move(url)) {}
  /// The server came back under another address.
  void move_to(std::string url) { url_ = std::move(url); }
  /// Goes on at the confirm of a session that was prepared elsewhere.
  void resume(std::string cart_token, std::string session, std::string quote, Money total) {
    cart_token_ = std::move(cart_token);
    session_ = std::move(session);
    quote_ = std::move(quote);
    total_ = total;
  }
  void sign_in(std::string access_token) { token_ = std::move(access_token); }
  /// Sends this `traceparent` from now on.
  void trace_as(std::string traceparent) { traceparent_ = std::move(traceparent); }

  Task<Reply> call(http::Method method, std::string path, std::string body = {}, std::string key = {});

  /// From an empty cart to a session that needs only its confirm. Without `payment` no method is chosen. Answers the refusal, or status 200.
  Task<Reply> prepare(std::string sku, std::int32_t qty, std::string name, std::string payment = R"({"method":"cod"})");
  /// Prices the session; its quote is what `confirm` accepts.
  Task<Reply> preview();
  /// Puts a code into the cart of a prepared session and prices it again.
  Task<Reply> use_coupon(std::string code);
  /// Pays with a gift card, at most `max` of it (in the total's currency; 0: as much as there is), and prices the session again.
  Task<Reply> use_gift_card(std::string code, std::int64_t max = 0);
  /// Confirms the prepared session.
  Task<Reply> confirm(std::string key);

  const std::string& session() const noexcept { return session_; }
  const std::string& quote() const noexcept { return quote_; }
  const std::string& cart_token() const noexcept { return cart_token_; }
  const Money& total() const noexcept { return total_; }

 private:
  http::Client& client_;
  std::string url_;
  std::string token_;
  std::string traceparent_;
  std::string cart_token_;
  std::string session_;
  std::string quote_;
  Money total_;
};

/// A text member of a JSON body, by its path "a.b.0.c"; empty if it is not there.
std::string member_of(const std::string& body, std::string_view path);

}  // namespace emporion::journeys
