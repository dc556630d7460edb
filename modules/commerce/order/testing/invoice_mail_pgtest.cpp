#include "modules/commerce/order/testing/invoice_fixture.hpp"

namespace emporion::order {
namespace {

using State = v1::InvoiceMailState;

struct InvoiceMailTest : InvoiceTest {
  v1::CreateOrderRequest an_invoiced_order() {
    auto request = a_confirmed_order();
    issue();
    return request;
  }
  void mail() {
    const auto done = run(mailing.run(by("order")));
    ASSERT_TRUE(done) << done.error().to_string();
  }
  State state(const v1::CreateOrderRequest& request) { return of(request)[0].mail; }
  v1::SendInvoiceRequest a_wish(const v1::CreateOrderRequest& request) {
    v1::SendInvoiceRequest out;
    out.id = of(request)[0].id;
    out.cart_token = text("cart of ", request.session_id);
    return out;
  }
  CallContext guest_with(std::string key) {
    CallContext out = guest();
    out.idempotency_key = std::move(key);
    return out;
  }
};

TEST_F(InvoiceMailTest, AnInvoiceIsMailedOnceWithItsDocument) {
  const auto request = an_invoiced_order();
  EXPECT_EQ(state(request), State::waiting);
  mail();
  mail();
  ASSERT_EQ(mailer.messages.size(), 1u);
  const mail::Message& message = mailer.messages[0];
  const auto invoice = of(request)[0];
  EXPECT_EQ(message.message_id, text("invoice.", invoice.id, ".0@example.com"));
  EXPECT_EQ(message.to.address, "buyer@example.test");
  EXPECT_NE(message.subject.find(invoice.number), std::string::npos);
  ASSERT_EQ(message.attachments.size(), 1u);
  EXPECT_EQ(message.attachments[0].file_name, invoice.number + ".pdf");
  EXPECT_TRUE(message.attachments[0].bytes.starts_with("%PDF"));
  EXPECT_EQ(state(request), State::sent);
}

TEST_F(InvoiceMailTest, WithoutAMailServerNothingWaitsAndNothingIsLost) {
  mailer.enabled = false;
  const auto request = an_invoiced_order();
  EXPECT_EQ(state(request), State::disabled);
  EXPECT_EQ(count("invoice_mail"), "0");
  const auto refused = run(invoice_service.send_invoice(guest_with("send"), a_wish(request)));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason(), "MAIL_DISABLED");
  EXPECT_EQ(refused.error().kind(), ErrorKind::rule_violated);
}

TEST_F(InvoiceMailTest, AnOrderFromBeforeThereWereInvoicesIsInvoicedAndNotMailed) {
  const auto request = a_confirmed_order();
  sql("UPDATE invoice_due SET is_mailed = false");  // As the migration writes it.
  issue();
  EXPECT_EQ(of(request).size(), 1u);
  EXPECT_EQ(state(request), State::disabled);
}

TEST_F(InvoiceMailTest, WhatTheServerDidNotTakeIsTriedAgainLater) {
  const auto request = an_invoiced_order();
  mailer.refusal = Error(ErrorKind::unavailable, "MAIL_NOT_TAKEN", "451 later");
  mail();
  mail();
  EXPECT_EQ(mailer.messages.size(), 1u) << "not before its time";
  EXPECT_EQ(state(request), State::waiting);
  clock.move(minutes(2));
  mailer.refusal.reset();
  mail();
  EXPECT_EQ(state(request), State::sent);
  EXPECT_EQ(mailer.messages[0].message_id, mailer.messages[1].message_id);
  EXPECT_EQ(mailer.messages[0].date, mailer.messages[1].date);
  EXPECT_EQ(mailer.messages[0].attachments[0].bytes, mailer.messages[1].attachments[0].bytes);
}

TEST_F(InvoiceMailTest, WhatIsRefusedForGoodFails) {
  const auto request = an_invoiced_order();
  mailer.refusal = Error(ErrorKind::rule_violated, "MAIL_REFUSED", "550 no such mailbox");
  mail();
  EXPECT_EQ(state(request), State::failed);
  clock.move(hours(48));
  mail();
  EXPECT_EQ(mailer.messages.size(), 1u);
  EXPECT_NE(value("SELECT last_error FROM invoice_mail").find("550"), std::string::npos);
}

TEST_F(InvoiceMailTest, ATryIsGivenUpAtLastAndSaysSo) {
  const auto request = an_invoiced_order();
  mailer.refusal = Error(ErrorKind::unavailable, "MAIL_NOT_TAKEN", "nobody listens");
  for (int i = 0; i < 20; ++i) {
    mail();
    clock.move(hours(7));
  }
  EXPECT_EQ(mailer.messages.size(), 12u);
  EXPECT_EQ(state(request), State::failed);
  expect_clean_books();
}

TEST_F(InvoiceMailTest, AnUnknownOutcomeIsRepeatedUnderTheSameIdAndStaysUnknown) {
  const auto request = an_invoiced_order();
  mailer.refusal = Error(ErrorKind::deadline_exceeded, "MAIL_OUTCOME_UNKNOWN", "no answer");
  for (int i = 0; i < 20; ++i) {
    mail();
    EXPECT_EQ(state(request), State::unknown);
    clock.move(hours(7));
  }
  EXPECT_EQ(mailer.messages.size(), 6u);
  for (const mail::Message& message : mailer.messages) EXPECT_EQ(message.message_id, mailer.messages[0].message_id);
  expect_clean_books();
}

TEST_F(InvoiceMailTest, AProcessThatDiesWhileSendingLeavesAnUnknownThatIsTriedAgain) {
  const auto request = an_invoiced_order();
  const auto taken = run(invoices.take_mails(clock.now(), seconds(300), 4));  // And then nothing: it died.
  ASSERT_TRUE(taken);
  ASSERT_EQ(taken->size(), 1u);
  EXPECT_EQ(state(request), State::unknown);
  mail();
  EXPECT_TRUE(mailer.messages.empty()) << "it may still be at it";
  clock.move(minutes(6));
  mail();
  EXPECT_EQ(state(request), State::sent);
  // The dead one's answer, if it was only slow, changes nothing any more.
  ASSERT_TRUE(run(invoices.finish_mail((*taken)[0], State::failed, std::nullopt, "late", clock.now())));
  EXPECT_EQ(state(request), State::sent);
}

TEST_F(InvoiceMailTest, TheOwnerMayHaveItAgainThreeTimesAnHour) {
  const auto request = an_invoiced_order();
  mail();
  const auto wish = a_wish(request);
  // Twice at once under one key is one.
  std::vector<Task<Result<v1::InvoiceMail>>> twice;
  twice.push_back(invoice_service.send_invoice(guest_with("once"), wish));
  twice.push_back(invoice_service.send_invoice(guest_with("once"), wish));
  int answered = 0;
  for (const auto& answer : run(when_all(std::move(twice)))) {
    if (answer) {
      ++answered;
      EXPECT_EQ(answer->message_id, text("invoice.", wish.id, ".1@example.com"));
    } else {
      EXPECT_EQ(answer.error().reason(), "REQUEST_IN_PROGRESS");
    }
  }
  EXPECT_GE(answered, 1);
  EXPECT_EQ(count("invoice_mail"), "2");
  // Many at once under different keys are no more than three.
  std::vector<Task<Result<v1::InvoiceMail>>> many;
  for (int i = 0; i < 8; ++i) many.push_back(invoice_service.send_invoice(guest_with(text("many-", i)), wish));
  int let = 0;
  for (const auto& answer : run(when_all(std::move(many)))) {
    let += answer ? 1 : 0;
    if (!answer) EXPECT_EQ(answer.error().reason(), "RATE_LIMITED");
  }
  EXPECT_EQ(let, 2);
  clock.move(minutes(61));
  EXPECT_TRUE(run(invoice_service.send_invoice(guest_with("later"), wish)));
  mail();
  EXPECT_EQ(mailer.messages.size(), 5u);
}

// --- Who sees what ---

TEST_F(InvoiceTest, OnlyTheOwnerStaffAndModulesSeeAnInvoice) {
  const auto request = a_confirmed_order();  // A guest's.
  issue();
  v1::GetInvoiceRequest get;
  get.id = of(request)[0].id;
  const auto outcome = [&](CallContext context) {
    const auto answer = run(invoice_service.get_invoice(std::move(context), get));
    return answer ? std::string("seen") : answer.error().reason();
  };
  EXPECT_EQ(outcome(guest()), "INVOICE_NOT_FOUND");
  EXPECT_EQ(outcome(as(Realm::customer, Uuid::from_name("somebody"))), "INVOICE_NOT_FOUND");
  EXPECT_EQ(outcome(as(Realm::staff, Uuid::from_name("staff"))), "PERMISSION_DENIED");
  EXPECT_EQ(outcome(by("returns")), "seen");
  CallContext finance = as(Realm::staff, Uuid::from_name("staff"));
  finance.principal.permissions = {"order.order.read"};
  EXPECT_EQ(outcome(finance), "seen");
  get.cart_token = "another guest's";
  EXPECT_EQ(outcome(guest()), "INVOICE_NOT_FOUND");
  get.cart_token = text("cart of ", request.session_id);
  EXPECT_EQ(outcome(guest()), "seen");
  get.id = Uuid::from_name("no such invoice");
  EXPECT_EQ(outcome(guest()), "INVOICE_NOT_FOUND");
  EXPECT_EQ(outcome(finance), "INVOICE_NOT_FOUND");

  v1::ListOrderInvoicesRequest list;
  list.order_id = Uuid::from_name("no such order");
  EXPECT_EQ(run(invoice_service.list_order_invoices(finance, list)).error().reason(), "ORDER_NOT_FOUND");
}

TEST_F(InvoiceMailTest, AnErasedBuyersInvoiceIsSealedAndNotMailed) {
  const auto request = an_invoiced_order();
  const auto wish = a_wish(request);
  sql(text("SELECT mask_orders(ARRAY['", request.order_id, "']::uuid[], NULL, now())"));
  mail();
  EXPECT_TRUE(mailer.messages.empty());
  EXPECT_EQ(state(request), State::failed);
  v1::GetInvoiceRequest get;
  get.id = wish.id;
  get.cart_token = wish.cart_token;
  EXPECT_EQ(run(invoice_service.get_invoice(guest(), get)).error().reason(), "INVOICE_NOT_FOUND");
  CallContext staff = as(Realm::staff, Uuid::from_name("staff"));
  staff.principal.permissions = {"order.order.read", "order.order.write"};
  EXPECT_EQ(run(invoice_service.get_invoice(staff, get)).error().reason(), "PERMISSION_DENIED");
  staff.principal.permissions = {"order.*"};
  const auto seen = run(invoice_service.get_invoice(staff, get));
  ASSERT_TRUE(seen) << seen.error().to_string();
  EXPECT_EQ(seen->buyer.name, "Nguyễn Thị Hoa") << "the document is kept as it was";
  EXPECT_EQ(run(invoice_service.send_invoice(staff, wish)).error().reason(), "INVOICE_SEALED");
  expect_clean_books();
}

TEST_F(InvoiceTest, ACustomersInvoiceIsNotSeenByACartToken) {
  auto request = an_order();
  request.customer_id = Uuid::from_name("linh");
  ASSERT_TRUE(create(request));
  ASSERT_TRUE(confirm(request));
  issue();
  v1::GetInvoicePdfRequest get;
  get.id = of(request)[0].id;
  get.cart_token = text("cart of ", request.session_id);
  EXPECT_EQ(run(invoice_service.get_invoice_pdf(guest(), get)).error().reason(), "INVOICE_NOT_FOUND");
  const auto pdf = run(invoice_service.get_invoice_pdf(as(Realm::customer, *request.customer_id), get));
  ASSERT_TRUE(pdf) << pdf.error().to_string();
  EXPECT_EQ(pdf->content_type, "application/pdf");
  EXPECT_EQ(pdf->content_disposition, text("attachment; filename=\"", of(request)[0].number, ".pdf\""));
  EXPECT_EQ(run(invoice_service.get_invoice_pdf(by("order"), get))->document, pdf->document);
}

TEST_F(InvoiceTest, ManyDocumentsAtOnceAreRefusedBeyondALimit) {
  const auto request = a_confirmed_order();
  issue();
  v1::GetInvoicePdfRequest get;
  get.id = of(request)[0].id;
  std::vector<Task<Result<v1::GetInvoicePdfResponse>>> tasks;
  for (int i = 0; i < 40; ++i) tasks.push_back(invoice_service.get_invoice_pdf(by("order"), get));
  int drawn = 0;
  for (const auto& answer : run(when_all(std::move(tasks)))) {
    drawn += answer ? 1 : 0;
    if (!answer) EXPECT_EQ(answer.error().reason(), "TOO_MANY_DOCUMENTS");
  }
  EXPECT_GE(drawn, 16);
}

TEST_F(InvoiceTest, StaffFilterTheListBySellerYearAndNumber) {
  for (int i = 0; i < 3; ++i) {
    const auto request = an_order_of_two(1, 1);
    ASSERT_TRUE(create(request));
    ASSERT_TRUE(confirm(request));
    issue();
  }
  const auto listed = [&](v1::ListInvoicesRequest request) { return run(invoice_service.list_invoices(by("order"), request)).value(); };
  EXPECT_EQ(listed({}).invoices.size(), 6u);
  v1::ListInvoicesRequest house;
  house.seller_id = Uuid();
  EXPECT_EQ(listed(house).invoices.size(), 3u);
  v1::ListInvoicesRequest other;
  other.seller_id = seller_id;
  ASSERT_EQ(listed(other).invoices.size(), 3u);
  v1::ListInvoicesRequest one;
  one.number = listed(other).invoices[1].number;
  ASSERT_EQ(listed(one).invoices.size(), 1u);
  EXPECT_EQ(listed(one).invoices[0].seller_id, seller_id);
  v1::ListInvoicesRequest old;
  old.year = 2020;
  EXPECT_TRUE(listed(old).invoices.empty());
  // Page by page, each once.
  v1::ListInvoicesRequest page;
  page.page_size = 4;
  const auto first = listed(page);
  ASSERT_TRUE(first.next_page_token);
  page.page_token = first.next_page_token;
  const auto second = listed(page);
  EXPECT_EQ(first.invoices.size() + second.invoices.size(), 6u);
  EXPECT_NE(first.invoices.back().id, second.invoices.front().id);
}

}  // namespace
}  // namespace emporion::order
