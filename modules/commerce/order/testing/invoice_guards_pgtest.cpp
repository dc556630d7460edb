#include "kernel/testing/rival.hpp"
#include "modules/commerce/order/testing/invoice_fixture.hpp"

// What keeps numbers without gaps and documents without doubles, whoever else is at it.
namespace emporion::order {
namespace {

struct InvoiceGuards : InvoiceTest {
  /// What a replica would issue for all that is due now.
  std::vector<DueAnswer> answers() {
    InvoiceDocuments documents(sellers, clock, random, mailer.enabled);
    std::vector<DueAnswer> out;
    for (const OrderBooks& one : run(invoices.due(clock.now(), 100)).value()) out.push_back(documents.answer(one));
    return out;
  }
  /// The invoice (or note) again, but for these columns.
  static std::string another(const std::string& kind, const std::map<std::string, std::string>& changes) {
    std::string columns, values;
    for (const std::string column : {"id",           "kind",      "series",      "year",         "no",         "order_id",    "seller_id", "credits",
                                     "seq",          "issued_at", "issued_on",   "currency",     "subtotal",   "discount",    "shipping",  "shipping_discount",
                                     "shipping_tax", "tax",       "payment_fee", "points_value", "adjustment", "grand_total", "stated"}) {
      const auto change = changes.find(column);
      columns += (columns.empty() ? "" : ", ") + column;
      values += (values.empty() ? "" : ", ") + (change != changes.end() ? change->second
                                                : column == "id"        ? "gen_random_uuid()"
                                                : column == "no"        ? "no + 1"
                                                                        : column);
    }
    return "INSERT INTO invoice (" + columns + ") SELECT " + values + " FROM invoice WHERE kind = '" + kind + "'";
  }
  void cancel(const v1::CreateOrderRequest& request) {
    v1::CancelOrderRequest cancel;
    cancel.id = request.order_id;
    cancel.reason = "changed my mind";
    const auto done = run(service.cancel_order(as(Realm::staff, Uuid::from_name("staff")), cancel));
    ASSERT_TRUE(done) << done.error().to_string();
  }
};

TEST_F(InvoiceGuards, TheNextNumberWaitsForTheOneThatIsGivenJustNow) {
  a_confirmed_order();
  issue();
  const auto request = a_confirmed_order();
  testing::Rival other(superuser_dsn());
  other.run("UPDATE invoice_counter SET last = 2");
  other.run(another("invoice", {{"order_id", "gen_random_uuid()"}}));
  auto issuing = issuing_over(invoices);
  ASSERT_TRUE(other.beside(runtime(), issuing.run(by("order"))));
  ASSERT_EQ(of(request).size(), 1u);
  EXPECT_EQ(value("SELECT string_agg(no::text, ' ' ORDER BY no) FROM invoice"), "1 2 3");
  EXPECT_EQ(value("SELECT last FROM invoice_counter"), "3");
}

TEST_F(InvoiceGuards, AnOrderThatAnotherReplicaInvoicesIsLeftToIt) {
  a_confirmed_order();
  testing::Rival other(superuser_dsn());
  other.run("SELECT FROM invoice_due FOR UPDATE");
  const auto issued = other.beside(runtime(), invoices.issue(answers(), clock.now(), Uuid()));
  ASSERT_TRUE(issued) << issued.error().to_string();
  EXPECT_TRUE(issued->empty());
  EXPECT_EQ(count("invoice"), "0");
  issue();
  EXPECT_EQ(count("invoice"), "1");
}

TEST_F(InvoiceGuards, WhatWasMadeFromOlderBooksIsNotIssued) {
  const auto request = a_confirmed_order();
  const auto old_invoice = answers();
  issue();
  sql(text("INSERT INTO invoice_due (order_id) VALUES ('", request.order_id, "')"));  // Due again, for whatever cause.
  auto issued = run(invoices.issue(old_invoice, clock.now(), Uuid()));
  ASSERT_TRUE(issued) << issued.error().to_string();
  EXPECT_TRUE(issued->empty());
  cancel(request);
  const auto old_note = answers();
  issue();
  EXPECT_EQ(count("invoice"), "2");
  sql(text("INSERT INTO invoice_due (order_id) VALUES ('", request.order_id, "')"));
  issued = run(invoices.issue(old_note, clock.now(), Uuid()));
  ASSERT_TRUE(issued) << issued.error().to_string();
  EXPECT_TRUE(issued->empty());
}

TEST_F(InvoiceGuards, WhatBecomesDueMeanwhileStaysDue) {
  a_confirmed_order();
  const auto answer = answers();
  sql("UPDATE invoice_due SET bumps = bumps + 1");
  ASSERT_EQ(run(invoices.issue(answer, clock.now(), Uuid()))->size(), 1u);
  EXPECT_EQ(count("invoice_due"), "1");
}

TEST_F(InvoiceGuards, AnOrderHasOneInvoicePerSellerAndItsNotesAreCounted) {
  const auto request = a_confirmed_order();
  issue();
  expect_refused(another("invoice", {}), "invoice_once_per_seller");
  cancel(request);
  issue();
  ASSERT_EQ(count("invoice"), "2");
  expect_refused(another("credit_note", {}), "invoice_credit_seq");
}

TEST_F(InvoiceGuards, AnInvoiceAddsUpAndNoMoreOfItIsCredited) {
  a_confirmed_order();
  issue();
  expect_refused("UPDATE invoice SET credited = grand_total + 1", "invoice_credited_at_most");
  expect_refused(another("invoice", {{"order_id", "gen_random_uuid()"}, {"grand_total", "grand_total + 1"}}), "invoice_total_derives");
  expect_refused(another("invoice", {{"order_id", "gen_random_uuid()"}, {"adjustment", "1"}, {"grand_total", "grand_total + 1"}}), "invoice_kind_fits");
}

TEST_F(InvoiceGuards, AMailThatAnotherReplicaSendsIsPassedOver) {
  a_confirmed_order();
  issue();
  testing::Rival other(superuser_dsn());
  other.run("SELECT FROM invoice_mail FOR UPDATE");
  EXPECT_TRUE(other.beside(runtime(), invoices.take_mails(clock.now() + hours(1), seconds(60), 10))->empty());
  EXPECT_EQ(run(invoices.take_mails(clock.now() + hours(1), seconds(60), 10))->size(), 1u);
}

TEST_F(InvoiceGuards, TheAnswerToATryThatWasGivenUpChangesNothing) {
  a_confirmed_order();
  issue();
  const auto first = run(invoices.take_mails(clock.now(), seconds(1), 10));
  ASSERT_EQ(first->size(), 1u);
  clock.move(minutes(1));
  ASSERT_EQ(run(invoices.take_mails(clock.now(), seconds(60), 10))->size(), 1u);
  ASSERT_TRUE(run(invoices.finish_mail(first->front(), v1::InvoiceMailState::failed, std::nullopt, "late", clock.now())));
  EXPECT_EQ(value("SELECT state || ' ' || tries FROM invoice_mail"), "unknown 2");
}

TEST_F(InvoiceGuards, AWishThatMeetsAnotherOneIsTheNext) {
  const auto request = a_confirmed_order();
  issue();
  v1::SendInvoiceRequest wish;
  wish.id = of(request)[0].id;
  wish.cart_token = text("cart of ", request.session_id);
  testing::Rival other(superuser_dsn());
  other.run("SELECT FROM invoice FOR NO KEY UPDATE");
  other.run(
      "INSERT INTO invoice_mail (id, invoice_id, seq, recipient, next_at, created_at) SELECT gen_random_uuid(), id, 1, 'x@example.test', now(), now() FROM "
      "invoice");
  const auto sent = other.beside(runtime(), invoice_service.send_invoice(guest(), wish));
  ASSERT_TRUE(sent) << sent.error().to_string();
  EXPECT_EQ(value("SELECT string_agg(seq::text, ' ' ORDER BY seq) FROM invoice_mail"), "0 1 2");
}

TEST_F(InvoiceGuards, AMailIsWrittenOnce) {
  a_confirmed_order();
  issue();
  expect_refused(
      "INSERT INTO invoice_mail (id, invoice_id, seq, recipient, next_at, created_at) SELECT gen_random_uuid(), invoice_id, seq, recipient, now(), now() "
      "FROM invoice_mail",
      "invoice_mail_invoice_id_seq_key");
}

}  // namespace
}  // namespace emporion::order
