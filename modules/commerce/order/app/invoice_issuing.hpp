#pragma once

#include "modules/commerce/order/app/invoice_documents.hpp"

namespace emporion::order {

/// Issues what is due: reads some orders, composes their documents, and has them numbered and written in one transaction. A confirmation does not wait for it.
/// ADR 0021.
class InvoiceIssuing {
 public:
  InvoiceIssuing(InvoiceStore& store, InvoiceDocuments documents, const Clock& clock) : store_(store), documents_(std::move(documents)), clock_(clock) {}

  /// Job: until nothing is due. An order whose documents are refused is put off and named in the log; it holds nobody else back.
  Task<Result<>> run(CallContext context);

 private:
  Task<Result<>> issue(CallContext context, std::vector<OrderBooks> books);
  Task<Result<>> put_off(const OrderBooks& books, const Error& error);
  InvoiceStore& store_;
  InvoiceDocuments documents_;
  const Clock& clock_;
};

}  // namespace emporion::order
