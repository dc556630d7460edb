#pragma once

#include <string>
#include <utility>
#include <vector>

#include "modules/commerce/checkout/testing/fake_credit.hpp"
#include "modules/commerce/checkout/testing/faults.hpp"

namespace emporion::checkout {

/// Gift cards in memory that honour what the contract promises a saga: a repeat gets the first answer, a release leaves a tombstone, no balance falls below
/// zero.
class ShopCredit final : public FakeCredit {
 public:
  explicit ShopCredit(Faults& faults) : faults_(faults) {}
  using Status = payment::v1::CreditHoldStatus;
  struct Hold {
    std::vector<payment::v1::CreditPart> parts;
    Status status = Status::held;
    int releases = 0;
  };
  std::map<Uuid, Hold> holds;

  std::int64_t sum_of(Status status) const {
    std::int64_t out = 0;
    for (const auto& [id, hold] : holds) {
      if (hold.status != status) continue;
      for (const auto& part : hold.parts) out += part.amount.amount();
    }
    return out;
  }

  Task<Result<payment::v1::GetCreditBalancesResponse>> get_credit_balances(CallContext, payment::v1::GetCreditBalancesRequest request) override {
    co_return faults_.pass<payment::v1::GetCreditBalancesResponse>("credit.get_credit_balances",
                                                                   [this, request]() -> Result<payment::v1::GetCreditBalancesResponse> {
                                                                     payment::v1::GetCreditBalancesResponse out;
                                                                     for (const Uuid& account : request.account_ids)
                                                                       out.available.emplace_back(balance(account), Currency::of(request.currency));
                                                                     return out;
                                                                   });
  }
  Task<Result<payment::v1::CreditHold>> hold_credit(CallContext, payment::v1::HoldCreditRequest request) override {
    co_return faults_.pass<payment::v1::CreditHold>("credit.hold_credit", [this, request]() -> Result<payment::v1::CreditHold> {
      if (const auto found = holds.find(request.hold_id); found != holds.end()) {
        if (found->second.status == Status::released) return fail(ErrorKind::conflict, "CREDIT_RELEASED", "");
        return shown(request.hold_id);
      }
      for (const auto& part : request.parts) {
        if (balance(part.account_id) < part.amount.amount())
          return fail(Error(ErrorKind::rule_violated, "CREDIT_INSUFFICIENT", "").with("available", balance(part.account_id)));
      }
      for (const auto& part : request.parts) *card_of(part.account_id) -= part.amount.amount();
      holds[request.hold_id].parts = request.parts;
      return shown(request.hold_id);
    });
  }
  Task<Result<payment::v1::CreditHold>> redeem_credit(CallContext, payment::v1::RedeemCreditRequest request) override {
    co_return faults_.pass<payment::v1::CreditHold>("credit.redeem_credit", [this, request]() -> Result<payment::v1::CreditHold> {
      const auto found = holds.find(request.id);
      if (found == holds.end()) return fail(ErrorKind::not_found, "CREDIT_HOLD_NOT_FOUND", "");
      if (found->second.status == Status::held) found->second.status = Status::redeemed;
      return shown(request.id);
    });
  }
  Task<Result<payment::v1::CreditHold>> release_credit(CallContext, payment::v1::ReleaseCreditRequest request) override {
    co_return faults_.pass<payment::v1::CreditHold>("credit.release_credit", [this, request]() -> Result<payment::v1::CreditHold> {
      auto [found, is_new] = holds.try_emplace(request.id);
      Hold& hold = found->second;
      if (is_new) hold.status = Status::released;
      if (hold.status == Status::redeemed) return fail(ErrorKind::conflict, "CREDIT_REDEEMED", "");
      if (hold.status == Status::held) {
        hold.status = Status::released;
        ++hold.releases;
        for (const auto& part : hold.parts) *card_of(part.account_id) += part.amount.amount();
      }
      return shown(request.id);
    });
  }

 private:
  std::int64_t* card_of(const Uuid& account) {
    for (auto& [code, amount] : cards) {
      if (account_of(code) == account) return &amount;
    }
    return nullptr;
  }
  std::int64_t balance(const Uuid& account) {
    const std::int64_t* card = card_of(account);
    return card == nullptr ? 0 : *card;
  }
  payment::v1::CreditHold shown(const Uuid& id) {
    payment::v1::CreditHold out;
    out.id = id;
    out.status = holds[id].status;
    return out;
  }
  Faults& faults_;
};

}  // namespace emporion::checkout
