#include "modules/commerce/order/app/invoice_documents.hpp"

#include <algorithm>
#include <map>

#include "kernel/base/assert.hpp"
#include "kernel/base/text.hpp"
#include "modules/commerce/order/domain/credit.hpp"

namespace emporion::order {
namespace {

std::vector<std::string> lines_of(const v1::Address& address) {
  std::vector<std::string> out;
  const auto add = [&](const std::optional<std::string>& line) {
    if (line && !line->empty()) out.push_back(*line);
  };
  const auto joined = [](const std::optional<std::string>& a, const std::optional<std::string>& b, std::string_view between) {
    const std::string first = a.value_or(""), second = b.value_or("");
    return text(first, first.empty() || second.empty() ? "" : between, second);
  };
  add(address.line1);
  add(address.line2);
  add(joined(address.ward, address.district, ", "));
  add(joined(address.postal_code, address.city, " "));
  const std::string region = address.region_code.value_or("");
  add(region.empty() ? address.country : region.starts_with(address.country) ? region : text(region, ", ", address.country));
  return out;
}

v1::InvoiceParty buyer_of(const OrderBooks& books) {
  v1::InvoiceParty out;
  out.name = books.billing_address.name;
  out.company = books.billing_address.company;
  out.address = lines_of(books.billing_address);
  out.email = books.email;
  out.phone = books.phone ? books.phone : books.billing_address.phone;
  return out;
}

v1::InvoiceParty party_of(const InvoiceSeller& seller) {
  v1::InvoiceParty out;
  out.name = seller.name;
  out.address = seller.address;
  out.tax_id = seller.tax_id;
  out.email = seller.email;
  out.phone = seller.phone;
  return out;
}

v1::InvoiceLine line_of(const BookedLine& booked, const StatedLine& line, Currency currency) {
  v1::InvoiceLine out;
  out.line_no = line.line_no;
  out.sku = booked.sku;
  out.name = booked.name;
  out.qty = static_cast<std::int32_t>(line.qty);
  out.unit_price = Money(line.unit_price, currency);
  out.discount = Money(line.discount, currency);
  for (const StatedTax& tax : line.taxes) {
    v1::InvoiceLineTax part;
    part.name = tax.name;
    part.rate = tax.rate;
    part.amount = Money(tax.amount, currency);
    out.taxes.push_back(std::move(part));
  }
  out.tax = Money(line.tax, currency);
  out.total = Money(line.total, currency);
  return out;
}

v1::InvoiceTaxTotal row_of(const TaxTotal& row, Currency currency) {
  v1::InvoiceTaxTotal out;
  out.of = row.of;
  out.name = row.name;
  out.rate = row.rate;
  out.base = Money(row.base, currency);
  out.tax = Money(row.tax, currency);
  return out;
}

/// The terms of a document and their members in the contract, so that both ways go over one list.
constexpr std::pair<std::int64_t InvoiceTerms::*, Money v1::InvoiceTotals::*> term_members[] = {
    {&InvoiceTerms::subtotal, &v1::InvoiceTotals::subtotal},         {&InvoiceTerms::discount, &v1::InvoiceTotals::discount},
    {&InvoiceTerms::shipping, &v1::InvoiceTotals::shipping},         {&InvoiceTerms::shipping_discount, &v1::InvoiceTotals::shipping_discount},
    {&InvoiceTerms::shipping_tax, &v1::InvoiceTotals::shipping_tax}, {&InvoiceTerms::tax, &v1::InvoiceTotals::tax},
    {&InvoiceTerms::payment_fee, &v1::InvoiceTotals::payment_fee},   {&InvoiceTerms::points_value, &v1::InvoiceTotals::points_value},
    {&InvoiceTerms::adjustment, &v1::InvoiceTotals::adjustment},     {&InvoiceTerms::grand_total, &v1::InvoiceTotals::grand_total},
};

InvoiceTerms terms_of(const v1::InvoiceTotals& totals) {
  InvoiceTerms out;
  for (const auto& [term, member] : term_members) out.*term = (totals.*member).amount();
  return out;
}

/// A document's money, read back from what it states. Of a credit note it is what the note takes back.
Credit money_of(const v1::Invoice& document) {
  Credit out;
  out.terms = terms_of(document.totals);
  for (const v1::InvoiceLine& line : document.lines) {
    StatedLine stated{.line_no = line.line_no,
                      .unit_price = line.unit_price.amount(),
                      .qty = line.qty,
                      .discount = line.discount.amount(),
                      .tax = line.tax.amount(),
                      .total = line.total.amount()};
    for (const v1::InvoiceLineTax& tax : line.taxes) stated.taxes.push_back(StatedTax{tax.name, tax.rate, tax.amount.amount()});
    out.lines.push_back(std::move(stated));
  }
  for (const v1::InvoiceTaxTotal& row : document.taxes) out.taxes.push_back(TaxTotal{row.of, row.name, row.rate, row.base.amount(), row.tax.amount()});
  return out;
}

void state(NewDocument& document, const OrderBooks& books, const Credit& money) {
  const Currency currency = Currency::of(books.currency);
  std::map<std::int32_t, const BookedLine*> booked;
  for (const BookedLine& line : books.lines) booked[line.money.line_no] = &line;
  document.terms = money.terms;
  document.is_last = money.is_last;
  v1::Invoice& stated = document.stated;
  for (const StatedLine& line : money.lines) stated.lines.push_back(line_of(*booked.at(line.line_no), line, currency));
  for (const TaxTotal& row : money.taxes) stated.taxes.push_back(row_of(row, currency));
  for (const auto& [term, member] : term_members) stated.totals.*member = Money(money.terms.*term, currency);
}

/// What cancelled units are worth in all: the same shares as the refunds that were asked for them.
std::int64_t cancelled_value(const OrderBooks& books) {
  std::int64_t out = 0;
  for (const BookedLine& line : books.lines) {
    if (line.cancelled_qty == 0) continue;
    const LineMoney money{
        .unit_price = line.money.unit_price, .qty = line.money.qty, .discount = line.money.discount, .tax = line.money.tax, .total = line.money.total};
    out += value_of_units(money, 0, line.cancelled_qty);
  }
  return out;
}

/// One invoice of the order with the notes issued for it and those just made.
struct Account {
  const v1::Invoice* invoice;
  CreditedInvoice money;
  std::int32_t notes = 0;
  bool is_over = false;
};

std::vector<Account> accounts_of(const OrderBooks& books) {
  std::vector<Account> out;
  for (const v1::Invoice& document : books.documents) {
    if (document.kind != v1::InvoiceKind::invoice) continue;
    Credit money = money_of(document);
    out.push_back(Account{&document, CreditedInvoice(Invoiced{money.terms, std::move(money.lines), std::move(money.taxes)}), 0,
                          document.status == v1::InvoiceStatus::credited});
  }
  for (const v1::Invoice& document : books.documents) {
    if (document.kind != v1::InvoiceKind::credit_note) continue;
    const auto account = std::ranges::find_if(out, [&](const Account& one) { return one.invoice->id == document.credits_id; });
    EMP_ASSERT(account != out.end());
    account->money.take(money_of(document));
    ++account->notes;
  }
  return out;
}

}  // namespace

NewDocument InvoiceDocuments::document_of(const OrderBooks& books, const std::optional<Uuid>& seller) {
  const InvoiceSeller profile = sellers_.of(seller);
  NewDocument out;
  out.series = profile.series;
  out.time_zone = profile.time_zone;
  v1::Invoice& stated = out.stated;
  stated.id = Uuid::v7(clock_.now(), random_);
  stated.kind = v1::InvoiceKind::invoice;
  stated.order_id = books.order_id;
  stated.order_number = books.order_number;
  stated.seller_id = seller;
  stated.ordered_at = books.placed_at;
  stated.currency = books.currency;
  stated.seller = party_of(profile);
  stated.buyer = buyer_of(books);
  if (books.shipping_address != books.billing_address) {
    stated.ship_to = lines_of(books.shipping_address);
    stated.ship_to.insert(stated.ship_to.begin(), books.shipping_address.name);
  }
  stated.payment.method = books.payment_method;
  stated.payment.provider = books.payment_provider;
  stated.payment.status = books.payment_status;
  stated.status = v1::InvoiceStatus::issued;
  stated.credited = Money::zero(Currency::of(books.currency));
  stated.locale = books.locale;
  stated.mail = v1::InvoiceMailState::disabled;
  if (is_mailed_ && books.is_mailed) out.mail_id = Uuid::v7(clock_.now(), random_);
  return out;
}

std::vector<NewDocument> InvoiceDocuments::invoices(const OrderBooks& books) {
  std::map<std::optional<Uuid>, std::vector<StatedLine>> by_seller;  // The house first.
  for (const BookedLine& line : books.lines) by_seller[line.seller_id].push_back(line.money);
  std::vector<std::vector<StatedLine>> parts;
  for (const auto& [seller, lines] : by_seller) parts.push_back(lines);
  const std::vector<InvoiceTerms> terms = split_order(books.totals, parts);
  std::vector<NewDocument> out;
  std::size_t i = 0;
  for (auto& [seller, lines] : by_seller) {
    out.push_back(document_of(books, seller));
    state(out.back(), books, Credit{.lines = lines, .terms = terms[i], .taxes = tax_totals(lines, terms[i]), .is_last = false});
    ++i;
  }
  return out;
}

std::vector<NewDocument> InvoiceDocuments::credit_notes(const OrderBooks& books) {
  std::vector<Account> accounts = accounts_of(books);
  std::vector<NewDocument> out;
  const auto credit = [&](Account& account, const Credit& money, std::string reason) {
    const std::optional<Uuid>& seller = account.invoice->seller_id;
    NewDocument note = document_of(books, seller);
    note.series = sellers_.of(seller).credit_series;
    note.seq = ++account.notes;
    note.stated.kind = v1::InvoiceKind::credit_note;
    note.stated.credits_id = account.invoice->id;
    note.stated.credits_number = account.invoice->number;
    note.stated.reason = std::move(reason);
    note.stated.seller = account.invoice->seller;  // As the invoice names the parties, whatever the settings say by now.
    note.stated.buyer = account.invoice->buyer;
    state(note, books, money);
    account.money.take(money);
    account.is_over = money.is_last;
    out.push_back(std::move(note));
  };

  if (books.is_cancelled) {
    for (Account& account : accounts) {
      if (!account.is_over) credit(account, account.money.credit_rest(), "cancelled");
    }
    return out;
  }
  std::map<std::int32_t, std::int64_t> cancelled;
  for (const BookedLine& line : books.lines) cancelled[line.money.line_no] = line.cancelled_qty;
  for (Account& account : accounts) {
    if (account.is_over) continue;
    if (const auto money = account.money.credit_units(cancelled)) credit(account, *money, "units_cancelled");
  }
  // What was refunded beyond the cancelled units. Those of a prepaid order are among its refunds; of cash on delivery they were never paid.
  const std::int64_t units = cancelled_value(books);
  const std::int64_t wanted = books.payment_method == "cod" ? units + books.refunded : std::max(units, books.refunded);
  std::int64_t credited = 0;
  std::vector<std::int64_t> left;
  for (const Account& account : accounts) {
    credited += account.money.credited();
    left.push_back(account.is_over ? 0 : account.money.left());
  }
  std::int64_t open = 0;
  for (const std::int64_t part : left) open += part;
  const std::int64_t more = std::min(wanted - credited, open);
  if (more <= 0) return out;
  const std::vector<std::int64_t> parts = allocate(more, left);
  for (std::size_t i = 0; i < accounts.size(); ++i) {
    if (parts[i] > 0) credit(accounts[i], accounts[i].money.credit_amount(parts[i]), "refunded");
  }
  return out;
}

DueAnswer InvoiceDocuments::answer(const OrderBooks& books) {
  DueAnswer out{.order_id = books.order_id, .bumps = books.bumps, .is_done = true, .documents = {}};
  if (books.documents.empty()) {
    out.documents = invoices(books);
    // What happened since the confirmation is credited in the next round, from the invoices that stand then.
    out.is_done =
        !books.is_cancelled && books.refunded == 0 && std::ranges::all_of(books.lines, [](const BookedLine& line) { return line.cancelled_qty == 0; });
  } else {
    out.documents = credit_notes(books);
  }
  return out;
}

}  // namespace emporion::order
