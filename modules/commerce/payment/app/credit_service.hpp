#pragma once

#include <functional>
#include <string>

#include "kernel/security/principal.hpp"
#include "modules/commerce/payment/app/credit_store.hpp"
#include "modules/commerce/payment/app/order_refunds.hpp"

namespace emporion::payment {

/// Gift cards and store credit: each operation is one use case. Codes come in, are hashed, and are forgotten.
class CreditService final : public v1::CreditApi {
 public:
  CreditService(CreditStore& store, OrderRefunds& refunds, const Clock& clock, Random& random)
      : store_(store), refunds_(refunds), clock_(clock), random_(random) {}

  Task<Result<v1::IssuedGiftCard>> issue_gift_card(CallContext context, v1::IssueGiftCardRequest request) override;
  Task<Result<v1::IssueGiftCardsResponse>> issue_gift_cards(CallContext context, v1::IssueGiftCardsRequest request) override;
  Task<Result<v1::CreditAccount>> grant_store_credit(CallContext context, v1::GrantStoreCreditRequest request) override;
  Task<Result<v1::CreditAccount>> adjust_credit(CallContext context, v1::AdjustCreditRequest request) override;
  Task<Result<v1::CreditAccount>> disable_credit(CallContext context, v1::ChangeCreditStatusRequest request) override;
  Task<Result<v1::CreditAccount>> enable_credit(CallContext context, v1::ChangeCreditStatusRequest request) override;
  Task<Result<v1::ListCreditAccountsResponse>> list_credit_accounts(CallContext context, v1::ListCreditAccountsRequest request) override;
  Task<Result<v1::CreditAccount>> get_credit_account(CallContext context, v1::GetCreditAccountRequest request) override;
  Task<Result<v1::ListCreditPostingsResponse>> list_credit_postings(CallContext context, v1::ListCreditPostingsRequest request) override;
  Task<Result<v1::RefundOrderResponse>> refund_order(CallContext context, v1::RefundOrderRequest request) override;
  Task<Result<v1::StoreCredit>> get_store_credit(CallContext context, v1::GetStoreCreditRequest request) override;
  Task<Result<v1::ListCreditPostingsResponse>> list_store_credit_postings(CallContext context, v1::ListStoreCreditPostingsRequest request) override;
  Task<Result<v1::CheckGiftCardResponse>> check_gift_card(CallContext context, v1::CheckGiftCardRequest request) override;
  Task<Result<v1::ResolveCreditsResponse>> resolve_credits(CallContext context, v1::ResolveCreditsRequest request) override;
  Task<Result<v1::GetCreditBalancesResponse>> get_credit_balances(CallContext context, v1::GetCreditBalancesRequest request) override;
  Task<Result<v1::CreditHold>> hold_credit(CallContext context, v1::HoldCreditRequest request) override;
  Task<Result<v1::CreditHold>> redeem_credit(CallContext context, v1::RedeemCreditRequest request) override;
  Task<Result<v1::CreditHold>> release_credit(CallContext context, v1::ReleaseCreditRequest request) override;

  /// Ends accounts whose time is over. A job.
  Task<Result<>> expire(CallContext context);
  /// Called when a refund waits for the worker.
  std::function<void()> on_work;

 private:
  Task<Result<v1::ListCreditPostingsResponse>> page_of(Uuid account, std::optional<std::int32_t> page_size, std::optional<std::string> page_token,
                                                       bool with_reasons);
  CreditStore& store_;
  OrderRefunds& refunds_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace emporion::payment
