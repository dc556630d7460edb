#include <map>
#include <set>

#include "modules/product/promotion/testing/promotion_fixture.hpp"

namespace emporion::promotion {
namespace {

struct Staff : PromotionFixture {};

TEST_F(Staff, acceptance_product_3_A9_BadQuantitiesAreRefusedAndAnotherCurrencyTold) {
  for (const std::int32_t qty : {0, -1}) {
    auto input = an_input();
    input.lines[0].qty = qty;
    const auto refused = run(api().evaluate(service(), input));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind(), ErrorKind::invalid_argument);
  }
  auto terms = ten_percent();
  terms.kind = v1::PromotionKind::fixed;
  terms.percentage_bp.reset();
  terms.amounts = {{"USD", 500}};
  a_promotion(terms);
  auto vnd = an_input();
  vnd.lines[0].unit_amount = Money(100'000, Currency::of("VND"));
  EXPECT_EQ(evaluate(vnd).rejected.at(0).reason, "CURRENCY");
}

TEST_F(Staff, acceptance_product_3_A9_ASegmentIsKnownNotClaimed) {
  auto terms = ten_percent();
  terms.segments = {"VIP"};
  a_promotion(terms);
  const auto buyer = new_id();
  v1::EvaluateRequest input{.lines = {{.line_id = "1", .sku = "S", .qty = 1, .unit_amount = usd(1'000)}}};
  EXPECT_EQ(run(api().evaluate(customer(buyer), input))->rejected.at(0).reason, "SEGMENT");
  sql(text("SELECT customer_segment('", buyer, "', 'VIP', true)"));
  EXPECT_EQ(run(api().evaluate(customer(buyer), input))->discount, usd(100));
  input.customer_id = buyer;
  EXPECT_EQ(reason_of(run(api().evaluate(guest(), input))), "CALLER_NOT_ALLOWED");
  sql(text("SELECT customer_segment('", buyer, "', 'VIP', false)"));
  input.customer_id.reset();
  EXPECT_EQ(run(api().evaluate(customer(buyer), input))->rejected.at(0).reason, "SEGMENT");
}

TEST_F(Staff, acceptance_product_3_A11_AParentCategoryMatchesSkusBelowIt) {
  const auto clothes = new_id(), shirts = new_id(), sale = new_id();
  auto terms = ten_percent();
  terms.include = v1::PromotionScope{.skus = {}, .product_ids = {}, .category_ids = {clothes}};
  a_promotion(terms);
  catalog::v1::ProductCreated product;
  product.product_id = new_id();
  product.version = 1;
  product.status = "active";
  product.slug = product.name = "shirt";
  product.tax_class = "standard";
  product.category_paths = {{.path = {clothes, shirts}}};
  product.variants = {{.variant_id = new_id(), .sku = "S", .status = "active"}};
  EXPECT_EQ(evaluate(an_input()).discount, usd(0));
  ASSERT_TRUE(hear(product));
  EXPECT_EQ(evaluate(an_input()).discount, usd(300));
  catalog::v1::CategoryMoved moved;
  moved.category_id = shirts;
  moved.path = {sale, shirts};
  moved.old_path = {clothes, shirts};
  moved.name = moved.slug = "shirts";
  moved.status = "active";
  moved.version = 2;
  ASSERT_TRUE(hear(moved));
  EXPECT_EQ(evaluate(an_input()).discount, usd(0));
  moved.version = 1;
  moved.path = {clothes, shirts};
  ASSERT_TRUE(hear(moved));  // Older than what is known.
  EXPECT_EQ(evaluate(an_input()).discount, usd(0));
}

TEST_F(Staff, acceptance_product_3_A12_AStoppedCampaignStopsAllItsPromotions) {
  const auto campaign = a_campaign();
  auto terms = ten_percent();
  terms.campaign_id = campaign;
  terms.is_stackable = true;
  const auto first = a_promotion(terms);
  a_promotion(terms);
  ASSERT_EQ(evaluate(an_input()).applied.size(), 2u);
  for (int i = 0; i < 2; ++i) ASSERT_EQ(reason_of(run(api().deactivate_campaign(staff(), {campaign, {}}))), "ok");
  clock().move(milliseconds(101));
  EXPECT_TRUE(evaluate(an_input()).applied.empty());
  EXPECT_EQ(count("outbox WHERE topic = 'promotion.promotion.deactivated'"), 2);
  EXPECT_EQ(count("outbox WHERE topic = 'promotion.campaign.deactivated'"), 1);
  EXPECT_EQ(reason_of(run(api().activate_promotion(staff(), {first.id, {}}))), "CAMPAIGN_STATE");
  ASSERT_EQ(reason_of(run(api().activate_campaign(staff(), {campaign, {}}))), "ok");
  EXPECT_EQ(evaluate(an_input()).applied.size(), 2u);
}

TEST_F(Staff, acceptance_product_3_A13_TenThousandCodesAreUniqueAndRandom) {
  auto terms = ten_percent();
  terms.requires_coupon = true;
  const auto made = a_promotion(terms);
  const auto context = staff();
  const v1::GenerateCouponsRequest request{.promotion_id = made.id, .count = 10'000, .prefix = "xmas", .terms = {.type = v1::CouponType::single}};
  const auto batch = run(api().generate_coupons(context, request));
  ASSERT_TRUE(batch) << batch.error().to_string();
  EXPECT_EQ(*run(api().generate_coupons(context, request)), *batch);
  EXPECT_EQ(count("coupon"), 10'000);
  EXPECT_EQ(count("coupon WHERE code ~ '^XMAS(-[0-9A-HJKMNP-TV-Z]{4}){3}$'"), 10'000);
  // Neighbours share no more of their beginnings than chance has it.
  EXPECT_LT(count("(SELECT left(code, 9) FROM coupon GROUP BY 1 HAVING count(*) > 3) AS x"), 5);
  EXPECT_EQ(run(api().get_coupon_batch(staff(), {batch->id}))->count, 10'000);
  EXPECT_EQ(run(api().list_coupons(staff(), {.batch_id = batch->id, .page_size = 100}))->coupons.size(), 100u);
}

TEST_F(Staff, acceptance_product_3_A13_TheEleventhWrongCodeInAMinuteIsRefused) {
  a_promotion_by_coupon("GOOD1");
  for (int i = 0; i < 10; ++i) EXPECT_EQ(reason_of(run(api().validate_coupon(guest(), {.code = text("WRONG", i)}))), "COUPON_INVALID");
  EXPECT_EQ(reason_of(run(api().validate_coupon(guest(), {.code = "GOOD1"}))), "TOO_MANY_CODES");
  EXPECT_EQ(reason_of(run(api().validate_coupon(guest("192.0.2.2"), {.code = "GOOD1"}))), "ok");
  v1::EvaluateRequest input{.lines = {{.line_id = "1", .sku = "S", .qty = 1, .unit_amount = usd(1'000)}}, .coupons = {"GOOD1"}};
  EXPECT_EQ(reason_of(run(api().evaluate(guest(), input))), "TOO_MANY_CODES");
  clock().move(minutes(1));
  EXPECT_EQ(run(api().validate_coupon(guest(), {.code = "good1"}))->code, "GOOD1");
}

TEST_F(Staff, AnUnknownAndADisabledCodeLookAlike) {
  const auto made = a_promotion_by_coupon("GONE");
  const auto coupon = run(api().get_coupon(staff(), {"GONE"}));
  for (int i = 0; i < 2; ++i) ASSERT_EQ(run(api().delete_coupon(staff(), {coupon->id, coupon->version}))->status, v1::CouponStatus::disabled);
  const auto disabled = run(api().validate_coupon(guest(), {.code = "GONE"}));
  const auto unknown = run(api().validate_coupon(guest(), {.code = "NEVER"}));
  EXPECT_EQ(disabled.error().metadata_json("reason"), unknown.error().metadata_json("reason"));
  EXPECT_EQ(evaluate(an_input({"GONE"})).rejected.at(0).reason, "COUPON_UNKNOWN");
  EXPECT_EQ(reason_of(run(api().create_coupon(staff(), {made.id, "gone", {.type = v1::CouponType::multi}}))), "CODE_TAKEN");
}

TEST_F(Staff, ACouponIsBoundToItsCustomerAndItsWindow) {
  auto terms = ten_percent();
  terms.requires_coupon = true;
  const auto made = a_promotion(terms);
  const auto buyer = new_id();
  a_coupon(made.id, "BOUND", {.type = v1::CouponType::customer_bound, .customer_id = buyer});
  auto input = an_input({"bound"});
  EXPECT_EQ(evaluate(input).rejected.at(0).reason, "SEGMENT");
  input.customer_id = buyer;
  EXPECT_EQ(evaluate(input).applied.at(0).coupon, "BOUND");
  a_coupon(made.id, "LATER", {.type = v1::CouponType::multi, .customer_id = {}, .starts_at = clock().now() + hours(1)});
  EXPECT_EQ(evaluate(an_input({"LATER"})).rejected.at(0).reason, "EXPIRED");
  a_coupon(made.id, "MINIMUM", {.type = v1::CouponType::multi, .customer_id = {}, .min_order = {{"USD", 3'001}}});
  EXPECT_EQ(evaluate(an_input({"MINIMUM"})).rejected.at(0).reason, "MIN_ORDER");
  EXPECT_EQ(evaluate(an_input({"MINIMUM", "LATER", "BOUND"})).rejected.size(), 3u);
}

TEST_F(Staff, BadTermsAreRefusedWithEveryFault) {
  auto terms = ten_percent();
  terms.percentage_bp.reset();
  terms.ends_at = terms.starts_at;
  const auto refused = run(api().create_promotion(staff(), {terms}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason(), "CONFIG_INVALID");
  EXPECT_NE(refused.error().metadata_json("errors").find("percentage_bp"), std::string_view::npos);
  EXPECT_NE(refused.error().metadata_json("errors").find("ends_at"), std::string_view::npos);
  for (const auto* condition :
       {R"({"all":[]})", R"({"fact":"moon","op":"in","values":["full"]})", R"({"fact":"country","op":"like","values":["V"]})",
        R"({"not":{"all":[{"fact":"units","op":"at_least","value":-1}]}})", R"({"any":[{"fact":"sku","op":"in","values":["S"],"x":1}]})", "[]"}) {
    terms = ten_percent();
    terms.condition = json::Raw{condition};
    EXPECT_EQ(reason_of(run(api().create_promotion(staff(), {terms}))), "CONFIG_INVALID") << condition;
  }
  EXPECT_EQ(count("promotion"), 0);
  EXPECT_EQ(reason_of(run(api().create_promotion(staff({"promotion.coupon.write"}), {ten_percent()}))), "PERMISSION_DENIED");
}

TEST_F(Staff, AConditionHoldsOrNot) {
  auto terms = ten_percent();
  terms.condition = json::Raw{R"({"all":[{"fact":"country","op":"in","values":["VN"]},{"not":{"fact":"units","op":"at_least","value":4}}]})"};
  a_promotion(terms);
  auto input = an_input();
  EXPECT_EQ(evaluate(input).rejected.at(0).reason, "CONDITION");
  input.destination_country = "vn";
  EXPECT_EQ(evaluate(input).discount, usd(300));
  input.lines[0].qty = 4;
  EXPECT_EQ(evaluate(input).rejected.at(0).reason, "CONDITION");
}

TEST_F(Staff, ACreateSentTwiceAtOnceIsOnePromotion) {
  const auto context = staff();
  std::vector<Task<Result<v1::Promotion>>> tasks;
  const auto terms = ten_percent();
  for (int i = 0; i < 5; ++i) tasks.push_back(api().create_promotion(context, {terms}));
  const auto answers = run(when_all(std::move(tasks)));
  for (const auto& answer : answers) EXPECT_EQ(*answer, *answers.front());
  EXPECT_EQ(count("promotion"), 1);
  EXPECT_EQ(count("outbox WHERE topic = 'promotion.promotion.created'"), 1);
}

TEST_F(Staff, OfTwoEditsAtOnceOneWins) {
  const auto made = a_promotion(ten_percent());
  auto terms = made.terms;
  terms.percentage_bp = 500;
  std::vector<Task<Result<v1::Promotion>>> tasks;
  for (int i = 0; i < 2; ++i) tasks.push_back(api().update_promotion(staff(), {made.id, made.version, terms}));
  std::multiset<std::string> reasons;
  for (const auto& answer : run(when_all(std::move(tasks)))) reasons.insert(reason_of(answer));
  EXPECT_EQ(reasons, (std::multiset<std::string>{"VERSION_CONFLICT", "ok"}));
}

TEST_F(Staff, ALimitIsRaisedButNotBelowWhatIsUsed) {
  auto terms = ten_percent();
  terms.limit_total = 1;
  const auto made = a_promotion(terms);
  a_redemption(an_input());
  EXPECT_EQ(usage(made.id), "1 3 exhausted");
  EXPECT_EQ(evaluate(an_input()).rejected.at(0).reason, "LIMIT");
  auto now = run(api().get_promotion(staff(), {made.id}));
  terms.limit_total = 2;
  const auto raised = run(api().update_promotion(staff(), {made.id, now->version, terms}));
  ASSERT_TRUE(raised) << raised.error().to_string();
  EXPECT_EQ(raised->status, v1::PromotionStatus::active);
  EXPECT_EQ(raised->revision, 1);
  a_redemption(an_input());
  terms.limit_total = 1;
  now = run(api().get_promotion(staff(), {made.id}));
  EXPECT_EQ(reason_of(run(api().update_promotion(staff(), {made.id, now->version, terms}))), "LIMIT_BELOW_USED");
}

TEST_F(Staff, WindowsOpenAndCloseToTheInstant) {
  auto terms = ten_percent();
  terms.starts_at = clock().now() + seconds(10);
  terms.ends_at = clock().now() + seconds(20);
  const auto made = a_promotion(terms);
  EXPECT_EQ(made.status, v1::PromotionStatus::scheduled);
  EXPECT_EQ(evaluate(an_input()).discount, usd(0));
  clock().move(seconds(10));
  EXPECT_EQ(evaluate(an_input()).discount, usd(300));  // Without waiting for the job.
  ASSERT_TRUE(run(parts().promotions.pass_boundaries(context())));
  EXPECT_EQ(usage(made.id), "0 0 active");
  clock().move(seconds(10) - microseconds(1));
  EXPECT_EQ(evaluate(an_input()).discount, usd(300));
  clock().move(microseconds(1));
  EXPECT_EQ(evaluate(an_input()).discount, usd(0));
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(run(parts().promotions.pass_boundaries(context())));
  EXPECT_EQ(usage(made.id), "0 0 ended");
  EXPECT_EQ(count("outbox WHERE topic = 'promotion.promotion.ended'"), 1);
  EXPECT_EQ(reason_of(run(api().activate_promotion(staff(), {made.id, {}}))), "PROMOTION_STATE");
}

TEST_F(Staff, WhatRunsIsReadOnceForAllWhoAskMeanwhile) {
  a_promotion(ten_percent());
  for (const std::size_t running : {1u, 2u}) {
    std::vector<Task<Result<std::shared_ptr<const ActiveSet>>>> at_once;
    for (int i = 0; i < 20; ++i) at_once.push_back(parts().book.now());
    std::set<std::shared_ptr<const ActiveSet>> seen;
    for (auto& set : run(when_all(std::move(at_once)))) seen.insert(set.value());
    EXPECT_EQ(seen.size(), 1u);
    EXPECT_EQ((*seen.begin())->promotions.size(), running);
    a_promotion(ten_percent());
  }
}

TEST_F(Staff, WhoLooksForWindowsThatMovedReadsNoOthers) {
  a_campaign();
  auto terms = ten_percent();
  terms.starts_at = clock().now() + seconds(10);
  terms.ends_at = clock().now() + seconds(20);
  const auto opens = a_promotion(terms);
  for (const std::string table : {"campaign", "promotion"}) {
    sql(text("INSERT INTO ", table, " SELECT r.* FROM (SELECT * FROM ", table, " LIMIT 1) x, generate_series(1, 1000) n, LATERAL jsonb_populate_record(NULL::",
             table, ", to_jsonb(x) || jsonb_build_object('id', md5('later' || n), 'status', CASE WHEN n > 500 THEN 'active' ELSE 'scheduled' END, ",
             "'starts_at', x.starts_at + interval '1 year', 'ends_at', x.ends_at + interval '1 year')) r"));
    sql("ANALYZE " + table);
  }
  const std::string look = text("SELECT window_boundaries('", (clock().now() + seconds(15)).to_string(), "', 500)");
  EXPECT_LT(rows_read("campaign", look) + rows_read("promotion", look), 20);
  EXPECT_EQ(usage(opens.id), "0 0 active");
}

TEST_F(Staff, OnlyDraftsAreRemovedAndOnlyUnusedOnes) {
  const auto campaign = run(api().create_campaign(staff(), {campaign_terms()}));
  auto terms = ten_percent();
  terms.campaign_id = campaign->id;
  const auto draft = run(api().create_promotion(staff(), {terms}));
  EXPECT_EQ(reason_of(run(api().delete_campaign(staff(), {campaign->id, 1}))), "IN_USE");
  EXPECT_EQ(reason_of(run(api().delete_promotion(staff(), {draft->id, 2}))), "VERSION_CONFLICT");
  ASSERT_EQ(reason_of(run(api().delete_promotion(staff(), {draft->id, 1}))), "ok");
  EXPECT_EQ(reason_of(run(api().get_promotion(staff(), {draft->id}))), "PROMOTION_NOT_FOUND");
  EXPECT_EQ(reason_of(run(api().delete_campaign(staff(), {campaign->id, 1}))), "ok");
  const auto active = a_promotion(ten_percent());
  EXPECT_EQ(reason_of(run(api().delete_promotion(staff(), {active.id, active.version}))), "PROMOTION_STATE");
  auto outside = ten_percent();
  outside.campaign_id = a_campaign();
  outside.ends_at = clock().now() + hours(2'000);
  EXPECT_EQ(reason_of(run(api().create_promotion(staff(), {outside}))), "CONFIG_INVALID");
}

TEST_F(Staff, PreviewShowsADraftAndCountsNothing) {
  const auto draft = run(api().create_promotion(staff(), {ten_percent()}));
  auto input = an_input();
  input.priced_at.reset();
  const auto preview = run(api().preview_promotion(staff(), {draft->id, input}));
  ASSERT_TRUE(preview) << preview.error().to_string();
  EXPECT_EQ(preview->discount, usd(300));
  EXPECT_TRUE(evaluate(input).applied.empty());
}

TEST_F(Staff, ConflictsAreThoseThatCannotBeCombined) {
  auto terms = ten_percent();
  const auto alone = a_promotion(terms);
  terms.is_stackable = true;
  const auto open = a_promotion(terms);
  terms.exclusion_group = "week";
  const auto one = a_promotion(terms);
  const auto two = a_promotion(terms);
  EXPECT_EQ(run(api().list_conflicts(staff(), {alone.id}))->conflicts.size(), 3u);
  EXPECT_EQ(run(api().list_conflicts(staff(), {open.id}))->conflicts.size(), 1u);
  std::map<Uuid, std::string> reasons;
  for (const auto& conflict : run(api().list_conflicts(staff(), {one.id}))->conflicts) reasons.emplace(conflict.promotion.id, conflict.reason);
  EXPECT_EQ(reasons, (std::map<Uuid, std::string>{{two.id, "exclusion_group"}, {alone.id, "not_stackable"}}));
}

TEST_F(Staff, OffersShowTheCataloguesPrice) {
  auto terms = ten_percent();
  terms.rule_type = v1::RuleType::catalog;
  a_promotion(terms);
  const auto offers = run(api().lookup_offers(guest(), {.items = {{.sku = "s", .unit_amount = usd(999)}}}));
  ASSERT_TRUE(offers) << offers.error().to_string();
  EXPECT_EQ(offers->offers.at(0).offer_amount, usd(899));
  EXPECT_EQ(offers->offers.at(0).badges.at(0), "ten");
}

TEST_F(Staff, PagesAreListedByKeyset) {
  for (int i = 0; i < 3; ++i) a_promotion(ten_percent());
  const auto first = run(api().list_promotions(staff(), {.status = v1::PromotionStatus::active, .page_size = 2}));
  ASSERT_EQ(first->promotions.size(), 2u);
  const auto second = run(api().list_promotions(staff(), {.status = {}, .campaign_id = {}, .page_size = 2, .page_token = first->next_page_token}));
  EXPECT_EQ(second->promotions.size(), 1u);
  EXPECT_FALSE(second->next_page_token);
  EXPECT_EQ(reason_of(run(api().list_promotions(staff(), {.page_token = "x"}))), "PAGE_TOKEN_INVALID");
}

}  // namespace
}  // namespace emporion::promotion
