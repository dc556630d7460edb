#pragma once

#include <functional>

#include "contracts/commerce/order/v1/invoice_api.hpp"
#include "kernel/async/runtime.hpp"
#include "kernel/base/random.hpp"
#include "kernel/mail/mailer.hpp"
#include "modules/commerce/order/app/invoice_sellers.hpp"
#include "modules/commerce/order/app/invoice_store.hpp"
#include "modules/commerce/order/app/neighbours.hpp"

namespace emporion::order {

/// What callers ask of invoices.
class InvoiceService final : public v1::InvoiceApi {
 public:
  InvoiceService(Runtime& runtime, InvoiceStore& store, Neighbours& neighbours, const InvoiceSellers& sellers, const mail::Mailer& mailer, mail::Mailbox from,
                 const Clock& clock, Random& random)
      : runtime_(runtime), store_(store), neighbours_(neighbours), sellers_(sellers), mailer_(mailer), from_(std::move(from)), clock_(clock), random_(random) {}

  Task<Result<v1::ListOrderInvoicesResponse>> list_order_invoices(CallContext context, v1::ListOrderInvoicesRequest request) override;
  Task<Result<v1::Invoice>> get_invoice(CallContext context, v1::GetInvoiceRequest request) override;
  Task<Result<v1::GetInvoicePdfResponse>> get_invoice_pdf(CallContext context, v1::GetInvoicePdfRequest request) override;
  Task<Result<v1::InvoiceMail>> send_invoice(CallContext context, v1::SendInvoiceRequest request) override;
  Task<Result<v1::ListInvoicesResponse>> list_invoices(CallContext context, v1::ListInvoicesRequest request) override;

  std::function<void()> on_mail;  ///< After a mail was asked for.

 private:
  /// Passes for the order's owner, for staff that hold `permission`, and for modules. Errors: `hidden` for everybody else, PERMISSION_DENIED for other staff.
  Task<Result<>> check_owner(CallContext context, Uuid order_id, std::optional<std::string> cart_token, std::string permission, Error hidden);
  Task<Result<v1::Invoice>> visible(CallContext context, Uuid id, std::optional<std::string> cart_token, std::string permission);

  Runtime& runtime_;
  InvoiceStore& store_;
  Neighbours& neighbours_;
  const InvoiceSellers& sellers_;
  const mail::Mailer& mailer_;
  mail::Mailbox from_;
  const Clock& clock_;
  Random& random_;
  int drawing_ = 0;
};

}  // namespace emporion::order
