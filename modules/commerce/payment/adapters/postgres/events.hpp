#pragma once

#include "kernel/postgres/database.hpp"
#include "modules/commerce/payment/app/payment_store.hpp"

namespace emporion::payment {

/// The outbox row of the event that a payment's status is announced by.
postgres::Bound announcement(const Payment& payment, Status status, const Uuid& trace);
/// The outbox row of one of the three refund events.
postgres::Bound refund_announcement(std::string_view topic, const Payment& payment, const Refund& refund, bool full, const Uuid& trace);

}  // namespace emporion::payment
