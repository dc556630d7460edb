#pragma once

#include "kernel/messaging/feed.hpp"
#include "modules/commerce/order/app/order_store.hpp"

namespace emporion::order {

/// What Order takes from `customer.customer.erased` (identity.md §3): whom, and what stands in the customer's place from now on.
struct ErasureNews {
  Uuid customer_id = {};
  Uuid erasure_id = {};
  Uuid pseudonym = {};
};

/// Takes out of orders what tells of a person; amounts, tax, items, times, country and region stay. Source: commerce.md §2.2-10, identity.md §3 algorithm 6.
class PersonalData {
 public:
  PersonalData(OrderStore& store, const Clock& clock) : store_(store), clock_(clock) {}

  /// Masks all orders of the customer and answers with `order.erasure.applied`; a redelivery masks nothing and answers again. The Customer module does not
  /// exist yet: wired like ReturnHandlers.
  Task<Result<>> on_customer_erased(postgres::UnitOfWork& work, messaging::Envelope envelope, ErasureNews news);
  /// Masks guests' orders two years after they were placed.
  Task<Result<>> mask_guests(CallContext context);

 private:
  OrderStore& store_;
  const Clock& clock_;
};

}  // namespace emporion::order
