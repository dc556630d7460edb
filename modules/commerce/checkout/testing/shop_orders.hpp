#pragma once

#include <algorithm>
#include <map>
#include <string>

#include "kernel/base/text.hpp"
#include "kernel/base/time.hpp"
#include "modules/commerce/checkout/testing/absent_neighbours.hpp"
#include "modules/commerce/checkout/testing/faults.hpp"

namespace emporion::checkout {

/// One promotion, which takes ten percent off with the code TEN, as often as `uses_left`.
class ShopPromotion final : public AbsentPromotion {
 public:
  explicit ShopPromotion(Faults& faults) : faults_(faults) {}
  int uses_left = 1'000;
  enum class State : std::uint8_t { reserved, committed, released };
  std::map<Uuid, State> redemptions;

  int in_use(State state) const {
    return static_cast<int>(std::ranges::count_if(redemptions, [&](const auto& entry) { return entry.second == state; }));
  }
  /// As Order's cancellation does.
  void reverse(Uuid order) {
    for (auto& [id, state] : redemptions) {
      if (orders_[id] == order && state == State::committed) state = State::released;
    }
  }

  Task<Result<promotion::v1::Evaluation>> evaluate(CallContext, promotion::v1::EvaluateRequest request) override {
    co_return faults_.pass<promotion::v1::Evaluation>("promotion.evaluate", [&]() -> Result<promotion::v1::Evaluation> {
      const Currency currency = request.lines.front().unit_amount.currency();
      const bool applies = std::ranges::find(request.coupons, "TEN") != request.coupons.end();
      promotion::v1::Evaluation out;
      out.discount = out.shipping_discount = Money::zero(currency);
      out.evaluation_hash = applies ? "ten" : "none";
      for (const auto& line : request.lines) {
        const Money off(applies ? line.unit_amount.amount() * line.qty / 10 : 0, currency);
        out.lines.push_back({.line_id = line.line_id, .sku = line.sku, .discount = off});
        out.discount += off;
      }
      if (applies) out.applied.push_back({.promotion_id = Uuid::from_name("ten"), .name = "Ten percent", .coupon = "TEN", .discount = out.discount});
      return out;
    });
  }
  Task<Result<promotion::v1::Redemption>> reserve(CallContext, promotion::v1::ReserveRequest request) override {
    co_return faults_.pass<promotion::v1::Redemption>("promotion.reserve", [this, request]() -> Result<promotion::v1::Redemption> {
      if (const auto found = redemptions.find(request.checkout_id); found != redemptions.end()) {
        if (found->second == State::released) return fail(ErrorKind::conflict, "REDEMPTION_STATE", "");
        return promotion::v1::Redemption{};
      }
      if (in_use(State::reserved) + in_use(State::committed) >= uses_left) return fail(Error(ErrorKind::rule_violated, "LIMIT_REACHED", ""));
      redemptions[request.checkout_id] = State::reserved;
      return promotion::v1::Redemption{};
    });
  }
  Task<Result<promotion::v1::Redemption>> commit(CallContext, promotion::v1::CommitRequest request) override {
    co_return faults_.pass<promotion::v1::Redemption>("promotion.commit", [this, request]() -> Result<promotion::v1::Redemption> {
      auto& state = redemptions[request.id];
      if (state == State::released) return fail(ErrorKind::conflict, "REDEMPTION_STATE", "");
      state = State::committed;
      orders_[request.id] = request.order_id;
      return promotion::v1::Redemption{};
    });
  }
  Task<Result<promotion::v1::ReleaseResponse>> release(CallContext, promotion::v1::ReleaseRequest request) override {
    co_return faults_.pass<promotion::v1::ReleaseResponse>("promotion.release", [this, request]() -> Result<promotion::v1::ReleaseResponse> {
      const bool is_known = redemptions.contains(request.id);
      auto& state = redemptions[request.id];
      if (!is_known || state == State::reserved) state = State::released;
      return promotion::v1::ReleaseResponse{};
    });
  }

 private:
  Faults& faults_;
  std::map<Uuid, Uuid> orders_;
};

/// Orders, once per saga; their cancellation gives promotions back, as its event does.
class ShopOrders final : public AbsentOrder {
 public:
  ShopOrders(Faults& faults, ShopPromotion& promotion) : faults_(faults), promotion_(promotion) {}
  struct Stored {
    order::v1::CreateOrderRequest request;
    std::optional<order::v1::ConfirmedReservation> told;  ///< With the confirmation.
    order::v1::OrderStatus status = order::v1::OrderStatus::pending_payment;
    int cancellations = 0;
    bool is_tombstone = false;
  };
  std::map<Uuid, Stored> orders;

  int count(order::v1::OrderStatus status) const {
    return static_cast<int>(std::ranges::count_if(orders, [&](const auto& entry) { return entry.second.status == status && !entry.second.is_tombstone; }));
  }

  Task<Result<order::v1::CreateOrderResponse>> create_order(CallContext, order::v1::CreateOrderRequest request) override {
    co_return faults_.pass<order::v1::CreateOrderResponse>("order.create_order", [this, request]() -> Result<order::v1::CreateOrderResponse> {
      const auto found = orders.find(request.order_id);
      if (found != orders.end() && found->second.status == order::v1::OrderStatus::cancelled) return fail(ErrorKind::conflict, "ORDER_CANCELLED", "");
      if (found == orders.end()) orders[request.order_id].request = request;
      order::v1::CreateOrderResponse out;
      out.order.id = request.order_id;
      out.order.order_number = text("EM-", request.order_id);
      return out;
    });
  }
  Task<Result<order::v1::CancelOrderResponse>> cancel_order(CallContext, order::v1::CancelOrderRequest request) override {
    co_return faults_.pass<order::v1::CancelOrderResponse>("order.cancel_order", [this, request]() -> Result<order::v1::CancelOrderResponse> {
      const bool is_known = orders.contains(request.id);
      auto& stored = orders[request.id];
      stored.is_tombstone = stored.is_tombstone || !is_known;
      if (stored.status != order::v1::OrderStatus::cancelled) ++stored.cancellations;
      stored.status = order::v1::OrderStatus::cancelled;
      promotion_.reverse(request.id);
      return order::v1::CancelOrderResponse{};
    });
  }
  Task<Result<order::v1::OrderConfirmation>> confirm_order(CallContext, order::v1::ConfirmOrderRequest request) override {
    co_return faults_.pass<order::v1::OrderConfirmation>("order.confirm_order", [this, request]() -> Result<order::v1::OrderConfirmation> {
      auto& stored = orders[request.id];
      if (stored.status == order::v1::OrderStatus::cancelled) return fail(ErrorKind::conflict, "INVALID_TRANSITION", "");
      stored.status = order::v1::OrderStatus::confirmed;
      stored.told = request.reservation;
      return order::v1::OrderConfirmation{.id = request.id, .status = stored.status};
    });
  }
  Task<Result<order::v1::Order>> mark_review(CallContext, order::v1::MarkReviewRequest request) override {
    co_return faults_.pass<order::v1::Order>("order.mark_review", [this, request]() -> Result<order::v1::Order> {
      orders[request.id].status = order::v1::OrderStatus::fraud_review;
      return order::v1::Order{};
    });
  }

 private:
  Faults& faults_;
  ShopPromotion& promotion_;
};

/// Payments by what their token says: "pm_ok" is authorized, "pm_no" declined, "pm_3ds" needs the buyer, "pm_slow" stays processing. Money that comes after a
/// void goes back.
class ShopPayments final : public AbsentPayment {
 public:
  explicit ShopPayments(Faults& faults, const Clock& clock) : faults_(faults), clock_(clock) {}
  using Status = payment::v1::PaymentStatus;
  struct Stored {
    payment::v1::Payment shown;
    int captures = 0;
    int voids = 0;
    bool is_tombstone = false;
  };
  std::map<Uuid, Stored> payments;
  payment::v1::RiskDecision risk = payment::v1::RiskDecision::allow;

  /// The money of all payments, less what went back.
  std::int64_t balance() const {
    std::int64_t out = 0;
    for (const auto& [id, stored] : payments) out += stored.shown.captured.amount() - stored.shown.refunded.amount();
    return out;
  }
  int live() const {
    return static_cast<int>(std::ranges::count_if(payments, [](const auto& entry) {
      const Status status = entry.second.shown.status;
      return status == Status::authorized || status == Status::requires_action || status == Status::processing || status == Status::pending_collection ||
             status == Status::captured;
    }));
  }
  Stored& only() { return payments.begin()->second; }
  /// The buyer has paid at the provider: captured, or sent back if nobody waits for it any more.
  void pay(Stored& stored) {
    const bool is_late = stored.shown.status == Status::voided;
    stored.shown.captured = stored.shown.amount;
    stored.shown.status = Status::captured;
    if (is_late) refund(stored);
  }

  Task<Result<payment::v1::PublicSettings>> get_public_settings(CallContext, payment::v1::GetPublicSettingsRequest) override {
    payment::v1::PublicSettings out;
    using Method = payment::v1::PaymentMethod;
    for (const Method method : {Method::card, Method::vnpay, Method::cod, Method::bank_transfer})
      out.methods.push_back({.method = method, .provider = "shop", .enabled = true});
    co_return out;
  }
  Task<Result<payment::v1::RiskAssessment>> assess_risk(CallContext, payment::v1::AssessRiskRequest request) override {
    co_return faults_.pass<payment::v1::RiskAssessment>("payment.assess_risk", [&]() -> Result<payment::v1::RiskAssessment> {
      payment::v1::RiskAssessment out;
      out.id = Uuid::from_name(text("risk ", request.saga_id));
      out.decision = risk;
      return out;
    });
  }
  Task<Result<payment::v1::CreatePaymentResponse>> create_payment(CallContext, payment::v1::CreatePaymentRequest request) override {
    co_return faults_.pass<payment::v1::CreatePaymentResponse>("payment.create_payment", [this, request]() -> Result<payment::v1::CreatePaymentResponse> {
      if (const auto found = payments.find(request.payment_id); found != payments.end()) {
        if (found->second.is_tombstone) return fail(ErrorKind::conflict, "PAYMENT_VOIDED", "");
        return payment::v1::CreatePaymentResponse{.status_code = 200, .payment = found->second.shown};
      }
      Stored& stored = payments[request.payment_id];
      auto& shown = stored.shown;
      shown.id = request.payment_id;
      shown.order_id = request.order_id;
      shown.attempt_no = request.attempt_no;
      shown.method = request.method;
      shown.provider = "shop";
      shown.amount = request.amount;
      shown.captured = shown.refunded = Money::zero(request.amount.currency());
      shown.window_ends_at = request.window_ends_at;
      const std::string token = request.provider_token.value_or("");
      shown.status = request.method == payment::v1::PaymentMethod::cod ? Status::pending_collection
                     : token == "pm_no"                                ? Status::failed
                     : token == "pm_slow"                              ? Status::processing
                     : token == "pm_ok"                                ? Status::authorized
                                                                       : Status::requires_action;
      if (shown.status == Status::requires_action)
        shown.next_action = payment::v1::NextAction{.type = payment::v1::NextActionType::redirect, .url = "https://bank.test/3ds"};
      if (shown.status == Status::failed) shown.decline = payment::v1::Decline{.category = payment::v1::DeclineCategory::insufficient_funds};
      if (shown.status == Status::authorized) shown.auth_expires_at = clock_.now() + hours(24 * 7);
      return payment::v1::CreatePaymentResponse{.status_code = 201, .payment = shown};
    });
  }
  Task<Result<payment::v1::Payment>> sync_payment(CallContext, payment::v1::SyncPaymentRequest request) override {
    co_return shown("payment.sync_payment", request.id);
  }
  Task<Result<payment::v1::Payment>> get_payment(CallContext, payment::v1::GetPaymentRequest request) override {
    co_return shown("payment.get_payment", request.id);
  }
  Task<Result<payment::v1::Payment>> capture_payment(CallContext, payment::v1::CapturePaymentRequest request) override {
    co_return faults_.pass<payment::v1::Payment>("payment.capture_payment", [this, request]() -> Result<payment::v1::Payment> {
      Stored& stored = payments[request.id];
      if (stored.shown.status == Status::captured) return stored.shown;
      if (stored.shown.status != Status::authorized) return fail(ErrorKind::conflict, "PAYMENT_STATE", "");
      if (clock_.now() >= *stored.shown.auth_expires_at) return fail(ErrorKind::gone, "AUTHORIZATION_EXPIRED", "");
      stored.shown.status = Status::captured;
      stored.shown.captured = stored.shown.amount;
      ++stored.captures;
      return stored.shown;
    });
  }
  Task<Result<payment::v1::VoidPaymentResponse>> void_payment(CallContext, payment::v1::VoidPaymentRequest request) override {
    co_return faults_.pass<payment::v1::VoidPaymentResponse>("payment.void_payment", [this, request]() -> Result<payment::v1::VoidPaymentResponse> {
      const bool is_known = payments.contains(request.id);
      Stored& stored = payments[request.id];
      if (!is_known) {
        stored.is_tombstone = true;
        stored.shown.status = Status::voided;
        stored.shown.amount = stored.shown.captured = stored.shown.refunded = Money::zero(Currency::of("VND"));
      }
      if (stored.shown.status == Status::captured || stored.shown.status == Status::refunded) return fail(ErrorKind::conflict, "USE_REFUND", "");
      if (stored.shown.status == Status::failed) return fail(ErrorKind::conflict, "PAYMENT_STATE", "");
      if (stored.shown.status != Status::voided) ++stored.voids;
      stored.shown.status = Status::voided;
      return payment::v1::VoidPaymentResponse{};
    });
  }
  Task<Result<payment::v1::Refund>> refund_payment(CallContext, payment::v1::RefundPaymentRequest request) override {
    co_return faults_.pass<payment::v1::Refund>("payment.refund_payment", [this, request]() -> Result<payment::v1::Refund> {
      Stored& stored = payments[request.id];
      if (stored.shown.status == Status::captured) refund(stored);
      return payment::v1::Refund{};
    });
  }

 private:
  static void refund(Stored& stored) {
    stored.shown.refunded = stored.shown.captured;
    stored.shown.status = Status::refunded;
  }
  Result<payment::v1::Payment> shown(const std::string& operation, Uuid id) {
    return faults_.pass<payment::v1::Payment>(operation, [this, id]() -> Result<payment::v1::Payment> {
      const auto found = payments.find(id);
      if (found == payments.end()) return fail(ErrorKind::not_found, "PAYMENT_NOT_FOUND", "");
      return found->second.shown;
    });
  }
  Faults& faults_;
  const Clock& clock_;
};

}  // namespace emporion::checkout
