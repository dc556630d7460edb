#pragma once

#include "kernel/async/runtime.hpp"
#include "kernel/mail/mailer.hpp"
#include "modules/commerce/order/app/invoice_sellers.hpp"
#include "modules/commerce/order/app/invoice_store.hpp"

namespace emporion::order {

/// "invoice.<id>.<seq>@<domain of the sender>": the same for every try of one mail.
std::string invoice_message_id(const Uuid& invoice_id, std::int32_t seq, const mail::Mailbox& from);
/// The mail that carries a document.
mail::Message invoice_message(const v1::Invoice& invoice, const TakenMail& mail, mail::Mailbox from, std::string document);

/// Sends the mails that are due: never lost, at most repeated with the same Message-ID. ADR 0022.
class InvoiceMailing {
 public:
  InvoiceMailing(Runtime& runtime, InvoiceStore& store, const InvoiceSellers& sellers, mail::Mailer& mailer, mail::Mailbox from, const Clock& clock)
      : runtime_(runtime), store_(store), sellers_(sellers), mailer_(mailer), from_(std::move(from)), clock_(clock) {}

  /// Job: until none is due.
  Task<Result<>> run(CallContext context);

 private:
  Task<Result<>> attempt(CallContext context, TakenMail mail);
  Task<Result<>> send(CallContext context, TakenMail mail);
  Runtime& runtime_;
  InvoiceStore& store_;
  const InvoiceSellers& sellers_;
  mail::Mailer& mailer_;
  mail::Mailbox from_;
  const Clock& clock_;
};

}  // namespace emporion::order
