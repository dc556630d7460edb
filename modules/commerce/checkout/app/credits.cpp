#include "modules/commerce/checkout/app/credits.hpp"

#include <algorithm>

#include "modules/commerce/checkout/app/quoting.hpp"

namespace emporion::checkout {

Task<Result<std::vector<v1::QuoteCredit>>> usable_credits(const Neighbours& neighbours, CallContext context, v1::CheckoutSession session,
                                                          std::optional<Uuid> customer) {
  std::vector<v1::QuoteCredit> out;
  if (session.credits.empty()) co_return out;
  payment::v1::GetCreditBalancesRequest question;
  for (const auto& credit : session.credits) question.account_ids.push_back(credit.account_id);
  question.customer_id = customer;
  question.currency = session.currency;
  const auto balances = co_await neighbours.credit().get_credit_balances(context.as_service("checkout"), std::move(question));
  if (!balances) co_return fail(as_dependency_error(balances.error()));
  for (std::size_t i = 0; i < session.credits.size() && i < balances->available.size(); ++i) {
    const auto& credit = session.credits[i];
    const Money amount = credit.max_amount ? std::min(*credit.max_amount, balances->available[i]) : balances->available[i];
    if (amount.amount() > 0) out.push_back({.account_id = credit.account_id, .kind = credit.kind, .last4 = credit.last4, .amount = amount});
  }
  co_return out;
}

Money sum_of(const std::vector<v1::QuoteCredit>& credits, Currency currency) {
  Money sum = Money::zero(currency);
  for (const auto& credit : credits) sum += credit.amount;
  return sum;
}

std::vector<v1::QuoteCredit> taken_for(Money total, const std::vector<v1::QuoteCredit>& usable) {
  std::vector<v1::QuoteCredit> out;
  for (const auto& credit : usable) {
    if (total.is_zero()) break;
    out.push_back(credit);
    out.back().amount = std::min(credit.amount, total);
    total -= out.back().amount;
  }
  return out;
}

}  // namespace emporion::checkout
