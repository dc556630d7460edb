#include <set>

#include "modules/commerce/payment/testing/credit_fixture.hpp"

namespace emporion::payment {
namespace {

// --- Issuing ---

TEST_F(Credit, ACodeIsShownOnceAndKeptNowhere) {
  v1::IssueGiftCardRequest request;
  request.amount = dong(500'000);
  request.recipient_email = "hoa@example.com";
  std::vector<Task<Result<v1::IssuedGiftCard>>> tasks;
  for (int i = 0; i < 6; ++i) tasks.push_back(api().issue_gift_card(as_staff("one"), request));
  int shown = 0;
  std::string code;
  std::set<Uuid> ids;
  for (const auto& answer : run(when_all(std::move(tasks)))) {
    ASSERT_TRUE(answer) << answer.error().to_string();
    ids.insert(answer->card.id);
    if (answer->code) ++shown, code = *answer->code;
  }
  EXPECT_EQ(ids.size(), 1u);
  EXPECT_EQ(shown, 1);
  EXPECT_EQ(code.size(), 19u);
  EXPECT_EQ(count("credit_account"), "1");
  EXPECT_EQ(balance(*ids.begin()), 500'000);
  EXPECT_EQ(check(code)->balance, dong(500'000));
  // Neither the code nor its form without hyphens stands in any text of the database.
  std::string bare;
  for (const char c : code) {
    if (c != '-') bare += c;
  }
  for (const auto& table : sql("SELECT quote_ident(table_name) FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'")) {
    for (const std::string& text_of : {code, bare})
      EXPECT_EQ(value(text("SELECT count(*) FROM ", *table.front(), " t WHERE t::text LIKE '%", text_of, "%'")), "0") << *table.front();
  }
  EXPECT_EQ(value("SELECT count(*) FROM outbox WHERE topic = 'payment.credit.issued'"), "1");
  request.amount = dong(1);
  EXPECT_EQ(run(api().issue_gift_card(as_staff("one"), request)).error().reason(), "IDEMPOTENCY_KEY_REUSED");
}

TEST_F(Credit, ACardIsRefusedWithoutAmountInThePastOrWithACodeThatIsNone) {
  v1::IssueGiftCardRequest request;
  request.amount = dong(0);
  EXPECT_EQ(run(api().issue_gift_card(as_staff(), request)).error().reason(), "AMOUNT_OUT_OF_RANGE");
  request.amount = dong(100);
  request.expires_at = clock.now() - seconds(1);
  EXPECT_EQ(run(api().issue_gift_card(as_staff(), request)).error().reason(), "EXPIRY_IN_PAST");
  request.expires_at.reset();
  request.code = "NOT A CODE !!!!!!";
  EXPECT_EQ(run(api().issue_gift_card(as_staff(), request)).error().reason(), "GIFT_CARD_CODE_INVALID");
  EXPECT_EQ(count("credit_account"), "0");
  // A card of an earlier system is taken over once.
  request.code = "old-card-0000-0001";
  EXPECT_EQ(run(api().issue_gift_card(as_staff("old"), request)).error().reason(), "GIFT_CARD_CODE_INVALID") << "fifteen characters";
  request.code = "oldc-ard0-0000-0001";
  ASSERT_TRUE(run(api().issue_gift_card(as_staff("old"), request)));
  request.code = "0LDC ARDO OOOO OOOI";
  EXPECT_EQ(run(api().issue_gift_card(as_staff("taken"), request)).error().reason(), "GIFT_CARD_EXISTS");
}

TEST_F(Credit, AThousandCardsAreOneCommitAndEachHasItsOwnCode) {
  v1::IssueGiftCardsRequest request{.amount = dong(100'000), .count = 1'000};
  const auto issued = run(api().issue_gift_cards(as_staff(), request));
  ASSERT_TRUE(issued) << issued.error().to_string();
  std::set<std::string> codes;
  for (const auto& card : issued->cards) codes.insert(card.code.value_or(""));
  EXPECT_EQ(codes.size(), 1'000u);
  EXPECT_EQ(count("credit_account"), "1000");
  const auto again = run(api().issue_gift_cards(as_staff(), request));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->cards.size(), 1'000u);
  EXPECT_FALSE(again->cards.front().code.has_value());
  EXPECT_EQ(count("credit_account"), "1000");
}

TEST_F(Credit, StoreCreditIsOneAccountPerCustomerAndCurrency) {
  std::vector<Task<Result<v1::CreditAccount>>> tasks;
  for (int i = 0; i < 8; ++i)
    tasks.push_back(
        api().grant_store_credit(as_staff(text("g", i % 4)), {.customer_id = Uuid::from_name("linh"), .amount = dong(1'000), .reason = "goodwill"}));
  for (const auto& answer : run(when_all(std::move(tasks)))) ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(count("credit_account"), "1");
  const auto own = run(api().get_store_credit(as_customer("linh"), {.customer_id = Uuid::from_name("linh")}));
  ASSERT_EQ(own->accounts.size(), 1u);
  EXPECT_EQ(own->accounts.front().balance, dong(4'000)) << "four keys, each sent twice at once";
  EXPECT_EQ(run(api().get_store_credit(as_customer("mai"), {.customer_id = Uuid::from_name("linh")})).error().reason(), "CREDIT_NOT_FOUND");
  const auto history = run(api().list_store_credit_postings(as_customer("linh"), {.customer_id = Uuid::from_name("linh"), .currency = "VND", .page_size = 3}));
  ASSERT_EQ(history->postings.size(), 3u);
  EXPECT_FALSE(history->postings.front().reason.has_value()) << "staff's words are for staff";
  EXPECT_EQ(run(api().list_store_credit_postings(
                    as_customer("linh"), {.customer_id = Uuid::from_name("linh"), .currency = "VND", .page_size = 3, .page_token = history->next_page_token}))
                ->postings.size(),
            1u);
  EXPECT_EQ(run(api().list_store_credit_postings(as_customer("mai"), {.customer_id = Uuid::from_name("linh"), .currency = "VND"})).error().reason(),
            "CREDIT_NOT_FOUND");
}

TEST_F(Credit, AnAdjustmentNeverGoesBelowZero) {
  const Uuid id = a_card(1'000).card.id;
  std::vector<Task<Result<v1::CreditAccount>>> tasks;
  for (int i = 0; i < 6; ++i)
    tasks.push_back(api().adjust_credit(as_staff(text("down", i / 2)), {.id = id, .amount = dong(-600), .reason = "sold by mistake"}));
  int done = 0;
  for (const auto& answer : run(when_all(std::move(tasks)))) {
    done += answer.has_value();
    if (!answer) EXPECT_EQ(answer.error().reason(), "CREDIT_INSUFFICIENT");
  }
  EXPECT_EQ(done, 2) << "one adjustment, and its repeat";
  EXPECT_EQ(balance(id), 400);
  EXPECT_EQ(run(api().adjust_credit(as_staff("up"), {.id = id, .amount = dong(100), .reason = "found"}))->balance, dong(500));
  EXPECT_EQ(run(api().adjust_credit(as_staff("usd"), {.id = id, .amount = Money(1, Currency::of("USD")), .reason = "x"})).error().reason(),
            "CURRENCY_MISMATCH");
  EXPECT_EQ(run(api().adjust_credit(as_staff("none"), {.id = Uuid::from_name("none"), .amount = dong(1), .reason = "x"})).error().reason(), "CREDIT_NOT_FOUND");
}

// --- Codes ---

TEST_F(Credit, AWrongCodeADisabledCardAndAnExpiredOneAreToldAlike) {
  const auto disabled = a_card(1'000);
  const auto expired = a_card(1'000, clock.now() + hours(1));
  ASSERT_TRUE(run(api().disable_credit(as_staff(), {.id = disabled.card.id, .reason = "stolen"})));
  clock.move(hours(2));
  const auto wrong = check("AAAA-BBBB-CCCC-DDDD");
  EXPECT_EQ(wrong.error().reason(), "GIFT_CARD_NOT_FOUND");
  for (const std::string& code : {*disabled.code, *expired.code, std::string("no code at all")})
    EXPECT_EQ(check(code).error().to_string(), wrong.error().to_string());
  ASSERT_TRUE(run(api().enable_credit(as_staff(), {.id = disabled.card.id, .reason = "found"})));
  EXPECT_EQ(check(*disabled.code)->balance, dong(1'000));
}

TEST_F(Credit, AfterTenWrongCodesInAMinuteNoneIsLookedAt) {
  const auto card = a_card(1'000);
  for (int i = 0; i < 15; ++i) EXPECT_TRUE(check(*card.code)) << "right codes do not count";
  std::vector<Task<Result<v1::CheckGiftCardResponse>>> tasks;
  for (int i = 0; i < 14; ++i) tasks.push_back(api().check_gift_card(by("guest"), {.code = text("AAAA-BBBB-CCCC-", 1000 + i), .client_address = "10.0.0.1"}));
  int limited = 0;
  for (const auto& answer : run(when_all(std::move(tasks)))) limited += answer.error().reason() == "RATE_LIMITED";
  EXPECT_EQ(limited, 4);
  EXPECT_EQ(check(*card.code).error().reason(), "RATE_LIMITED");
  EXPECT_TRUE(check(*card.code, "10.0.0.2")) << "somebody else";
  // The same bucket when codes are given to checkout.
  EXPECT_EQ(run(api().resolve_credits(by("checkout"), {.codes = {*card.code}, .customer_id = std::nullopt, .currency = "VND", .asked_by = "guest 10.0.0.1"}))
                .error()
                .reason(),
            "RATE_LIMITED");
  clock.move(seconds(61));
  EXPECT_TRUE(check(*card.code));
}

TEST_F(Credit, CodesBecomeAccountsInTheirOrderEachOnceAndTheCustomersOwnLast) {
  const auto first = a_card(100), second = a_card(200);
  const auto own = grant("linh", 300, "g");
  v1::ResolveCreditsRequest request{
      .codes = {*second.code, *first.code, *second.code}, .customer_id = Uuid::from_name("linh"), .currency = "VND", .asked_by = "x"};
  const auto resolved = run(api().resolve_credits(by("checkout"), request));
  ASSERT_TRUE(resolved) << resolved.error().to_string();
  ASSERT_EQ(resolved->credits.size(), 3u);
  EXPECT_EQ(resolved->credits[0].account_id, second.card.id);
  EXPECT_EQ(resolved->credits[1].account_id, first.card.id);
  EXPECT_EQ(resolved->credits[2].account_id, own.id);
  EXPECT_EQ(resolved->credits[2].available, dong(300));
  request.codes = {*first.code, "AAAA-BBBB-CCCC-DDDD"};
  const auto refused = run(api().resolve_credits(by("checkout"), request));
  EXPECT_EQ(refused.error().reason(), "GIFT_CARD_INVALID");
  EXPECT_EQ(refused.error().metadata_json("index"), "1");
  request.codes = {*first.code};
  request.currency = "USD";
  EXPECT_EQ(run(api().resolve_credits(by("checkout"), request)).error().reason(), "GIFT_CARD_INVALID") << "no currency is converted silently";
  const auto balances = run(api().get_credit_balances(
      by("checkout"), {.account_ids = {own.id, first.card.id, Uuid::from_name("none")}, .customer_id = Uuid::from_name("mai"), .currency = "VND"}));
  EXPECT_EQ(balances->available, (std::vector<Money>{dong(0), dong(100), dong(0)})) << "another customer's credit is nothing to Mai";
}

// --- Tender ---

TEST_F(Credit, TwoOrdersThatWantOneCardAtOnceNeverSpendItTwice) {
  const Uuid card = a_card(100).card.id;
  std::vector<Task<Result<v1::CreditHold>>> tasks;
  for (int i = 0; i < 12; ++i) tasks.push_back(api().hold_credit(by("checkout"), a_hold({{card, 60}})));
  int done = 0;
  for (const auto& answer : run(when_all(std::move(tasks)))) {
    done += answer.has_value();
    if (answer) continue;
    EXPECT_EQ(answer.error().reason(), "CREDIT_INSUFFICIENT");
    EXPECT_EQ(answer.error().metadata_json("available"), R"({"amount":40,"currency":"VND"})");
  }
  EXPECT_EQ(done, 1);
  EXPECT_EQ(balance(card), 40);
  EXPECT_EQ(held(card), 60);
  EXPECT_EQ(count("credit_hold"), "1") << "what was refused leaves nothing";
}

TEST_F(Credit, AHoldTakesAllItsPartsOrNone) {
  const Uuid card = a_card(100).card.id;
  const Uuid own = grant("linh", 50, "g").id;
  const Uuid linh = Uuid::from_name("linh");
  EXPECT_EQ(hold(a_hold({{card, 100}, {own, 51}}, linh)).error().metadata_json("available"), R"({"amount":150,"currency":"VND"})");
  EXPECT_EQ(hold(a_hold({{card, 10}, {own, 10}})).error().reason(), "CREDIT_INSUFFICIENT") << "a guest has no store credit";
  EXPECT_EQ(hold(a_hold({{card, 10}, {own, 10}}, Uuid::from_name("mai"))).error().reason(), "CREDIT_INSUFFICIENT");
  EXPECT_EQ(balance(card), 100);
  EXPECT_EQ(balance(own), 50);
  // Opposite orders of the accounts at once: locked in one order, nobody waits for ever.
  std::vector<Task<Result<v1::CreditHold>>> tasks;
  for (int i = 0; i < 10; ++i) {
    auto request = a_hold({{card, 10}, {own, 5}}, linh);
    if (i % 2 == 1) std::swap(request.parts[0], request.parts[1]);
    tasks.push_back(api().hold_credit(by("checkout"), request));
  }
  for (const auto& answer : run(when_all(std::move(tasks)))) EXPECT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(balance(card), 0);
  EXPECT_EQ(balance(own), 0);
}

TEST_F(Credit, OneHoldSentManyTimesAtOnceIsOneHold) {
  const Uuid card = a_card(100).card.id;
  const auto request = a_hold({{card, 60}});
  std::vector<Task<Result<v1::CreditHold>>> tasks;
  for (int i = 0; i < 10; ++i) tasks.push_back(api().hold_credit(by("checkout"), request));
  for (const auto& answer : run(when_all(std::move(tasks)))) {
    ASSERT_TRUE(answer) << answer.error().to_string();
    EXPECT_EQ(answer->amount, dong(60));
  }
  EXPECT_EQ(balance(card), 40);
  auto other = request;
  other.parts.front().amount = dong(61);
  EXPECT_EQ(hold(other).error().reason(), "IDEMPOTENCY_KEY_REUSED");
}

TEST_F(Credit, AHoldThatComesAfterItsReleaseIsRefused) {
  const Uuid card = a_card(100).card.id;
  const auto request = a_hold({{card, 60}});
  ASSERT_TRUE(release(request));
  ASSERT_TRUE(release(request));
  EXPECT_EQ(hold(request).error().reason(), "CREDIT_RELEASED");
  EXPECT_EQ(balance(card), 100);
  // And one that comes after its order's end.
  const auto late = a_hold({{card, 60}});
  ASSERT_TRUE(hear(&EventHandlers::on_order_cancelled, a_cancellation(late.order_id)));
  EXPECT_EQ(hold(late).error().reason(), "CREDIT_RELEASED");
  ASSERT_TRUE(release(late));
  EXPECT_EQ(balance(card), 100);
}

TEST_F(Credit, AReleaseGivesBackOnceAndNotWhatIsSpent) {
  const Uuid card = a_card(100).card.id;
  const auto request = a_hold({{card, 60}});
  ASSERT_TRUE(hold(request));
  std::vector<Task<Result<v1::CreditHold>>> tasks;
  for (int i = 0; i < 6; ++i) tasks.push_back(api().release_credit(by("checkout"), {.id = request.hold_id, .order_id = request.order_id}));
  for (const auto& answer : run(when_all(std::move(tasks)))) EXPECT_EQ(answer->status, v1::CreditHoldStatus::released);
  EXPECT_EQ(balance(card), 100);
  EXPECT_EQ(hold(request).error().reason(), "CREDIT_RELEASED");
  const auto spent = a_hold({{card, 100}});
  ASSERT_TRUE(hold(spent));
  EXPECT_EQ(redeem(spent)->status, v1::CreditHoldStatus::redeemed);
  EXPECT_EQ(redeem(spent)->status, v1::CreditHoldStatus::redeemed);
  EXPECT_EQ(release(spent).error().reason(), "CREDIT_REDEEMED");
  EXPECT_EQ(balance(card), 0);
  EXPECT_EQ(redeem(a_hold({{card, 1}})).error().reason(), "CREDIT_HOLD_NOT_FOUND");
}

TEST_F(Credit, OfACancelledOrderGoesBackToWhereItCameFromOnce) {
  const Uuid card = a_card(100).card.id;
  const Uuid own = grant("linh", 50, "g").id;
  const auto request = a_hold({{card, 100}, {own, 20}}, Uuid::from_name("linh"));
  ASSERT_TRUE(hold(request));
  ASSERT_TRUE(redeem(request));
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(hear(&EventHandlers::on_order_cancelled, a_cancellation(request.order_id)));
  EXPECT_EQ(balance(card), 100);
  EXPECT_EQ(balance(own), 50);
  EXPECT_EQ(redeem(request)->status, v1::CreditHoldStatus::returned) << "late: it changes nothing";
  EXPECT_EQ(
      value(
          "SELECT string_agg((data::json #>> '{total_returned,amount}') || (data::json ->> 'full'), ' ') FROM outbox WHERE topic = 'payment.credit.returned'"),
      "120true");
}

TEST_F(Credit, OfAnOrderThatIsCancelledBeforeItsRedemptionIsReleasedAndTheLateRedemptionIsNothing) {
  const Uuid card = a_card(100).card.id;
  const auto request = a_hold({{card, 100}});
  ASSERT_TRUE(hold(request));
  ASSERT_TRUE(hear(&EventHandlers::on_order_cancelled, a_cancellation(request.order_id)));
  EXPECT_EQ(balance(card), 100);
  EXPECT_EQ(redeem(request)->status, v1::CreditHoldStatus::released);
  EXPECT_EQ(balance(card), 100);
}

TEST_F(Credit, ThatComesBackToAnExpiredCardCanBeSpentForThirtyDays) {
  const auto card = a_card(100, clock.now() + hours(1));
  const auto request = a_hold({{card.card.id, 60}});
  ASSERT_TRUE(hold(request));
  ASSERT_TRUE(redeem(request));
  clock.move(hours(2));
  EXPECT_EQ(hold(a_hold({{card.card.id, 1}})).error().reason(), "CREDIT_INSUFFICIENT") << "over, though no job has said so";
  ASSERT_TRUE(run(api().expire(by("payment"))));
  ASSERT_TRUE(run(api().expire(by("payment"))));
  EXPECT_EQ(value("SELECT status || ' ' || balance FROM credit_account"), "expired 0");
  EXPECT_EQ(value("SELECT sum(amount)::text FROM credit_entry WHERE bucket = 'expired'"), "40");
  EXPECT_EQ(run(api().enable_credit(as_staff(), {.id = card.card.id, .reason = "x"})).error().reason(), "CREDIT_EXPIRED");
  ASSERT_TRUE(hear(&EventHandlers::on_order_cancelled, a_cancellation(request.order_id)));
  EXPECT_EQ(check(*card.code)->balance, dong(60));
  clock.move(hours(24 * 31));
  ASSERT_TRUE(run(api().expire(by("payment"))));
  EXPECT_EQ(balance(card.card.id), 0);
}

// --- The database's own word ---

TEST_F(Credit, TheTablesRefuseWhatNoWriterMayDo) {
  const Uuid card = a_card(100).card.id;
  auto opened = postgres::BlockingConnection::open(superuser_dsn());
  ASSERT_TRUE(opened);
  postgres::BlockingConnection connection = std::move(*opened);
  const auto refuses = [&](const std::string& statement, const std::string& why) {
    const auto answer = connection.run(statement);
    ASSERT_FALSE(answer) << statement;
    EXPECT_NE(answer.error().detail().find(why), std::string::npos) << answer.error().to_string();
  };
  refuses("UPDATE credit_account SET balance = -1", "credit_balance_not_negative");
  refuses("UPDATE credit_account SET held = -1", "credit_held_not_negative");
  refuses("UPDATE credit_account SET status = 'expired'", "credit_expired_is_empty");
  refuses("UPDATE credit_account SET customer_id = id", "credit_account_owner");
  refuses("UPDATE credit_entry SET amount = amount + 1", "append-only");
  refuses("DELETE FROM credit_entry", "append-only");
  refuses(text("INSERT INTO credit_entry (posting_id, line_no, account_id, bucket, amount, currency, cause, at) VALUES (gen_random_uuid(), 1, '", card,
               "', 'balance', 5, 'VND', 'issued', now())"),
          "does not balance");
  const auto request = a_hold({{card, 60}});
  ASSERT_TRUE(hold(request));
  refuses("UPDATE credit_hold SET returned = amount + 1", "credit_hold_returned_within");
  refuses("UPDATE credit_hold SET status = 'returned'", "credit_hold_over_is_returned");
  refuses("UPDATE credit_hold_part SET returned = amount + 1", "credit_part_returned_within");
}

}  // namespace
}  // namespace emporion::payment
