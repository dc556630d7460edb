#include "apps/emporion/demo/seed.hpp"

#include <cstdio>

#include "apps/emporion/demo/assortment.hpp"
#include "apps/emporion/wait_for_job.hpp"
#include "contracts/commerce/payment/v1/credit_api.hpp"
#include "contracts/logistics/location/v1/location_api.hpp"
#include "contracts/logistics/warehouse/v1/warehouse_api.hpp"
#include "contracts/product/catalog/v1/catalog_api.hpp"
#include "contracts/product/pricing/v1/pricing_api.hpp"
#include "contracts/product/promotion/v1/promotion_api.hpp"
#include "kernel/base/text.hpp"
#include "kernel/json/codec.hpp"

namespace emporion::app::demo {
namespace {

constexpr std::int64_t vnd_per_cent = 250;  // 25,000 VND to the dollar: the demo's own rate for its price list.
constexpr std::int32_t stock_per_variant = 200;
constexpr seconds patience{60};  // A small assortment: its jobs take a second.

struct DemoWarehouse {
  std::string_view code, name, city, region, line1;
  std::int32_t lat, lng, priority;
};
constexpr DemoWarehouse warehouses[] = {
    {"HAN", "Ha Noi", "Hà Nội", "VN-HN", "12 Phạm Hùng", 210'277'640, 1'058'341'600, 10},
    {"DAD", "Da Nang", "Đà Nẵng", "VN-DN", "8 Nguyễn Văn Linh", 160'544'070, 1'082'021'670, 20},
    {"SGN", "Ho Chi Minh City", "Thành phố Hồ Chí Minh", "VN-SG", "200 Cộng Hòa", 108'230'990, 1'066'296'640, 30},
};

struct Variant {
  std::string sku;
  std::string value;  ///< Empty for a product without an axis.
  std::int64_t price_vnd;
};

std::vector<Variant> variants_of(const DemoProduct& product) {
  std::vector<Variant> out;
  if (product.values.empty()) {
    out.push_back({std::string(product.sku), "", product.price_vnd});
    return out;
  }
  for (std::size_t at = 0; at < product.values.size();) {
    const auto end = std::min(product.values.find(' ', at), product.values.size());
    const std::string value(product.values.substr(at, end - at));
    const bool grows = product.axis != "color";
    const std::int64_t more = grows ? product.price_vnd * static_cast<std::int64_t>(out.size()) / 4 : 0;
    out.push_back({text(product.sku, '-', value), value, (product.price_vnd + more) / 1'000 * 1'000});
    at = end + 1;
  }
  return out;
}

class Seeder {
 public:
  explicit Seeder(Host& host) : host_(host) {}

  Task<Result<>> run() {
    EMP_CO_TRY(co_await seed_axes());
    EMP_CO_TRY(co_await seed_categories());
    EMP_CO_TRY(co_await seed_products());
    EMP_CO_TRY(co_await seed_prices());
    EMP_CO_TRY(co_await seed_taxes());
    EMP_CO_TRY(co_await seed_warehouses());
    EMP_CO_TRY(co_await seed_gift_card());
    EMP_CO_TRY(co_await seed_promotion());
    co_return Result<>();
  }

 private:
  /// As a member of staff who may do everything; `key` makes the step safe to repeat.
  CallContext as_staff(std::string_view key) {
    CallContext out = host_.context("installer", seconds(60));
    out.principal.realm = Realm::staff;
    out.principal.service.clear();
    out.principal.id = Uuid::from_name("demo:staff");
    out.principal.permissions = {"*"};
    out.idempotency_key = text("demo:", key);
    return out;
  }
  catalog::v1::CatalogApi& catalog() { return host_.calls().get<catalog::v1::CatalogApi>(); }
  pricing::v1::PricingApi& pricing() { return host_.calls().get<pricing::v1::PricingApi>(); }
  warehouse::v1::WarehouseApi& warehouse() { return host_.calls().get<warehouse::v1::WarehouseApi>(); }

  /// A thing that is there already is what we wanted.
  template <typename T>
  static Result<> there(const Result<T>& answer, std::string_view what) {
    if (answer || answer.error().kind() == ErrorKind::conflict) return {};
    return fail(Error(answer.error().kind(), answer.error().reason(), text("seeding ", what, ": ", answer.error().to_string())));
  }

  Task<Result<>> seed_axes() {
    for (const std::string_view code : {"size", "color", "weight"}) {
      catalog::v1::CreateAttributeRequest request;
      request.code = code;
      request.attribute.name = code == "weight" ? "Weight (g)" : code == "size" ? "Size" : "Colour";
      request.attribute.data_type = catalog::v1::AttributeType::text;
      request.attribute.is_axis = true;
      request.attribute.is_filterable = true;
      EMP_CO_TRY(there(co_await catalog().create_attribute(as_staff(text("attribute:", code)), std::move(request)), code));
    }
    co_return Result<>();
  }

  static Uuid category_id(std::string_view slug) { return Uuid::from_name(text("demo:category:", slug)); }
  static Uuid media_id(std::string_view sku) { return Uuid::from_name(text("demo:media:", sku)); }

  Task<Result<>> seed_categories() {
    for (const auto& category : categories()) {
      catalog::v1::CreateCategoryRequest request;
      request.id = category_id(category.slug);
      request.category.name = category.name;
      request.category.slug = std::string(category.slug);
      EMP_CO_TRY(there(co_await catalog().create_category(as_staff(text("category:", category.slug)), std::move(request)), category.name));
    }
    co_return Result<>();
  }

  Task<Result<>> seed_products() {
    catalog::v1::ImportProductsRequest request;
    request.content_type = "application/x-ndjson";
    for (const auto& product : products()) {
      catalog::v1::ImportRow row;
      row.external_reference = text("demo:", product.sku);
      row.publish = true;
      row.product.name = product.name;
      row.product.short_description = std::string(product.text);
      row.product.category_id = category_id(product.category);
      row.product.media.push_back({.media_id = media_id(product.sku),
                                   .url = text("/api/v1/catalog/media/", media_id(product.sku)),
                                   .alt = std::string(product.name),
                                   .content_type = "image/svg+xml"});
      if (!product.axis.empty()) row.product.option_axes.emplace_back(product.axis);
      for (const auto& variant : variants_of(product)) {
        catalog::v1::VariantInput input;
        input.sku = variant.sku;
        input.weight_g = product.weight_g;
        if (!variant.value.empty()) input.options.emplace(product.axis, variant.value);
        row.product.variants.push_back(std::move(input));
      }
      append_json(request.content, row);
      request.content += '\n';
    }
    EMP_CO_ASSIGN(auto started, co_await catalog().import_products(as_staff("products"), std::move(request)));
    const auto ask = [this](Uuid id) { return catalog().get_import_job(as_staff("products"), {.id = id}); };
    EMP_CO_ASSIGN(const auto job, co_await wait_for_job(host_.runtime(), std::move(started), ask, [](const catalog::v1::ImportJob&) {}, patience));
    if (!job.errors.empty())
      co_return fail(ErrorKind::internal, job.errors.front().reason, text("seeding products, row ", job.errors.front().row, ": ", job.errors.front().detail));

    std::vector<std::string> skus;
    for (const auto& product : products()) skus.push_back(variants_of(product).front().sku);
    EMP_CO_ASSIGN(const auto facts, co_await catalog().batch_get_products(host_.context("installer"), {.skus = skus}));
    for (const auto& product : products()) {
      for (const auto& fact : facts.found) {
        if (fact.sku != variants_of(product).front().sku) continue;
        EMP_CO_TRY(there(co_await catalog().put_media(as_staff(text("media:", product.sku)),
                                                      {.id = fact.product_id, .media_id = media_id(product.sku), .content = picture(product)}),
                         product.name));
      }
    }
    co_return Result<>();
  }

  Task<Result<>> seed_prices() {
    pricing::v1::BulkUpsertPricesRequest request;
    for (const auto& product : products()) {
      for (const auto& variant : variants_of(product)) {
        for (const Money& price : {Money(variant.price_vnd, Currency::of("VND")), Money(variant.price_vnd / vnd_per_cent, Currency::of("USD"))}) {
          pricing::v1::BulkPriceRow row;
          row.sku = variant.sku;
          row.terms.base_amount = price;
          request.rows.push_back(std::move(row));
        }
      }
    }
    EMP_CO_ASSIGN(auto started, co_await pricing().bulk_upsert_prices(as_staff("prices"), std::move(request)));
    const auto ask = [this](Uuid id) { return pricing().get_bulk_job(as_staff("prices"), {.id = id}); };
    EMP_CO_ASSIGN(const auto job, co_await wait_for_job(host_.runtime(), std::move(started), ask, [](const pricing::v1::BulkJob&) {}, patience));
    if (!job.errors.empty()) co_return fail(ErrorKind::internal, "SEED_PRICES", text("seeding prices: ", to_json(job.errors.front())));
    co_return Result<>();
  }

  Task<Result<>> seed_taxes() {
    EMP_CO_ASSIGN(const auto zones, co_await pricing().list_tax_zones(as_staff("zones"), {.country = "VN"}));
    if (!zones.zones.empty()) co_return Result<>();
    pricing::v1::CreateTaxZoneRequest zone;
    zone.terms.name = "Viet Nam";
    zone.terms.country = "VN";
    EMP_CO_ASSIGN(const auto made, co_await pricing().create_tax_zone(as_staff("zone:VN"), std::move(zone)));
    for (const std::string_view tax_class : {"standard", "shipping"}) {
      pricing::v1::CreateTaxRuleRequest rule;
      rule.terms.zone_id = made.id;
      rule.terms.tax_class = tax_class;
      rule.terms.name = "VAT";
      rule.terms.type = pricing::v1::TaxType::vat;
      rule.terms.rate = "0.08";
      EMP_CO_TRY(there(co_await pricing().create_tax_rule(as_staff(text("rule:VN:", tax_class)), std::move(rule)), "VAT"));
    }
    co_return Result<>();
  }

  Task<Result<>> seed_warehouses() {
    const Currency vnd = Currency::of("VND");
    EMP_CO_ASSIGN(const auto countries, co_await host_.calls().get<location::v1::LocationApi>().list_locations(
                                            host_.context("installer"), {.type = location::v1::LocationType::country, .active = true, .limit = 500}));
    for (const auto& place : warehouses) {
      const Uuid id = Uuid::from_name(text("demo:warehouse:", place.code));
      warehouse::v1::CreateWarehouseRequest request;
      request.id = id;
      request.code = place.code;
      request.name = place.name;
      request.type = warehouse::v1::WarehouseType::fulfillment;
      request.priority = place.priority;
      request.lat = place.lat;
      request.lng = place.lng;
      request.address = {.country = "VN", .region_code = std::string(place.region), .city = std::string(place.city), .line1 = std::string(place.line1)};
      request.timezone = "Asia/Ho_Chi_Minh";
      request.handling_cost = Money(8'000, vnd);
      request.pick_cost = Money(1'500, vnd);
      EMP_CO_TRY(there(co_await warehouse().create_warehouse(as_staff(text("warehouse:", place.code)), std::move(request)), place.name));
      warehouse::v1::PutCoverageRequest coverage{.id = id, .entries = {}};
      for (const auto& country : countries.locations)
        coverage.entries.push_back({.location_id = country.id, .service_levels = {}, .transit_hours = country.code == "VN" ? 24 : 120});
      EMP_CO_TRY(there(co_await warehouse().put_coverage(as_staff(text("coverage:", place.code)), std::move(coverage)), place.name));
      EMP_CO_TRY(there(co_await warehouse().activate_warehouse(as_staff(text("activate:", place.code)), {.id = id}), place.name));
      warehouse::v1::CreateReceiptRequest receipt;
      receipt.warehouse_id = id;
      receipt.kind = warehouse::v1::ReceiptKind::opening;
      receipt.reference = "demo opening stock";
      receipt.put_away = true;
      for (const auto& product : products()) {
        for (const auto& variant : variants_of(product))
          receipt.lines.push_back({.sku = variant.sku, .expected = stock_per_variant, .unit_cost = Money(variant.price_vnd * 6 / 10, vnd)});
      }
      EMP_CO_TRY(there(co_await warehouse().create_receipt(as_staff(text("receipt:", place.code)), std::move(receipt)), place.name));
    }
    co_return Result<>();
  }

  // DEMO-GIFT-CARD-2026: five million dong that everybody may spend.
  Task<Result<>> seed_gift_card() {
    payment::v1::IssueGiftCardRequest card;
    card.amount = Money(5'000'000, Currency::of("VND"));
    card.note = "demo";
    card.code = "DEMO-GIFT-CARD-2026";
    co_return there(co_await host_.calls().get<payment::v1::CreditApi>().issue_gift_card(as_staff("gift-card"), std::move(card)), "gift card");
  }

  // WELCOME10: ten percent off, once per customer. Its code is the last thing made, so where it is everything is.
  Task<Result<>> seed_promotion() {
    auto& promotions = host_.calls().get<promotion::v1::PromotionApi>();
    if (co_await promotions.get_coupon(as_staff("coupon"), {.code = "WELCOME10"})) co_return Result<>();
    promotion::v1::PromotionTerms terms;
    terms.name = "Welcome: 10 % off";
    terms.rule_type = promotion::v1::RuleType::cart;
    terms.kind = promotion::v1::PromotionKind::percentage;
    terms.percentage_bp = 1'000;
    terms.max_discount = {{"VND", 500'000}};
    terms.requires_coupon = true;
    terms.limit_per_customer = 1;
    EMP_CO_ASSIGN(terms.starts_at, UtcTime::parse("2020-01-01T00:00:00Z"));
    EMP_CO_ASSIGN(terms.ends_at, UtcTime::parse("2100-01-01T00:00:00Z"));
    EMP_CO_ASSIGN(const auto made, co_await promotions.create_promotion(as_staff("promotion:welcome"), {.terms = std::move(terms)}));
    EMP_CO_TRY(co_await promotions.activate_promotion(as_staff("promotion:welcome:activate"), {.id = made.id}));
    promotion::v1::CreateCouponRequest coupon{.promotion_id = made.id, .code = "WELCOME10", .terms = {}};
    coupon.terms.type = promotion::v1::CouponType::multi;
    co_return there(co_await promotions.create_coupon(as_staff("coupon:welcome"), std::move(coupon)), "WELCOME10");
  }

  Host& host_;
};

}  // namespace

Task<Result<>> seed_shop(Host& host) {
  std::fputs("seeding the demo shop\n", stderr);
  auto seeder = std::make_unique<Seeder>(host);
  co_return co_await seeder->run();
}

}  // namespace emporion::app::demo
