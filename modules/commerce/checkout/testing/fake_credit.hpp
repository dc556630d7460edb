#pragma once

#include <map>
#include <string>
#include <utility>

#include "contracts/commerce/payment/v1/credit_api.hpp"

namespace emporion::checkout {

#define EMP_UNUSED(name, Request, Response) \
  Task<Result<payment::v1::Response>> name(CallContext, payment::v1::Request) override { co_return fail(ErrorKind::unimplemented, "NOT_FAKED"); }

/// Payment's credit as far as a session asks it: it knows the cards that the test names, and store credit for every customer who is asked for.
class FakeCredit : public payment::v1::CreditApi {
 public:
  std::map<std::string, std::int64_t> cards;  ///< By code.
  std::optional<Error> refusal;
  std::string asked_by;

  static Uuid account_of(const std::string& code) { return Uuid::from_name("account of " + code); }

  Task<Result<payment::v1::ResolveCreditsResponse>> resolve_credits(CallContext, payment::v1::ResolveCreditsRequest request) override {
    asked_by = request.asked_by;
    if (refusal) co_return fail(*refusal);
    payment::v1::ResolveCreditsResponse out;
    const Currency currency = Currency::of(request.currency);
    for (std::size_t i = 0; i < request.codes.size(); ++i) {
      const auto found = cards.find(request.codes[i]);
      if (found == cards.end())
        co_return fail(Error(ErrorKind::rule_violated, "GIFT_CARD_INVALID", "no such card").with("index", static_cast<std::int64_t>(i)));
      out.credits.push_back({.account_id = account_of(found->first),
                             .kind = payment::v1::CreditKind::gift_card,
                             .last4 = found->first.substr(found->first.size() - 4),
                             .available = Money(found->second, currency),
                             .code_index = static_cast<std::int32_t>(i)});
    }
    if (request.customer_id) {
      out.credits.push_back({.account_id = *request.customer_id,
                             .kind = payment::v1::CreditKind::store_credit,
                             .last4 = std::nullopt,
                             .available = Money(10, currency),
                             .code_index = std::nullopt});
    }
    co_return out;
  }
  EMP_UNUSED(issue_gift_card, IssueGiftCardRequest, IssuedGiftCard)
  EMP_UNUSED(issue_gift_cards, IssueGiftCardsRequest, IssueGiftCardsResponse)
  EMP_UNUSED(grant_store_credit, GrantStoreCreditRequest, CreditAccount)
  EMP_UNUSED(adjust_credit, AdjustCreditRequest, CreditAccount)
  EMP_UNUSED(disable_credit, ChangeCreditStatusRequest, CreditAccount)
  EMP_UNUSED(enable_credit, ChangeCreditStatusRequest, CreditAccount)
  EMP_UNUSED(list_credit_accounts, ListCreditAccountsRequest, ListCreditAccountsResponse)
  EMP_UNUSED(get_credit_account, GetCreditAccountRequest, CreditAccount)
  EMP_UNUSED(list_credit_postings, ListCreditPostingsRequest, ListCreditPostingsResponse)
  EMP_UNUSED(refund_order, RefundOrderRequest, RefundOrderResponse)
  EMP_UNUSED(get_store_credit, GetStoreCreditRequest, StoreCredit)
  EMP_UNUSED(list_store_credit_postings, ListStoreCreditPostingsRequest, ListCreditPostingsResponse)
  EMP_UNUSED(check_gift_card, CheckGiftCardRequest, CheckGiftCardResponse)
  EMP_UNUSED(get_credit_balances, GetCreditBalancesRequest, GetCreditBalancesResponse)
  EMP_UNUSED(hold_credit, HoldCreditRequest, CreditHold)
  EMP_UNUSED(redeem_credit, RedeemCreditRequest, CreditHold)
  EMP_UNUSED(release_credit, ReleaseCreditRequest, CreditHold)
};

#undef EMP_UNUSED

}  // namespace emporion::checkout
