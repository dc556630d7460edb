#pragma once

#include <string>

#include "kernel/base/random.hpp"
#include "modules/commerce/payment/app/book.hpp"
#include "modules/commerce/payment/app/payment_store.hpp"

namespace emporion::payment {

/// What a person's matching of a credit came to.
struct Matched {
  Payment payment;
  bool awaits_second_person = false;
};

/// Credits of our bank account, each counted once. The exact amount captures; less waits for the rest until the window ends; more is captured too, and the
/// excess waits for a person to return it, as does whatever comes for nobody or too late in part.
class BankCredits {
 public:
  BankCredits(PaymentStore& store, Book& book, const Clock& clock, Random& random) : store_(store), book_(book), clock_(clock), random_(random) {}

  /// Enters a credit that the bank announced. Answers what became of it. A repeat changes nothing.
  Task<Result<std::string>> enter(CallContext context, BankCredit credit);
  /// Counts a credit for a payment by a person's word; of large ones a second person's too.
  /// Errors: PAYMENT_NOT_FOUND, TRANSFER_MATCHED (it counts for another payment), AMOUNT_MISMATCH (the bank announced another amount), PAYMENT_STATE (not a
  /// bank transfer).
  /// Keeps a credit from being matched while `work` lasts.
  Task<Result<>> hold(postgres::UnitOfWork& work, std::string bank_txn_id);
  /// Books that money which is not ours was paid out again: of a payment, or of a credit in suspense. Errors: CASE_CLOSED (it was matched meanwhile).
  Task<Result<>> give_back(postgres::UnitOfWork& work, std::optional<Payment> payment, std::optional<std::string> suspended, Money amount, Uuid case_id);
  Task<Result<Matched>> match(CallContext context, Uuid payment_id, std::string bank_txn_id, Money amount);

 private:
  Task<Result<std::optional<Payment>>> payment_of(BankCredit credit);
  Task<Result<Payment>> count(postgres::UnitOfWork& work, LockedPayment locked, StoredCredit credit, Uuid trace);
  Task<Result<>> open_case(postgres::UnitOfWork& work, std::optional<Uuid> payment_id, std::string kind, std::string ours, StoredCredit credit,
                           Money to_pay_out);
  Task<Result<std::string>> known_again(postgres::UnitOfWork& work, StoredCredit told);
  Task<Result<>> post(postgres::UnitOfWork& work, std::optional<Payment> payment, StoredCredit credit);

  PaymentStore& store_;
  Book& book_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace emporion::payment
