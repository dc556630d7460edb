#pragma once

#include <optional>
#include <string>
#include <vector>

#include "contracts/commerce/order/v1/invoice_api.hpp"
#include "contracts/commerce/order/v1/order_api.hpp"
#include "kernel/async/task.hpp"
#include "kernel/base/result.hpp"
#include "kernel/postgres/database.hpp"
#include "kernel/rpc/call_context.hpp"
#include "modules/commerce/order/domain/invoice_terms.hpp"

namespace emporion::order {

struct BookedLine {
  std::string sku;
  std::string name;
  std::optional<Uuid> seller_id;
  std::int64_t cancelled_qty = 0;
  StatedLine money;
};

/// A confirmed order whose invoices may be behind, with all that was issued for it.
struct OrderBooks {
  Uuid order_id;
  std::int64_t bumps = 0;  ///< Of its due row, when it was read.
  std::int32_t tries = 0;
  std::string order_number;
  std::string email;
  std::optional<std::string> phone;
  std::string currency;
  Totals totals;
  v1::Address shipping_address;
  v1::Address billing_address;
  std::string payment_method;
  std::optional<std::string> payment_provider;
  std::string payment_status;
  std::int64_t refunded = 0;
  bool is_cancelled = false;
  UtcTime placed_at;
  std::string locale;
  bool is_mailed = true;  ///< Not for orders from before there were invoices.
  std::vector<BookedLine> lines;
  std::vector<v1::Invoice> documents;  ///< Oldest first.
};

/// A document that wants its number.
struct NewDocument {
  v1::Invoice stated;  ///< Without number, date and status, which it gets when it is issued.
  InvoiceTerms terms;
  std::string series;
  std::string time_zone;
  std::int32_t seq = 0;  ///< Of a credit note within its invoice.
  bool is_last = false;
  std::optional<Uuid> mail_id;  ///< Absent: it is not mailed.
};

/// What one order's due row is answered with.
struct DueAnswer {
  Uuid order_id;
  std::int64_t bumps = 0;
  bool is_done = false;  ///< Nothing more is due once the documents are issued.
  std::vector<NewDocument> documents;
};

struct InvoiceFilter {
  std::optional<Uuid> seller_id = std::nullopt;  ///< Nil: the house.
  std::optional<std::int32_t> year = std::nullopt;
  std::optional<std::string> number = std::nullopt;
  std::optional<std::string> kind = std::nullopt;
  std::optional<UtcTime> before_at = std::nullopt;
  std::optional<Uuid> before_id = std::nullopt;
  std::int32_t count = 20;
};

struct OrderOwner {
  std::optional<Uuid> customer_id;  ///< Absent: a guest.
  Uuid session_id;
  bool is_masked = false;  ///< The person was erased: the invoices are kept, sealed.
};

/// A mail whose try has begun.
struct TakenMail {
  Uuid id;
  Uuid invoice_id;
  std::int32_t seq = 0;
  std::string recipient;
  std::int32_t tries = 0;  ///< This one included.
  UtcTime wanted_at;
};

/// The invoices' tables; each operation is one statement or one round trip.
class InvoiceStore {
 public:
  virtual ~InvoiceStore() = default;

  /// Some orders that are due, longest waiting first.
  virtual Task<Result<std::vector<OrderBooks>>> due(UtcTime now, std::int32_t count) = 0;
  /// Numbers and writes the documents of many orders in one transaction; answers the ids of those issued. An order that changed since it was read is left out
  /// whole. Safe to repeat. Errors: INVOICE_SERIES_TAKEN, CHECK_VIOLATION, or a transient one; then nothing was issued.
  virtual Task<Result<std::vector<Uuid>>> issue(std::vector<DueAnswer> answers, UtcTime at, Uuid trace) = 0;
  virtual Task<Result<>> put_off(Uuid order_id, std::int64_t bumps, UtcTime next_at, std::string problem) = 0;

  virtual Task<Result<v1::Invoice>> load(Uuid id) = 0;  ///< Errors: INVOICE_NOT_FOUND.
  virtual Task<Result<std::vector<v1::Invoice>>> of_order(Uuid order_id) = 0;
  virtual Task<Result<std::vector<v1::InvoiceSummary>>> list(InvoiceFilter filter) = 0;
  virtual Task<Result<OrderOwner>> owner_of(Uuid order_id) = 0;  ///< Errors: ORDER_NOT_FOUND.
  /// Errors: TIME_ZONE_UNKNOWN.
  virtual Task<Result<>> check_time_zones(std::vector<std::string> zones) = 0;

  virtual Task<Result<std::vector<TakenMail>>> take_mails(UtcTime now, seconds lease, std::int32_t count) = 0;
  virtual Task<Result<>> finish_mail(TakenMail mail, v1::InvoiceMailState state, std::optional<UtcTime> next_at, std::optional<std::string> error,
                                     UtcTime now) = 0;
  virtual Task<Result<postgres::UnitOfWork>> begin(CallContext context) = 0;
  /// Holds the invoice, so that two wishes at once are counted one after the other; answers the next mail's number and how many were wished for in the last
  /// hour.
  struct MailCount {
    std::int32_t next = 1;
    std::int32_t recent = 0;
  };
  virtual Task<Result<MailCount>> count_mails(postgres::UnitOfWork& work, Uuid invoice_id, UtcTime now) = 0;
  virtual Task<Result<>> want_mail(postgres::UnitOfWork& work, Uuid mail_id, Uuid invoice_id, std::int32_t seq, std::string recipient, UtcTime now) = 0;
};

}  // namespace emporion::order
