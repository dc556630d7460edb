#include <gmock/gmock.h>

#include "contracts/commerce/order/v1/invoice_events.hpp"
#include "kernel/fault/fault_points.hpp"
#include "modules/commerce/order/api/audit.hpp"
#include "modules/commerce/order/testing/invoice_fixture.hpp"

namespace emporion::order {

void InvoiceTest::expect_clean_books() {
  for (const AuditCheck& check : audit_checks()) EXPECT_EQ(value(text("SELECT count(*)::text FROM (", check.sql, ") x")), "0") << check.invariant;
}

namespace {

TEST_F(InvoiceTest, AConfirmedOrderGetsOneInvoiceThatStatesIt) {
  const auto request = a_confirmed_order(3);
  EXPECT_EQ(count("invoice"), "0") << "the confirmation does not wait for it";
  issue();
  issue();
  const auto documents = of(request);
  ASSERT_EQ(documents.size(), 1u);
  const v1::Invoice& invoice = documents[0];
  EXPECT_EQ(invoice.number, text("TV-", invoice.issued_on.substr(0, 4), "-000001"));
  EXPECT_EQ(invoice.order_id, request.order_id);
  EXPECT_EQ(invoice.totals.grand_total, request.totals.grand_total);
  EXPECT_EQ(invoice.totals.tax, request.totals.tax);
  EXPECT_EQ(invoice.lines.size(), 3u);
  EXPECT_EQ(invoice.lines[1].name, request.lines[1].name);
  EXPECT_EQ(invoice.seller.tax_id, "0101234567");
  EXPECT_EQ(invoice.buyer.name, "Nguyễn Thị Hoa");
  EXPECT_TRUE(invoice.ship_to.empty());
  ASSERT_EQ(invoice.taxes.size(), 2u);
  EXPECT_EQ(invoice.taxes[0].base.amount(), 660'000);
  EXPECT_EQ(invoice.taxes[0].tax.amount(), 99'000);
  EXPECT_EQ(invoice.taxes[1].of, "shipping");
  EXPECT_EQ(invoice.status, v1::InvoiceStatus::issued);
  EXPECT_EQ(count("invoice_due"), "0");
  const auto event = parse_json<v1::OrderInvoiceIssued>(value("SELECT data FROM outbox WHERE topic = 'order.invoice.issued'"));
  ASSERT_TRUE(event) << event.error().to_string();
  EXPECT_EQ(event->number, invoice.number);
  EXPECT_EQ(event->issued_at, invoice.issued_at);
  expect_clean_books();
}

TEST_F(InvoiceTest, AnOrderThatIsNotConfirmedHasNone) {
  ASSERT_TRUE(create(an_order()));
  issue();
  EXPECT_EQ(count("invoice"), "0");
}

TEST_F(InvoiceTest, EachSellerStatesItsPartAndThePartsAreTheOrder) {
  auto request = an_order_of_two(1, 2);
  request.totals.shipping = request.shipment_groups[0].fee = Money(30'001, Currency::of("VND"));
  request.totals.grand_total = Money(253'000 * 3 + 30'001, Currency::of("VND"));
  ASSERT_TRUE(create(request));
  ASSERT_TRUE(confirm(request));
  issue();
  const auto documents = of(request);
  ASSERT_EQ(documents.size(), 2u);
  EXPECT_EQ(numbers("TV").substr(8), "000001");
  EXPECT_EQ(numbers("GBT").substr(9), "000001");
  Money sum = Money::zero(Currency::of("VND")), shipping = sum;
  for (const v1::Invoice& invoice : documents) {
    sum += invoice.totals.grand_total;
    shipping += invoice.totals.shipping;
    EXPECT_EQ(invoice.seller.name, invoice.seller_id ? "Gốm Bát Tràng" : "Trà Việt");
    EXPECT_EQ(invoice.lines.size(), invoice.seller_id ? 2u : 1u);
    EXPECT_EQ(invoice.totals.shipping.amount(), invoice.seller_id ? 20'001 : 10'000);
  }
  EXPECT_EQ(sum, request.totals.grand_total);
  EXPECT_EQ(shipping, request.totals.shipping);
  expect_clean_books();
}

TEST_F(InvoiceTest, ASellerWithoutSettingsHasASeriesOfItsOwn) {
  auto request = an_order(1);
  request.lines[0].seller_id = Uuid::from_name("unknown seller");
  ASSERT_TRUE(create(request));
  ASSERT_TRUE(confirm(request));
  issue();
  ASSERT_EQ(of(request).size(), 1u);
  EXPECT_TRUE(of(request)[0].number.starts_with("S"));
  EXPECT_NE(of(request)[0].seller.name.find("(seller "), std::string::npos);
}

TEST_F(InvoiceTest, TheYearIsTheSellersOwn) {
  // 2027-01-01 in Hà Nội, still 2026 in UTC.
  const auto request = an_order_of_two(1, 1);
  ASSERT_TRUE(create(request));
  ASSERT_TRUE(confirm(request));
  auto issuing = issuing_over(invoices);
  const UtcTime midnight = *UtcTime::parse("2030-12-31T18:00:00Z");
  clock.move(midnight - clock.now());
  ASSERT_TRUE(run(issuing.run(by("order"))));
  EXPECT_EQ(numbers("TV"), "TV-2031-000001");
  EXPECT_EQ(numbers("GBT"), "GBT-2030-000001");
  EXPECT_EQ(value("SELECT string_agg(issued_on::text, ' ' ORDER BY series) FROM invoice"), "2030-12-31 2031-01-01");
}

TEST_F(InvoiceTest, ALaterNumberHasNoEarlierDate) {
  a_confirmed_order();
  issue();
  a_confirmed_order();
  clock.move(-minutes(10));  // A replica whose clock is behind.
  issue();
  EXPECT_EQ(value("SELECT bool_and(issued_at >= before) FROM (SELECT issued_at, lag(issued_at, 1, '-infinity') OVER (ORDER BY no) AS before FROM invoice) x"),
            "t");
}

TEST_F(InvoiceTest, CannotBeChangedOrTakenAway) {
  a_confirmed_order();
  issue();
  auto connection = postgres::BlockingConnection::open(dsn());
  ASSERT_TRUE(connection);
  for (const char* statement : {"UPDATE invoice SET stated = '{}'", "UPDATE invoice SET grand_total = grand_total + 1, subtotal = subtotal + 1",
                                "UPDATE invoice SET credited = -1", "DELETE FROM invoice", "UPDATE invoice_counter SET last = 0"}) {
    const auto done = connection->run(statement);
    EXPECT_FALSE(done) << statement;
  }
  expect_clean_books();
}

TEST_F(InvoiceTest, AGapCannotBeCommitted) {
  a_confirmed_order();
  issue();
  auto connection = postgres::BlockingConnection::open(dsn());
  ASSERT_TRUE(connection);
  const auto gap = connection->run(
      "INSERT INTO invoice SELECT (jsonb_populate_record(i, jsonb_build_object('id', gen_random_uuid(), 'order_id', gen_random_uuid(), 'no', 3))).* FROM "
      "invoice i");
  ASSERT_FALSE(gap);
  const auto by_columns = connection->run(
      "INSERT INTO invoice (id, kind, series, year, no, order_id, seq, issued_at, issued_on, currency, subtotal, discount, shipping, shipping_discount, "
      "shipping_tax, tax, payment_fee, points_value, "
      "adjustment, grand_total, stated) SELECT gen_random_uuid(), kind, series, year, 3, gen_random_uuid(), seq, issued_at, issued_on, currency, subtotal, "
      "discount, shipping, shipping_discount, "
      "shipping_tax, tax, payment_fee, points_value, adjustment, grand_total, stated FROM invoice");
  ASSERT_FALSE(by_columns);
  EXPECT_NE(by_columns.error().detail().find("invoice_has_predecessor"), std::string::npos) << by_columns.error().detail();
}

TEST_F(InvoiceTest, ASeriesBelongsToOneSeller) {
  a_confirmed_order();
  issue();
  InvoiceSeller thief = sellers.of(seller_id);
  thief.series = "TV";
  sellers = InvoiceSellers(sellers.of(std::nullopt), {{seller_id, thief}});
  const auto request = an_order_of_two(0, 1);
  ASSERT_TRUE(create(request));
  ASSERT_TRUE(confirm(request));
  const auto other = a_confirmed_order();
  issue();
  EXPECT_TRUE(of(request).empty());
  EXPECT_EQ(of(other).size(), 1u) << "one order that cannot be invoiced holds nobody back";
  EXPECT_NE(value("SELECT problem FROM invoice_due").find("INVOICE_SERIES_TAKEN"), std::string::npos);
}

// --- Credit notes ---

TEST_F(InvoiceTest, ACancelledOrderIsCreditedWhole) {
  const auto request = a_confirmed_order(2);
  issue();
  v1::CancelOrderRequest cancel;
  cancel.id = request.order_id;
  cancel.reason = "too many";
  const auto cancelled = run(service.cancel_order(as(Realm::staff, Uuid::from_name("staff")), cancel));
  ASSERT_TRUE(cancelled) << cancelled.error().to_string();
  issue();
  const auto documents = of(request);
  ASSERT_EQ(documents.size(), 2u);
  EXPECT_EQ(documents[0].status, v1::InvoiceStatus::credited);
  EXPECT_EQ(documents[0].credited, request.totals.grand_total);
  EXPECT_EQ(documents[1].kind, v1::InvoiceKind::credit_note);
  EXPECT_EQ(documents[1].credits_number, documents[0].number);
  EXPECT_TRUE(documents[1].number.starts_with("TVC-"));
  EXPECT_EQ(documents[1].totals.grand_total, request.totals.grand_total);
  EXPECT_EQ(documents[1].totals.tax, request.totals.tax);
  const auto event = parse_json<v1::OrderInvoiceCredited>(value("SELECT data FROM outbox WHERE topic = 'order.invoice.credited'"));
  ASSERT_TRUE(event) << event.error().to_string();
  EXPECT_TRUE(event->is_last);
  expect_clean_books();
}

TEST_F(InvoiceTest, AnOrderCancelledBeforeItsInvoiceHasBoth) {
  const auto request = a_confirmed_order();
  v1::CancelOrderRequest cancel;
  cancel.id = request.order_id;
  cancel.reason = "at once";
  ASSERT_TRUE(run(service.cancel_order(as(Realm::staff, Uuid::from_name("staff")), cancel)));
  issue();
  EXPECT_EQ(of(request).size(), 2u);
  EXPECT_EQ(count("invoice_due"), "0");
  expect_clean_books();
}

TEST_F(InvoiceTest, CancelledUnitsAndLaterRefundsAreCreditedOnceEach) {
  const auto vnd = [](std::int64_t amount) { return Money(amount, Currency::of("VND")); };
  auto request = an_order(2, v1::PaymentMethod::card);
  ASSERT_TRUE(create(request));
  ASSERT_TRUE(confirm(request));
  issue();
  v1::CancelItemsRequest items;
  items.id = request.order_id;
  items.reason = "one is enough";
  v1::CancelItem item;
  item.line_no = 1;
  item.qty = 1;
  items.items.push_back(item);
  const auto done = run(service.cancel_items(as(Realm::staff, Uuid::from_name("staff"), "items"), items));
  ASSERT_TRUE(done) << done.error().to_string();
  issue();
  ASSERT_EQ(of(request).size(), 2u);
  EXPECT_EQ(of(request)[1].totals.grand_total, vnd(126'500));
  EXPECT_EQ(of(request)[1].lines[0].qty, 1);
  // Its refund comes through, then one for a return.
  payment::v1::RefundCompleted refund;
  refund.order_id = request.order_id;
  refund.payment_id = Uuid::from_name(text("payment", request.order_id));
  refund.amount = refund.total_refunded = vnd(126'500);
  ASSERT_TRUE(hear(&EventHandlers::on_refund_completed, refund));
  issue();
  EXPECT_EQ(of(request).size(), 2u) << "the refund of the cancelled unit is credited already";
  refund.amount = vnd(50'000);
  refund.total_refunded = vnd(176'500);
  ASSERT_TRUE(hear(&EventHandlers::on_refund_completed, refund));
  ASSERT_TRUE(hear(&EventHandlers::on_refund_completed, refund));
  issue();
  const auto documents = of(request);
  ASSERT_EQ(documents.size(), 3u);
  EXPECT_EQ(documents[2].totals.grand_total, vnd(50'000));
  EXPECT_EQ(documents[2].reason, "refunded");
  EXPECT_EQ(documents[0].credited, vnd(176'500));
  EXPECT_EQ(documents[0].status, v1::InvoiceStatus::issued);
  EXPECT_EQ(numbers("TVC"), text(documents[1].number, " ", documents[2].number));
  // All of it goes back in the end: the notes are the invoice.
  refund.total_refunded = request.totals.grand_total;
  ASSERT_TRUE(hear(&EventHandlers::on_refund_completed, refund));
  issue();
  EXPECT_EQ(of(request)[0].status, v1::InvoiceStatus::credited);
  EXPECT_EQ(of(request)[0].credited, request.totals.grand_total);
  expect_clean_books();
}

TEST_F(InvoiceTest, ARefundWithoutLinesIsSplitOverTheSellers) {
  auto request = an_order_of_two(1, 2);
  request.payment_method = v1::PaymentMethod::card;
  request.payment_deadline = clock.now() + minutes(15);
  ASSERT_TRUE(create(request));
  ASSERT_TRUE(confirm(request));
  issue();
  payment::v1::RefundCompleted refund;
  refund.order_id = request.order_id;
  refund.payment_id = Uuid::from_name(text("payment", request.order_id));
  refund.amount = refund.total_refunded = Money(100'001, Currency::of("VND"));
  ASSERT_TRUE(hear(&EventHandlers::on_refund_completed, refund));
  issue();
  EXPECT_EQ(value("SELECT sum(grand_total)::text || ' in ' || count(*) FROM invoice WHERE kind = 'credit_note'"), "100001 in 2");
  expect_clean_books();
}

// --- Numbers under losses ---

TEST_F(InvoiceTest, ALostAnswerBeforeOrAfterTheCommitLeavesNoGapAndNoSecond) {
  for (const char* point : {"lose:order.commit.before:1", "lose:order.commit.after:1"}) {
    const auto request = a_confirmed_order();
    ASSERT_TRUE(fault::FaultPoints::arm(point));
    auto issuing = issuing_over(invoices);
    const auto lost = run(issuing.run(by("order")));
    fault::FaultPoints::disarm();
    EXPECT_FALSE(lost) << point;
    EXPECT_TRUE(lost.error().is_transient());
    issue();
    EXPECT_EQ(of(request).size(), 1u) << point;
  }
  EXPECT_EQ(value("SELECT string_agg(no::text, ' ' ORDER BY no) FROM invoice"), "1 2");
  expect_clean_books();
}

TEST_F(InvoiceTest, TwoThousandLinesAreOneInvoice) {
  const auto request = a_confirmed_order(2'000);
  issue();
  ASSERT_EQ(of(request).size(), 1u);
  EXPECT_EQ(of(request)[0].lines.size(), 2'000u);
  expect_clean_books();
}

}  // namespace
}  // namespace emporion::order
