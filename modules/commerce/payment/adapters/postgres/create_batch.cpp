#include "modules/commerce/payment/adapters/postgres/postgres_payment_store.hpp"

namespace emporion::payment {
namespace {

using postgres::Effect;
using postgres::Statement;

constexpr Statement create_payments{"payment.create_batch",
                                    "SELECT outcome, other FROM create_payments_batch($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16)", Effect::writes};

// A card payment whose driver died is taken over by the worker after this: longer than a living driver's two calls and their repeats.
constexpr seconds driver_patience{20};

}  // namespace

Task<Result<std::vector<Result<NewPaymentAnswer>>>> PostgresPaymentStore::create_batch(std::vector<NewPayment> batch) {
  std::vector<Uuid> ids;
  std::vector<Uuid> orders;
  std::vector<std::optional<std::string>> numbers;
  std::vector<std::int32_t> attempts;
  std::vector<std::optional<Uuid>> customers;
  std::vector<std::string> methods;
  std::vector<std::string> providers;
  std::vector<std::int64_t> amounts;
  std::vector<std::string> currencies;
  std::vector<Uuid> assessments;
  std::vector<std::optional<std::string>> tokens;
  std::vector<std::optional<std::string>> return_urls;
  std::vector<std::optional<UtcTime>> windows;
  std::vector<Uuid> digests;
  for (const auto& [payment, digest] : batch) {
    ids.push_back(payment.id);
    orders.push_back(payment.order_id);
    numbers.push_back(payment.order_number);
    attempts.push_back(payment.attempt_no);
    customers.push_back(payment.customer_id);
    methods.push_back(payment.method);
    providers.push_back(payment.provider);
    amounts.push_back(payment.amount.amount());
    currencies.emplace_back(payment.amount.currency().code());
    assessments.push_back(payment.assessment_id);
    tokens.push_back(payment.provider_token);
    return_urls.push_back(payment.return_url);
    windows.push_back(payment.window_ends_at);
    digests.push_back(digest);
  }
  const UtcTime now = clock_.now();
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(create_payments, ids, orders, numbers, attempts, customers, methods, providers, amounts, currencies,
                                                          assessments, tokens, return_urls, windows, digests, now, now + driver_patience));
  std::vector<Result<NewPaymentAnswer>> answers;
  for (const auto row : rows) answers.emplace_back(NewPaymentAnswer{row.get<std::string>(0), row.get<std::optional<Uuid>>(1)});
  co_return answers;
}

}  // namespace emporion::payment
