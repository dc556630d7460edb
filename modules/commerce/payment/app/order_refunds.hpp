#pragma once

#include "modules/commerce/payment/app/book.hpp"
#include "modules/commerce/payment/app/credit_store.hpp"
#include "modules/commerce/payment/domain/refund_split.hpp"

namespace emporion::payment {

/// What became of a refund of an order's price.
struct RefundedOrder {
  std::optional<Refund> refund;  ///< The payment's part of it.
  RefundSplit split;
  Currency currency;
};

/// Gives an order's price back, whatever it was paid with: money first, then credit (ADR 0016). Payments are locked before credit.
class OrderRefunds {
 public:
  OrderRefunds(PaymentStore& payments, CreditStore& credit, Book& book, const Clock& clock, Random& random)
      : payments_(payments), credit_(credit), book_(book), clock_(clock), random_(random) {}

  /// What the order is paid with by gift cards and store credit and has not got back, locked.
  Task<Result<OrderCredit>> credit_of(postgres::UnitOfWork& work, Uuid order) { return credit_.lock_of_order(work, order); }
  /// Gives back what the order's money did not cover, as far as credit paid for it.
  Task<Result<>> give_credit_back(postgres::UnitOfWork& work, OrderCredit credit, std::int64_t amount, std::string occasion, std::string reason, Uuid trace);
  /// The order is over: its credit goes back, and none is held for it any more.
  Task<Result<>> close_credit(postgres::UnitOfWork& work, Uuid order, std::string reason, Uuid trace);

  struct Ask {
    Uuid order;
    Money amount;
    std::string source;
    std::string reason;
    std::string key;
  };
  /// Errors: NOT_REFUNDABLE, OVER_REFUND, CURRENCY_MISMATCH.
  Task<Result<RefundedOrder>> refund(postgres::UnitOfWork& work, Ask ask, Uuid trace);

  /// Refunds a payment into its customer's store credit, at once. A repeated key gives the first refund again.
  /// Errors: those of Book::request_refund, STORE_CREDIT_NEEDS_CUSTOMER.
  Task<Result<Refund>> refund_to_store_credit(postgres::UnitOfWork& work, LockedPayment locked, std::optional<std::int64_t> amount, std::string source,
                                              std::string reason, std::string key, Uuid trace);

 private:
  PaymentStore& payments_;
  CreditStore& credit_;
  Book& book_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace emporion::payment
