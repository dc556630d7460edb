#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "apps/emporion/retail/order_book.hpp"
#include "apps/emporion/retail/shop_client.hpp"

namespace emporion::app::retail {

/// What became of one order of the history.
struct PurchaseOutcome {
  enum class Kind : std::uint8_t {
    placed,
    placed_before,  ///< By an earlier run of the same file.
    refused,        ///< The shop said no; `reason` is "step REASON". Nothing is left in the cart.
    unanswered,     ///< Not known: the exit code tells.
  };
  Kind kind = Kind::unanswered;
  std::string order_id = {};  ///< Empty for a guest's order that was placed before.
  std::string reason = {};
};

/// Buys and cancels through the public API, as a browser would: cart, session, contact, address, shipping, payment on delivery, quote, confirmation.
/// Every key comes from the file and the invoice, so running the same file again places nothing twice: what was placed is found, what was left half done is
/// given up and begun anew under the next key. One object per worker; a customer's orders are all on one worker.
class Purchases {
 public:
  Purchases(Runtime& runtime, ShopClient& shop, std::string fingerprint) : runtime_(runtime), shop_(shop), fingerprint_(std::move(fingerprint)) {}

  Task<PurchaseOutcome> place(Invoice invoice, std::vector<OrderItem> items);

  /// Cancels what `taking` says of an order. Answers an empty text, or why not.
  Task<std::string> cancel(std::string customer, std::string number, OrderBook::Taking taking);

 private:
  using Answer = ShopClient::Answer;
  using Call = ShopClient::Call;
  struct Attempt {
    Buyer buyer;
    std::string key;
  };
  Attempt attempt_of(const Invoice& invoice, int number) const;
  Task<PurchaseOutcome> buy(Invoice invoice, Attempt attempt);
  /// Takes the cheapest method for every parcel as they are now. Answers why not, or an empty text. Errors: UNANSWERED.
  Task<Result<std::string>> choose_shipping(Attempt attempt, std::string session);
  Task<PurchaseOutcome> confirm(Attempt attempt, std::string session);
  Task<PurchaseOutcome> follow(Attempt attempt, std::string session);
  Task<void> give_up(Attempt attempt, std::string session);
  /// Whether an earlier run placed it. Errors: UNANSWERED and what the shop refuses.
  Task<Result<PurchaseOutcome>> find_earlier(Attempt attempt, std::vector<OrderItem> items);
  Task<Result<>> load_earlier(std::string customer);

  Runtime& runtime_;
  ShopClient& shop_;
  std::string fingerprint_;
  /// Orders of earlier runs by customer and content; filled only for customers of whom a key was answered from memory.
  std::unordered_map<std::string, std::unordered_map<std::string, std::vector<std::string>>> earlier_;
};

}  // namespace emporion::app::retail
