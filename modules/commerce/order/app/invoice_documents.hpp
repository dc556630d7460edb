#pragma once

#include "kernel/base/random.hpp"
#include "modules/commerce/order/app/invoice_sellers.hpp"
#include "modules/commerce/order/app/invoice_store.hpp"

namespace emporion::order {

/// What is still to be issued for an order: first an invoice for each of its sellers, and once those stand, credit notes for what was cancelled or refunded
/// since. Pure but for the ids of what it makes.
class InvoiceDocuments {
 public:
  InvoiceDocuments(const InvoiceSellers& sellers, const Clock& clock, Random& random, bool is_mailed)
      : sellers_(sellers), clock_(clock), random_(random), is_mailed_(is_mailed) {}

  DueAnswer answer(const OrderBooks& books);

 private:
  std::vector<NewDocument> invoices(const OrderBooks& books);
  std::vector<NewDocument> credit_notes(const OrderBooks& books);
  NewDocument document_of(const OrderBooks& books, const std::optional<Uuid>& seller);
  const InvoiceSellers& sellers_;
  const Clock& clock_;
  Random& random_;
  bool is_mailed_;
};

}  // namespace emporion::order
