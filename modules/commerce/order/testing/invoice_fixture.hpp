#pragma once

#include <algorithm>
#include <map>

#include "kernel/mail/mailer.hpp"
#include "modules/commerce/order/adapters/postgres/postgres_invoice_store.hpp"
#include "modules/commerce/order/app/invoice_issuing.hpp"
#include "modules/commerce/order/app/invoice_mailing.hpp"
#include "modules/commerce/order/app/invoice_service.hpp"
#include "modules/commerce/order/testing/order_fixture.hpp"

namespace emporion::order {

/// A mailer that answers what the test says and keeps what it was given.
class ToldMailer final : public mail::Mailer {
 public:
  bool is_enabled() const override { return enabled; }
  Task<Result<>> send(CallContext context, mail::Message message) override {
    EXPECT_EQ(context.open_transactions(), 0);
    messages.push_back(std::move(message));
    if (refusal) co_return fail(*refusal);
    co_return Result<>();
  }
  bool enabled = true;
  std::optional<Error> refusal;
  std::vector<mail::Message> messages;
};

inline InvoiceSellers two_sellers(const Uuid& seller) {
  InvoiceSeller house;
  house.name = "Trà Việt";
  house.address = {"1 Tràng Tiền", "Hà Nội", "VN"};
  house.tax_id = "0101234567";
  house.time_zone = "Asia/Ho_Chi_Minh";
  house.series = "TV";
  house.credit_series = "TVC";
  InvoiceSeller other = house;
  other.name = "Gốm Bát Tràng";
  other.series = "GBT";
  other.credit_series = "GBTC";
  other.time_zone = "UTC";
  return InvoiceSellers(house, {{seller, other}});
}

/// The module's parts with its invoices.
struct InvoiceTest : OrderTest {
  InvoiceIssuing issuing_over(InvoiceStore& any_store) { return InvoiceIssuing(any_store, InvoiceDocuments(sellers, clock, random, mailer.enabled), clock); }
  void issue() {
    auto issuing = issuing_over(invoices);
    const auto done = run(issuing.run(by("order")));
    ASSERT_TRUE(done) << done.error().to_string();
  }
  std::vector<v1::Invoice> of(const v1::CreateOrderRequest& request) { return run(invoices.of_order(request.order_id)).value(); }
  /// Numbers of a series in the order of their issue, "TV-2026-000001 TV-2026-000002".
  std::string numbers(std::string_view series) {
    return value(text("SELECT string_agg(number, ' ' ORDER BY year, no) FROM invoice WHERE series = '", series, "'"));
  }
  CallContext guest() {
    CallContext out = by("test", "guest");
    out.principal = Principal::guest();
    return out;
  }
  /// An order of `houses` lines of the house and `others` of the other seller.
  v1::CreateOrderRequest an_order_of_two(int houses, int others) {
    auto request = an_order(houses + others);
    for (int i = houses; i < houses + others; ++i) request.lines[static_cast<std::size_t>(i)].seller_id = seller_id;
    return request;
  }
  /// Every row that must not be: numbers with gaps, sums that differ, notes above their invoice. By the module's own audit.
  void expect_clean_books();

  const Uuid seller_id = Uuid::from_name("bat trang");
  ToldMailer mailer;
  InvoiceSellers sellers = two_sellers(seller_id);
  PostgresInvoiceStore invoices{database()};
  InvoiceMailing mailing{runtime(), invoices, sellers, mailer, {"Trà Việt", "shop@example.com"}, clock};
  InvoiceService invoice_service{runtime(), invoices, neighbours, sellers, mailer, {"Trà Việt", "shop@example.com"}, clock, random};
};

}  // namespace emporion::order
