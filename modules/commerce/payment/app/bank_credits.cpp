#include "modules/commerce/payment/app/bank_credits.hpp"

#include <utility>

#include "contracts/commerce/payment/v1/payment_api.hpp"
#include "kernel/base/text.hpp"
#include "kernel/fault/mutation.hpp"
#include "kernel/json/codec.hpp"
#include "kernel/observe/log.hpp"

namespace emporion::payment {
namespace {

// Source: commerce.md §3.4. Other currencies have no such limit here.
const Money one_person_max{20'000'000, Currency::of("VND")};

bool takes_two(const Money& amount) { return amount.currency() == one_person_max.currency() && amount > one_person_max; }

/// The same instructions, with what is left to pay.
std::optional<std::string> with_amount_left(const std::optional<std::string>& action, Money left) {
  if (!action) return std::nullopt;
  auto told = parse_json<v1::NextAction>(*action);
  if (!told) return action;
  told->amount = left;
  return to_json(*told);
}

}  // namespace

Task<Result<std::optional<Payment>>> BankCredits::payment_of(BankCredit credit) {
  for (const std::string& reference : credit.references) {
    EMP_CO_ASSIGN(auto found, co_await store_.find_by_ref("bank_transfer", reference));
    if (found) co_return std::move(found);
  }
  co_return std::optional<Payment>();
}

Task<Result<std::string>> BankCredits::enter(CallContext context, BankCredit credit) {
  EMP_CO_ASSIGN(const auto payment, co_await payment_of(credit));
  EMP_CO_ASSIGN(auto work, co_await store_.begin(context));
  StoredCredit row{credit.bank_txn_id, std::nullopt, credit.amount, credit.remittance, "suspense"};
  row.posted = true;
  const bool fits = payment && payment->amount.currency() == credit.amount.currency();
  std::optional<LockedPayment> locked;
  if (fits) {
    EMP_CO_ASSIGN(locked, co_await store_.lock(work, payment->id));
  }
  EMP_CO_ASSIGN(const bool is_first, co_await store_.insert_bank_credit(work, row, clock_.now()));
  if (!is_first) co_return co_await known_again(work, std::move(row));
  EMP_CO_TRY(co_await post(work, locked ? std::optional(locked->payment) : std::nullopt, row));
  if (!locked) {
    EMP_CO_TRY(co_await open_case(work, std::nullopt, "unmatched_transfer", "", row, row.amount));
    EMP_CO_TRY(co_await work.commit());
    co_return std::string("suspense");
  }
  EMP_CO_ASSIGN(const auto counted, co_await count(work, std::move(*locked), row, context.trace));
  EMP_CO_TRY(co_await work.commit());
  co_return text("payment ", counted.id, " ", to_string(counted.status));
}

/// Announced before, by webhook, statement or a person: the same amount changes nothing, another one is for a person.
Task<Result<std::string>> BankCredits::known_again(postgres::UnitOfWork& work, StoredCredit told) {
  EMP_CO_ASSIGN(auto known, co_await store_.lock_bank_credit(work, told.bank_txn_id));
  if (known.amount != told.amount) {
    const UtcTime now = clock_.now();
    const PaymentCase row{known.payment_id, "amount_mismatch", text(known.amount.amount(), " ", known.amount.currency(), " ", told.bank_txn_id),
                          text(told.amount.amount(), " ", told.amount.currency()),
                          text("bank:", told.bank_txn_id, ":", told.amount.amount(), told.amount.currency())};
    observe::error("AMOUNT_MISMATCH: the bank announces a transfer with another amount than before",
                   {{"bank_txn_id", told.bank_txn_id}, {"ours", row.ours}, {"theirs", row.theirs}});
    EMP_CO_TRY(co_await store_.open_case(work, row, Uuid::v7(now, random_), now));
    EMP_CO_TRY(co_await work.commit());
    co_return std::string("ignored: AMOUNT_MISMATCH");
  }
  if (!known.posted) {
    known.posted = true;
    EMP_CO_TRY(co_await store_.update_bank_credit(work, known));
    EMP_CO_TRY(co_await post(work, std::nullopt, known));
    EMP_CO_TRY(co_await open_case(work, std::nullopt, "unmatched_transfer", "", known, known.amount));
    EMP_CO_TRY(co_await work.commit());
  }
  co_return std::string("ignored: known");
}

Task<Result<>> BankCredits::post(postgres::UnitOfWork& work, std::optional<Payment> payment, StoredCredit credit) {
  co_return co_await store_.post_bank(work, std::move(payment), posting_of_bank_credit(credit.amount),
                                      Uuid::from_name(text("bank_credit:", credit.bank_txn_id)), clock_.now());
}

Task<Result<>> BankCredits::hold(postgres::UnitOfWork& work, std::string bank_txn_id) {
  EMP_CO_TRY(co_await store_.lock_bank_credit(work, std::move(bank_txn_id)));
  co_return Result<>();
}

Task<Result<>> BankCredits::give_back(postgres::UnitOfWork& work, std::optional<Payment> payment, std::optional<std::string> suspended, Money amount,
                                      Uuid case_id) {
  if (suspended) {
    EMP_CO_ASSIGN(auto credit, co_await store_.lock_bank_credit(work, *suspended));
    if (credit.state != "suspense") co_return fail(ErrorKind::conflict, "CASE_CLOSED", "the transfer was matched meanwhile");
    credit.state = "returned";
    EMP_CO_TRY(co_await store_.update_bank_credit(work, credit));
  }
  co_return co_await store_.post_bank(work, std::move(payment), posting_of_bank_payout(amount), Uuid::from_name(text("bank_payout:", case_id)), clock_.now());
}

Task<Result<Matched>> BankCredits::match(CallContext context, Uuid payment_id, std::string bank_txn_id, Money amount) {
  EMP_CO_ASSIGN(auto work, co_await store_.begin(context));
  EMP_CO_ASSIGN(auto locked, co_await store_.lock(work, payment_id));
  if (locked.payment.method != "bank_transfer") co_return fail(ErrorKind::conflict, "PAYMENT_STATE", "the payment is not a bank transfer");
  EMP_CO_TRY(co_await store_.insert_bank_credit(work, {bank_txn_id, std::nullopt, amount, "entered by staff", "suspense"}, clock_.now()));
  EMP_CO_ASSIGN(auto credit, co_await store_.lock_bank_credit(work, bank_txn_id));
  if (credit.amount != amount || amount.currency() != locked.payment.amount.currency()) {
    co_return fail(Error(ErrorKind::rule_violated, "AMOUNT_MISMATCH", "the bank announced another amount").with("amount", credit.amount.amount()));
  }
  if (!EMP_GUARD("payment.transfer_is_not_paid_out", credit.state != "returned"))
    co_return fail(ErrorKind::conflict, "TRANSFER_MATCHED", "this transfer was paid out again");
  if (credit.payment_id && *credit.payment_id != payment_id)
    co_return fail(ErrorKind::conflict, "TRANSFER_MATCHED", "this transfer counts for another payment");
  if (credit.payment_id) co_return Matched{std::move(locked.payment)};
  const bool is_second =
      credit.proposed_payment == payment_id && credit.proposed_by && EMP_GUARD("payment.large_transfer_takes_two", *credit.proposed_by != context.principal.id);
  if (takes_two(amount) && !is_second) {
    credit.proposed_payment = payment_id;
    credit.proposed_by = context.principal.id;
    EMP_CO_TRY(co_await store_.update_bank_credit(work, credit));
    EMP_CO_TRY(co_await work.commit());
    co_return Matched{std::move(locked.payment), true};
  }
  const UtcTime now = clock_.now();
  if (credit.posted) {
    EMP_CO_TRY(co_await store_.post_bank(work, std::nullopt, posting_of_bank_match(amount, false), Uuid::from_name(text("bank_unmatched:", bank_txn_id)), now));
    EMP_CO_TRY(co_await store_.post_bank(work, locked.payment, posting_of_bank_match(amount, true), Uuid::from_name(text("bank_matched:", bank_txn_id)), now));
  } else {
    credit.posted = true;
    EMP_CO_TRY(co_await post(work, locked.payment, credit));
  }
  EMP_CO_TRY(co_await store_.close_case(work, text("unmatched_transfer:", bank_txn_id), "matched", context.principal.id, now));
  EMP_CO_ASSIGN(auto counted, co_await count(work, std::move(locked), std::move(credit), context.trace));
  EMP_CO_TRY(co_await work.commit());
  co_return Matched{std::move(counted)};
}

Task<Result<Payment>> BankCredits::count(postgres::UnitOfWork& work, LockedPayment locked, StoredCredit credit, Uuid trace) {
  Payment& payment = locked.payment;
  const Status from = payment.status;
  const Money due = payment.amount;
  credit.payment_id = payment.id;
  // Taken already, or over and not made good in full: there is nothing to count it for.
  const std::int64_t sum = payment.collected_amount + credit.amount.amount();
  const bool is_late_part = !is_live(from) && (is_successful(from) || sum < due.amount());
  credit.state = is_late_part ? "to_return" : "counted";
  EMP_CO_TRY(co_await store_.update_bank_credit(work, credit));
  if (is_late_part) {
    EMP_CO_TRY(co_await open_case(work, payment.id, "transfer_to_return", text(to_string(from), " ", credit.amount.amount()), credit, credit.amount));
    co_return std::move(payment);
  }
  payment.collected_amount = sum;
  if (sum < due.amount()) {
    payment.next_action = with_amount_left(payment.next_action, Money(due.amount() - sum, due.currency()));
    Effects effects;
    effects.notes.push_back(
        TransactionNote{"collect", from, std::nullopt, credit.amount.amount(), "succeeded", text(credit.bank_txn_id, ", ", due.amount() - sum, " left")});
    EMP_CO_TRY(co_await store_.save(work, payment, std::move(effects), clock_.now(), trace));
    ++payment.version;
    co_return std::move(payment);
  }
  if (sum > due.amount())
    EMP_CO_TRY(
        co_await open_case(work, payment.id, "transfer_to_return", text("excess ", sum - due.amount()), credit, Money(sum - due.amount(), due.currency())));
  TransactionNote note{"collect", from, Status::captured, due.amount(), "succeeded", credit.bank_txn_id};
  co_return co_await book_.move(work, std::move(locked), Status::captured, due.amount(), std::move(note), trace);
}

Task<Result<>> BankCredits::open_case(postgres::UnitOfWork& work, std::optional<Uuid> payment_id, std::string kind, std::string ours, StoredCredit credit,
                                      Money to_pay_out) {
  observe::error("a bank transfer needs a person", {{"kind", kind}, {"bank_txn_id", credit.bank_txn_id}});
  const UtcTime now = clock_.now();
  const PaymentCase row{payment_id,
                        kind,
                        std::move(ours),
                        text(credit.amount.amount(), " ", credit.amount.currency(), " ", credit.bank_txn_id),
                        text(kind, ":", credit.bank_txn_id),
                        to_pay_out,
                        credit.bank_txn_id};
  co_return co_await store_.open_case(work, row, Uuid::v7(now, random_), now);
}

}  // namespace emporion::payment
