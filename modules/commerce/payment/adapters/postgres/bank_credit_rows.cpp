#include "modules/commerce/payment/adapters/postgres/postgres_payment_store.hpp"

namespace emporion::payment {
namespace {

using postgres::Effect;
using postgres::Statement;

constexpr Statement insert_credit{"payment.insert_bank_credit",
                                  "INSERT INTO bank_credit (bank_txn_id, payment_id, amount, currency, remittance, state, at, posted) VALUES ($1, $2, $3, $4, "
                                  "$5, $6, $7, $8) ON CONFLICT DO NOTHING",
                                  Effect::writes};
constexpr Statement lock_credit{
    "payment.lock_bank_credit",
    "SELECT payment_id, amount, currency, remittance, state, proposed_payment, proposed_by, posted FROM bank_credit WHERE bank_txn_id = $1 FOR NO KEY UPDATE",
    Effect::writes};
constexpr Statement update_credit{
    "payment.update_bank_credit",
    "UPDATE bank_credit SET payment_id = $2, state = $3, proposed_payment = $4, proposed_by = $5, posted = $6 WHERE bank_txn_id = $1", Effect::writes};

}  // namespace

Task<Result<bool>> PostgresPaymentStore::insert_bank_credit(postgres::UnitOfWork& work, StoredCredit credit, UtcTime now) {
  EMP_CO_ASSIGN(const auto rows, co_await work.query(insert_credit, credit.bank_txn_id, credit.payment_id, credit.amount.amount(),
                                                     credit.amount.currency().code(), credit.remittance, credit.state, now, credit.posted));
  co_return rows.affected() == 1;
}

Task<Result<StoredCredit>> PostgresPaymentStore::lock_bank_credit(postgres::UnitOfWork& work, std::string bank_txn_id) {
  EMP_CO_ASSIGN(const auto rows, co_await work.query(lock_credit, bank_txn_id));
  if (rows.empty()) co_return fail(ErrorKind::not_found, "TRANSFER_NOT_FOUND", "no such transfer");
  const auto row = rows[0];
  StoredCredit out;
  out.bank_txn_id = std::move(bank_txn_id);
  out.payment_id = row.get<std::optional<Uuid>>(0);
  out.amount = Money(row.get<std::int64_t>(1), Currency::of(row.get<std::string>(2)));
  out.remittance = row.get<std::string>(3);
  out.state = row.get<std::string>(4);
  out.proposed_payment = row.get<std::optional<Uuid>>(5);
  out.proposed_by = row.get<std::optional<Uuid>>(6);
  out.posted = row.get<bool>(7);
  co_return out;
}

Task<Result<>> PostgresPaymentStore::update_bank_credit(postgres::UnitOfWork& work, StoredCredit credit) {
  EMP_CO_TRY(
      co_await work.query(update_credit, credit.bank_txn_id, credit.payment_id, credit.state, credit.proposed_payment, credit.proposed_by, credit.posted));
  co_return Result<>();
}

}  // namespace emporion::payment
