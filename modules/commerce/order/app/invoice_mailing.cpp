#include "modules/commerce/order/app/invoice_mailing.hpp"

#include <algorithm>
#include <utility>

#include "kernel/base/text.hpp"
#include "kernel/observe/log.hpp"
#include "kernel/observe/metrics.hpp"
#include "modules/commerce/order/app/invoice_sheet.hpp"

namespace emporion::order {
namespace {

constexpr std::int32_t mails_per_round = 4;
constexpr int rounds_max = 1'000;
constexpr seconds lease{300};                  // Longer than a round of stalled tries; a mail whose sender died is tried again after it.
constexpr std::int32_t tries_max = 12;         // With the waits below, about a day and a half.
constexpr std::int32_t unknown_tries_max = 6;  // Each may have been a delivery: fewer of them.

/// 30 s, 1 min, 2 min … 6 h.
microseconds wait_after(std::int32_t tries) { return std::min<microseconds>(seconds(std::int64_t{15} << std::min(tries, 20)), hours(6)); }

/// One try and what it said, for the metrics.
void count(std::string_view result) {
  observe::counter("emporion_invoice_mails_total", "Tries to mail an invoice.", {{"result", std::string(result)}}).increment();
}

}  // namespace

std::string invoice_message_id(const Uuid& invoice_id, std::int32_t seq, const mail::Mailbox& from) {
  return text("invoice.", invoice_id, ".", seq, "@", from.address.substr(from.address.find('@') + 1));
}

mail::Message invoice_message(const v1::Invoice& invoice, const TakenMail& mail, mail::Mailbox from, std::string document) {
  const bool vi = invoice.locale.starts_with("vi");
  const bool is_note = invoice.kind == v1::InvoiceKind::credit_note;
  const std::string amount = text(readable_amount(invoice.totals.grand_total, invoice.locale), " ", invoice.currency);
  mail::Message out;
  out.message_id = invoice_message_id(invoice.id, mail.seq, from);
  if (from.name.empty()) from.name = invoice.seller.name;
  out.from = std::move(from);
  out.to = {invoice.buyer.name, mail.recipient};
  out.date = mail.wanted_at;
  if (vi) {
    out.subject = text(is_note ? "Phiếu ghi có " : "Hóa đơn ", invoice.number, " cho đơn hàng ", invoice.order_number);
    out.body = text("Kính gửi ", invoice.buyer.name, ",\n\n", is_note ? "Đính kèm là phiếu ghi có " : "Cảm ơn bạn đã mua hàng. Đính kèm là hóa đơn ",
                    invoice.number, " cho đơn hàng ", invoice.order_number, ", tổng cộng ", amount, ".\n\n", invoice.seller.name, "\n");
  } else {
    out.subject = text(is_note ? "Credit note " : "Invoice ", invoice.number, " for order ", invoice.order_number);
    out.body =
        text("Dear ", invoice.buyer.name, ",\n\n", is_note ? "please find attached credit note " : "thank you for your order. Please find attached invoice ",
             invoice.number, " for order ", invoice.order_number, ", total ", amount, ".\n\n", invoice.seller.name, "\n");
  }
  out.attachments.push_back({invoice.number + ".pdf", "application/pdf", std::move(document)});
  return out;
}

Task<Result<>> InvoiceMailing::run(CallContext context) {
  for (int round = 0; round < rounds_max; ++round) {
    EMP_CO_ASSIGN(const auto mails, co_await store_.take_mails(clock_.now(), lease, mails_per_round));
    if (mails.empty()) break;
    for (const TakenMail& mail : mails) EMP_CO_TRY(co_await attempt(context, mail));
  }
  co_return Result<>();
}

Task<Result<>> InvoiceMailing::attempt(CallContext context, TakenMail mail) {
  const auto sent = co_await send(std::move(context), mail);
  const UtcTime now = clock_.now();
  if (sent) {
    count("sent");
    co_return co_await store_.finish_mail(mail, v1::InvoiceMailState::sent, std::nullopt, std::nullopt, now);
  }
  using State = v1::InvoiceMailState;
  const Error& error = sent.error();
  const bool is_unknown = error.kind() == ErrorKind::deadline_exceeded;
  const bool goes_on = is_unknown ? mail.tries < unknown_tries_max : error.reason() != "MAIL_REFUSED" && mail.tries < tries_max;
  const State state = is_unknown ? State::unknown : goes_on ? State::waiting : State::failed;
  count(to_string(state));
  observe::warning("an invoice was not mailed", {{"invoice_id", mail.invoice_id.to_string()},
                                                 {"recipient", observe::masked(mail.recipient)},
                                                 {"tries", text(mail.tries)},
                                                 {"error", error.to_string()},
                                                 {"goes_on", goes_on ? "true" : "false"}});
  co_return co_await store_.finish_mail(mail, state, goes_on ? std::optional(now + wait_after(mail.tries)) : std::nullopt, error.to_string(), now);
}

Task<Result<>> InvoiceMailing::send(CallContext context, TakenMail mail) {
  EMP_CO_ASSIGN(const auto invoice, co_await store_.load(mail.invoice_id));
  EMP_CO_ASSIGN(const auto owner, co_await store_.owner_of(invoice.order_id));
  if (owner.is_masked) co_return fail(ErrorKind::rule_violated, "MAIL_REFUSED", "the buyer was erased");
  pdf::Sheet sheet = sheet_of(invoice, sellers_.of(invoice.seller_id).logo_png);
  std::move_only_function<Result<std::string>()> draw = [sheet = std::move(sheet)] { return pdf::render(sheet); };
  EMP_CO_ASSIGN(auto document, co_await runtime_.on_worker<Result<std::string>>(std::move(draw)));
  co_return co_await mailer_.send(std::move(context), invoice_message(invoice, mail, from_, std::move(document)));
}

}  // namespace emporion::order
