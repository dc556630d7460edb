#pragma once

#include "contracts/commerce/order/v1/order_events.hpp"
#include "contracts/identity/auth/v1/auth_events.hpp"
#include "contracts/logistics/shipping/v1/shipping_events.hpp"
#include "kernel/messaging/feed.hpp"
#include "modules/commerce/payment/app/book.hpp"
#include "modules/commerce/payment/app/escrow.hpp"
#include "modules/commerce/payment/app/order_refunds.hpp"

namespace emporion::payment {

/// What other modules' news do to payments. Database work only: voids and refunds are stored here and sent by the worker.
class EventHandlers {
 public:
  EventHandlers(PaymentStore& store, Book& book, Escrow& escrow, OrderRefunds& refunds, const Clock& clock, Random& random)
      : store_(store), book_(book), escrow_(escrow), refunds_(refunds), clock_(clock), random_(random) {}

  void subscribe(messaging::Subscriptions& subscriptions);

  /// Every payment that is not over is given up or paid back, and credit goes back where it came from, once per order.
  Task<Result<>> on_order_cancelled(postgres::UnitOfWork& work, messaging::Envelope envelope, order::v1::OrderCancelled event);
  /// Pays the line's share back, money before credit; from cash that is not collected yet it is taken off.
  Task<Result<>> on_line_cancelled(postgres::UnitOfWork& work, messaging::Envelope envelope, order::v1::OrderLineCancelled event);
  /// Releases what is held in escrow to the sellers, or as soon as nothing freezes it.
  Task<Result<>> on_order_completed(postgres::UnitOfWork& work, messaging::Envelope envelope, order::v1::OrderCompleted event);
  /// The courier reports cash. Another amount than was to be collected opens a case and takes nothing.
  Task<Result<>> on_cod_collected(postgres::UnitOfWork& work, messaging::Envelope envelope, shipping::v1::CodCollected event);
  /// A parcel that was refused at the door brings no cash.
  Task<Result<>> on_returned_to_sender(postgres::UnitOfWork& work, messaging::Envelope envelope, shipping::v1::ShipmentReturnedToSender event);
  /// Risk scoring knows who is new.
  Task<Result<>> on_principal_registered(postgres::UnitOfWork& work, messaging::Envelope envelope, auth::v1::PrincipalRegistered event);

 private:
  /// Takes `amount` off what is to be collected. Nothing left: the payment ends as `without_cash`; everything left is in: it is captured.
  Task<Result<>> reduce_cash(postgres::UnitOfWork& work, LockedPayment locked, std::int64_t amount, std::string reason, Status without_cash, Uuid trace);
  Task<Result<>> settle_cash(postgres::UnitOfWork& work, LockedPayment locked, std::string reason, Status without_cash, Uuid trace);
  Task<Result<>> open_case(postgres::UnitOfWork& work, const Payment& payment, std::string ours, std::string theirs, std::string key);

  PaymentStore& store_;
  Book& book_;
  Escrow& escrow_;
  OrderRefunds& refunds_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace emporion::payment
