#include "modules/commerce/order/app/invoice_service.hpp"

#include <utility>

#include "kernel/base/text.hpp"
#include "kernel/json/codec.hpp"
#include "kernel/postgres/idempotency.hpp"
#include "modules/commerce/order/app/invoice_mailing.hpp"
#include "modules/commerce/order/app/invoice_sheet.hpp"
#include "modules/commerce/order/app/page_token.hpp"

namespace emporion::order {
namespace {

constexpr int drawing_max = 16;                                    // More at once only wait for the same cores.
constexpr std::int32_t mails_max = 3;                              // Asked for in an hour, of one document.
constexpr const char* sealed_permission = "order.invoice.sealed";  // Of an erased buyer: kept because the law asks for it. Source: identity.md §3, erasure.

Error no_order() { return Error(ErrorKind::not_found, "ORDER_NOT_FOUND", "no such order"); }
Error no_invoice() { return Error(ErrorKind::not_found, "INVOICE_NOT_FOUND", "no such invoice"); }

/// One more document being drawn, while it lives.
class Drawing {
 public:
  explicit Drawing(int& count) : count_(count) { ++count_; }
  ~Drawing() { --count_; }
  Drawing(const Drawing&) = delete;
  Drawing& operator=(const Drawing&) = delete;

 private:
  int& count_;
};

}  // namespace

Task<Result<>> InvoiceService::check_owner(CallContext context, Uuid order_id, std::optional<std::string> cart_token, std::string permission, Error hidden) {
  const Principal& who = context.principal;
  if (who.realm == Realm::service) co_return Result<>();
  auto owner = co_await store_.owner_of(order_id);
  if (!owner && owner.error().kind() == ErrorKind::not_found) co_return fail(std::move(hidden));
  if (!owner) co_return fail(owner.error());
  if (who.realm == Realm::staff) {
    if (owner->is_masked) permission = sealed_permission;
    if (!who.may(permission))
      co_return fail(Error(ErrorKind::permission_denied, "PERMISSION_DENIED", "this needs a permission").with("permission", permission));
    co_return Result<>();
  }
  if (owner->is_masked) co_return fail(std::move(hidden));
  if (owner->customer_id) {
    if (who.realm != Realm::customer || owner->customer_id != who.id) co_return fail(std::move(hidden));
    co_return Result<>();
  }
  if (!cart_token || cart_token->empty()) co_return fail(std::move(hidden));
  EMP_CO_ASSIGN(const bool is_theirs, co_await neighbours_.is_guests_session(std::move(context), owner->session_id, std::move(*cart_token)));
  if (!is_theirs) co_return fail(std::move(hidden));
  co_return Result<>();
}

Task<Result<v1::Invoice>> InvoiceService::visible(CallContext context, Uuid id, std::optional<std::string> cart_token, std::string permission) {
  EMP_CO_ASSIGN(auto invoice, co_await store_.load(id));
  EMP_CO_TRY(co_await check_owner(std::move(context), invoice.order_id, std::move(cart_token), std::move(permission), no_invoice()));
  co_return invoice;
}

Task<Result<v1::ListOrderInvoicesResponse>> InvoiceService::list_order_invoices(CallContext context, v1::ListOrderInvoicesRequest request) {
  EMP_CO_TRY(co_await check_owner(std::move(context), request.order_id, std::move(request.cart_token), "order.order.read", no_order()));
  v1::ListOrderInvoicesResponse out;
  EMP_CO_ASSIGN(out.invoices, co_await store_.of_order(request.order_id));
  if (out.invoices.empty()) EMP_CO_TRY(co_await store_.owner_of(request.order_id));  // For staff: an unknown order is no order without invoices.
  co_return out;
}

Task<Result<v1::Invoice>> InvoiceService::get_invoice(CallContext context, v1::GetInvoiceRequest request) {
  co_return co_await visible(std::move(context), request.id, std::move(request.cart_token), "order.order.read");
}

Task<Result<v1::GetInvoicePdfResponse>> InvoiceService::get_invoice_pdf(CallContext context, v1::GetInvoicePdfRequest request) {
  EMP_CO_ASSIGN(const auto invoice, co_await visible(std::move(context), request.id, std::move(request.cart_token), "order.order.read"));
  if (drawing_ >= drawing_max)
    co_return fail(
        Error(ErrorKind::resource_exhausted, "TOO_MANY_DOCUMENTS", "too many documents are drawn at once; try again in a moment").with("retry_after", 1));
  const Drawing counted(drawing_);
  pdf::Sheet sheet = sheet_of(invoice, sellers_.of(invoice.seller_id).logo_png);
  std::move_only_function<Result<std::string>()> draw = [sheet = std::move(sheet)] { return pdf::render(sheet); };
  v1::GetInvoicePdfResponse out;
  EMP_CO_ASSIGN(out.document, co_await runtime_.on_worker<Result<std::string>>(std::move(draw)));
  out.content_type = "application/pdf";
  out.content_disposition = text("attachment; filename=\"", invoice.number, ".pdf\"");
  out.cache_control = "private, no-store";
  co_return out;
}

Task<Result<v1::InvoiceMail>> InvoiceService::send_invoice(CallContext context, v1::SendInvoiceRequest request) {
  EMP_CO_ASSIGN(const auto invoice, co_await visible(context, request.id, request.cart_token, "order.order.write"));
  if (!mailer_.is_enabled()) co_return fail(ErrorKind::rule_violated, "MAIL_DISABLED", "this shop sends no mail; download the document instead");
  EMP_CO_ASSIGN(const auto owner, co_await store_.owner_of(invoice.order_id));
  if (owner.is_masked) co_return fail(ErrorKind::gone, "INVOICE_SEALED", "the buyer's data was erased; nothing is mailed any more");
  const Principal& who = context.principal;
  const std::string caller = who.realm == Realm::staff      ? text("staff:", who.id)
                             : who.realm == Realm::customer ? text("customer:", who.id)
                                                            : text("guest:", Uuid::from_name(request.cart_token.value_or("")))  // The token itself is a secret.
      ;
  const postgres::IdempotencyScope scope{caller, "order.send_invoice", context.idempotency_key, request.id.to_string()};
  EMP_CO_ASSIGN(auto work, co_await store_.begin(context));
  EMP_CO_ASSIGN(const auto first, co_await postgres::claim_key(work, scope));
  if (first) co_return parse_json<v1::InvoiceMail>(first->body);
  const UtcTime now = clock_.now();
  EMP_CO_ASSIGN(const auto mails, co_await store_.count_mails(work, invoice.id, now));
  if (mails.recent >= mails_max) {
    co_return fail(
        Error(ErrorKind::resource_exhausted, "RATE_LIMITED", "this document was mailed three times within the hour; look into the mailbox, or download it")
            .with("retry_after", 3600));
  }
  EMP_CO_TRY(co_await store_.want_mail(work, Uuid::v7(now, random_), invoice.id, mails.next, invoice.buyer.email.value_or(""), now));
  v1::InvoiceMail out;
  out.invoice_id = invoice.id;
  out.message_id = invoice_message_id(invoice.id, mails.next, from_);
  out.state = v1::InvoiceMailState::waiting;
  EMP_CO_TRY(co_await postgres::remember_answer(work, scope, {201, to_json(out)}));
  EMP_CO_TRY(co_await work.commit());
  if (on_mail) on_mail();
  co_return out;
}

Task<Result<v1::ListInvoicesResponse>> InvoiceService::list_invoices(CallContext, v1::ListInvoicesRequest request) {
  InvoiceFilter filter{.seller_id = request.seller_id, .year = request.year, .number = request.number};
  if (request.kind) filter.kind = std::string(to_string(*request.kind));
  filter.count = request.page_size.value_or(20);
  if (request.page_token) {
    EMP_CO_ASSIGN(const auto token, PageToken::parse(*request.page_token));
    filter.before_at = token.at;
    filter.before_id = token.id;
  }
  v1::ListInvoicesResponse out;
  EMP_CO_ASSIGN(out.invoices, co_await store_.list(filter));
  if (static_cast<std::int32_t>(out.invoices.size()) == filter.count)
    out.next_page_token = PageToken{out.invoices.back().issued_at, out.invoices.back().id}.to_string();
  co_return out;
}

}  // namespace emporion::order
