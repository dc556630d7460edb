#include "modules/commerce/order/app/invoice_sheet.hpp"

#include <algorithm>
#include <utility>

#include "kernel/base/text.hpp"
#include "modules/commerce/order/app/invoice_words.hpp"

namespace emporion::order {
namespace {

bool is_vietnamese(std::string_view locale) { return locale == "vi" || locale.starts_with("vi-") || locale.starts_with("vi_"); }

std::string payment_words(const std::string& method, bool vi) {
  static constexpr std::pair<std::string_view, std::pair<const char*, const char*>> names[] = {{"none", {"Nothing to pay", "Không phải trả"}},
                                                                                               {"card", {"Card", "Thẻ"}},
                                                                                               {"paypal", {"PayPal", "PayPal"}},
                                                                                               {"vnpay", {"VNPay", "VNPay"}},
                                                                                               {"momo", {"MoMo", "MoMo"}},
                                                                                               {"cod", {"Cash on delivery", "Tiền mặt khi nhận hàng"}},
                                                                                               {"bank_transfer", {"Bank transfer", "Chuyển khoản"}}};
  for (const auto& [name, words] : names) {
    if (name == method) return vi ? words.second : words.first;
  }
  return method;
}

std::string reason_words(const std::string& reason, bool vi) {
  if (reason == "cancelled") return vi ? "Đơn hàng đã hủy" : "Order cancelled";
  if (reason == "units_cancelled") return vi ? "Hủy một phần" : "Units cancelled";
  if (reason == "refunded") return vi ? "Hoàn tiền" : "Refund";
  return reason;
}

std::string rates_of(const v1::InvoiceLine& line, std::string_view locale) {
  std::string out;
  for (const v1::InvoiceLineTax& tax : line.taxes) out += text(out.empty() ? "" : "+", readable_rate(tax.rate, locale));
  return out.empty() ? "–" : out;
}

std::string label_of(const v1::InvoiceTaxTotal& row, const Words& words, std::string_view locale) {
  if (row.of == "shipping") return words.shipping;
  if (row.of == "fee") return words.fee;
  if (row.name.empty()) return row.rate == "0" ? words.no_tax : words.other_tax;
  return text(row.name, " ", readable_rate(row.rate, locale));
}

void add_totals(pdf::Sheet& sheet, const v1::Invoice& invoice, const Words& words) {
  const v1::InvoiceTotals& t = invoice.totals;
  const bool is_note = invoice.kind == v1::InvoiceKind::credit_note;
  const auto add = [&](const char* label, const Money& money, bool is_less = false) {
    if (!money.is_zero()) sheet.totals.push_back({label, text(is_less ? "−" : "", readable_amount(money, invoice.locale)), false});
  };
  add(words.subtotal, t.subtotal);
  add(words.discount, t.discount, true);
  add(words.shipping, t.shipping);
  add(words.shipping_discount, t.shipping_discount, true);
  add(words.fee, t.payment_fee);
  add(is_note && t.subtotal.is_zero() ? words.refund : words.adjustment, t.adjustment);
  add(words.tax, t.tax);
  add(words.points, t.points_value, true);
  sheet.totals.push_back({is_note ? words.total_credit : words.total, text(readable_amount(t.grand_total, invoice.locale), " ", invoice.currency), true});
}

}  // namespace

std::string readable_amount(const Money& money, std::string_view locale) {
  const bool vi = is_vietnamese(locale);
  const int exponent = money.currency().exponent();
  std::string digits = std::to_string(money.amount() < 0 ? -money.amount() : money.amount());
  if (static_cast<int>(digits.size()) <= exponent) digits.insert(0, static_cast<std::size_t>(exponent) + 1 - digits.size(), '0');
  const std::size_t whole = digits.size() - static_cast<std::size_t>(exponent);
  std::string out;
  for (std::size_t i = 0; i < whole; ++i) {
    if (i > 0 && (whole - i) % 3 == 0) out.push_back(vi ? '.' : ',');
    out.push_back(digits[i]);
  }
  if (exponent > 0) out += text(vi ? ',' : '.', digits.substr(whole));
  return money.is_negative() ? "−" + out : out;
}

std::string readable_rate(std::string_view rate, std::string_view locale) {
  const auto parsed = Rate::parse(rate);
  if (!parsed) return std::string(rate);
  // Per cent: the decimal point goes two places to the right, and idle zeros go.
  std::string digits = std::to_string(parsed->digits());
  int scale = parsed->scale() - 2;
  if (scale < 0) digits.append(static_cast<std::size_t>(-scale), '0');
  scale = std::max(scale, 0);
  if (static_cast<int>(digits.size()) <= scale) digits.insert(0, static_cast<std::size_t>(scale) + 1 - digits.size(), '0');
  std::string fraction = digits.substr(digits.size() - static_cast<std::size_t>(scale));
  while (!fraction.empty() && fraction.back() == '0') fraction.pop_back();
  std::string whole = digits.substr(0, digits.size() - static_cast<std::size_t>(scale));
  while (whole.size() > 1 && whole.front() == '0') whole.erase(0, 1);
  return text(whole, fraction.empty() ? "" : is_vietnamese(locale) ? "," : ".", fraction, "%");
}

pdf::Sheet sheet_of(const v1::Invoice& invoice, std::string logo_png) {
  const bool vi = is_vietnamese(invoice.locale);
  const Words& words = vi ? vietnamese : english;
  const bool is_note = invoice.kind == v1::InvoiceKind::credit_note;
  const auto amount = [&](const Money& money) { return readable_amount(money, invoice.locale); };
  const auto labelled = [](const char* label, const std::string& value) { return text(label, ": ", value); };

  pdf::Sheet out;
  out.heading = is_note ? words.credit_note : words.invoice;
  out.title = text(out.heading, " ", invoice.number);
  out.language = vi ? "vi" : "en";
  out.created_at = invoice.issued_at;
  out.logo_png = std::move(logo_png);
  out.sender.push_back(invoice.seller.name);
  for (const std::string& line : invoice.seller.address) out.sender.push_back(line);
  if (invoice.seller.tax_id) out.sender.push_back(labelled(words.tax_id, *invoice.seller.tax_id));
  if (invoice.seller.email) out.sender.push_back(labelled(words.email, *invoice.seller.email));
  if (invoice.seller.phone) out.sender.push_back(labelled(words.phone, *invoice.seller.phone));
  out.facts.push_back({words.number, invoice.number, true});
  out.facts.push_back({words.date, invoice.issued_on});
  if (invoice.credits_number) out.facts.push_back({words.credits, *invoice.credits_number});
  if (invoice.reason) out.facts.push_back({words.reason, reason_words(*invoice.reason, vi)});
  out.facts.push_back({words.order, invoice.order_number});
  if (!is_note) out.facts.push_back({words.payment, payment_words(invoice.payment.method, vi)});

  pdf::Box buyer{words.bill_to, {invoice.buyer.name}};
  if (invoice.buyer.company) buyer.lines.push_back(*invoice.buyer.company);
  for (const std::string& line : invoice.buyer.address) buyer.lines.push_back(line);
  if (invoice.buyer.tax_id) buyer.lines.push_back(labelled(words.tax_id, *invoice.buyer.tax_id));
  if (invoice.buyer.email) buyer.lines.push_back(*invoice.buyer.email);
  out.boxes.push_back(std::move(buyer));
  if (!invoice.ship_to.empty()) out.boxes.push_back({words.ship_to, invoice.ship_to});

  if (!invoice.lines.empty()) {
    using pdf::Align;
    out.items.columns = {{words.line, 4, Align::right},   {words.item, 41, Align::left, true}, {words.qty, 6, Align::right},
                         {words.price, 13, Align::right}, {words.discount, 11, Align::right},  {words.rate, 8, Align::right},
                         {words.tax, 11, Align::right},   {words.amount, 14, Align::right}};
    for (const v1::InvoiceLine& line : invoice.lines) {
      out.items.rows.push_back({text(line.line_no), text(line.name, "\n", line.sku), text(line.qty), amount(line.unit_price),
                                line.discount.is_zero() ? "–" : amount(line.discount), rates_of(line, invoice.locale),
                                line.tax.is_zero() ? "–" : amount(line.tax), amount(line.total)});
    }
  }
  if (!invoice.taxes.empty()) {
    out.summary_title = words.tax_summary;
    out.summary.columns = {{"", 10, pdf::Align::left}, {words.base, 9, pdf::Align::right}, {words.tax, 8, pdf::Align::right}};
    for (const v1::InvoiceTaxTotal& row : invoice.taxes) out.summary.rows.push_back({label_of(row, words, invoice.locale), amount(row.base), amount(row.tax)});
  }
  add_totals(out, invoice, words);
  out.notes.push_back(text(words.amounts_in, invoice.currency, invoice.lines.empty() ? "." : text(". ", words.keep)));
  out.footer = text(invoice.seller.name, " · ", out.title);
  out.page_of = words.page;
  return out;
}

}  // namespace emporion::order
