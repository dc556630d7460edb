#include "modules/product/catalog/adapters/postgres/product_reads.hpp"

#include <algorithm>
#include <set>

#include "kernel/base/text.hpp"
#include "kernel/postgres/paging.hpp"

namespace emporion::catalog {
namespace {

using postgres::Statement;

// $1 status, $2 brand, $3 seller, $4 featured, $5 whether a facet is asked, $6 to $10 the facets, $11 the last id of the page before, $12 rows.
#define EMP_PRODUCT_FILTERS                                                                                                                               \
  " ($1::text IS NULL OR p.status = $1::text) AND ($2::uuid IS NULL OR p.brand_id = $2::uuid) AND ($3::uuid IS NULL OR p.seller_id = $3::uuid)"           \
  " AND ($4::bool IS NULL OR p.is_featured = $4::bool) AND (NOT $5::bool OR EXISTS (SELECT FROM variant v WHERE v.product_id = p.id AND NOT v.is_removed" \
  " AND v.status = 'active' AND ($6::text IS NULL OR v.color = $6::text) AND ($7::text IS NULL OR v.size = $7::text)"                                     \
  " AND ($8::text IS NULL OR v.material = $8::text) AND ($9::text IS NULL OR v.gender = $9::text) AND ($10::text IS NULL OR v.age_group = $10::text)))"   \
  " AND ($11::uuid IS NULL OR p.id < $11::uuid) ORDER BY p.id DESC LIMIT $12::int4"
constexpr Statement list_all{"catalog.list_products", "SELECT p.summary FROM product p WHERE p.status <> 'deleted' AND" EMP_PRODUCT_FILTERS};
// $13 a category with all below it.
constexpr Statement list_category{
    "catalog.list_products_of_category",
    "SELECT p.summary FROM product p WHERE p.status <> 'deleted' AND p.id IN (SELECT pc.product_id FROM category c JOIN product_category pc "
    "ON pc.category_id = c.id WHERE c.path @> ARRAY[$13::uuid]) AND" EMP_PRODUCT_FILTERS};
// $13 SKUs, $14 a category or null.
constexpr Statement list_skus{
    "catalog.list_products_by_sku",
    "SELECT p.summary FROM product p WHERE p.status <> 'deleted' AND p.id IN (SELECT v.product_id FROM variant v WHERE v.sku = ANY ($13::text[]) AND NOT "
    "v.is_removed) "
    "AND ($14::uuid IS NULL OR EXISTS (SELECT FROM category c JOIN product_category pc ON pc.category_id = c.id WHERE pc.product_id = p.id "
    "AND c.path @> ARRAY[$14::uuid])) AND" EMP_PRODUCT_FILTERS};
#undef EMP_PRODUCT_FILTERS

constexpr Statement get_by_id_sql{"catalog.get_product", "SELECT document, status FROM product WHERE id = $1::uuid"};
constexpr Statement get_by_sku_sql{"catalog.get_product_by_sku",
                                   "SELECT p.document, p.status FROM variant v JOIN product p ON p.id = v.product_id WHERE v.sku = $1::text"};
constexpr Statement get_by_slug_sql{"catalog.get_product_by_slug", R"(
SELECT document, status, slug FROM product WHERE slug = $1::text AND status <> 'deleted'
UNION ALL
SELECT p.document, p.status, p.slug FROM slug_redirect r JOIN product p ON p.id = r.product_id WHERE r.slug = $1::text AND p.status <> 'deleted'
LIMIT 1)"};
constexpr Statement batch_get_sql{"catalog.batch_get_products", R"(
SELECT v.sku, v.id, p.id, p.slug, p.name, p.content #>> '{media,0,url}', v.media #>> '{0,url}', p.seller_id, p.tax_class, p.category_id, p.brand_id, v.options::text, v.weight_g, v.length_mm,
       v.width_mm, v.height_mm, p.status = 'active' AND v.status = 'active' AND NOT v.is_removed, p.status, p.version
  FROM variant v JOIN product p ON p.id = v.product_id
 WHERE v.sku = ANY ($1::text[]) OR (v.product_id = ANY ($2::uuid[]) AND NOT v.is_removed)
 ORDER BY p.id, v.place)"};
constexpr Statement read_revision{"catalog.read_revision", "SELECT revision FROM products_revision"};
constexpr Statement get_media_sql{"catalog.get_media", "SELECT bytes, content_type, etag FROM media WHERE id = $1::uuid"};

constexpr std::size_t facts_kept_max = 50'000;  // About 0.5 KiB each.
constexpr std::size_t products_kept_max = 5'000;

bool sees_all(const CallContext& context) {
  if (context.principal.realm == Realm::service) return true;
  return context.principal.realm == Realm::staff && (context.principal.may("catalog.product.read") || context.principal.may("catalog.product.write"));
}

std::unexpected<Error> not_found() { return fail(ErrorKind::not_found, "PRODUCT_NOT_FOUND", "there is no such product"); }

Result<v1::Product> seen_by(const CallContext& context, const v1::Product& product) {
  if (product.status != v1::ProductStatus::active && !sees_all(context)) return not_found();
  return product;
}

// The first row's document, unless the caller may not see it.
Result<v1::Product> visible(const CallContext& context, const postgres::Rows& rows) {
  if (rows.empty()) return not_found();
  if (rows[0].get<std::string>(1) != "active" && !sees_all(context)) return not_found();
  return parse_json<v1::Product>(rows[0].get<std::string>(0));
}

std::map<std::string, std::string> read_options(const std::string& json) {
  std::map<std::string, std::string> out;
  const auto document = json::Document::parse(json);
  EMP_ASSERT(document.has_value());
  document->root().for_each_member([&](std::string_view axis, json::Value option) {
    out.emplace(axis, option.string().value_or(""));
    return true;
  });
  return out;
}

v1::SkuFacts facts_of(const postgres::Row& row) {
  v1::SkuFacts facts{.sku = row.get<std::string>(0),
                     .variant_id = row.get<Uuid>(1),
                     .product_id = row.get<Uuid>(2),
                     .slug = row.get<std::string>(3),
                     .name = row.get<std::string>(4)};
  facts.image = row.is_null(6) ? row.get<std::optional<std::string>>(5) : row.get<std::optional<std::string>>(6);
  facts.seller_id = row.get<std::optional<Uuid>>(7);
  facts.tax_class = row.get<std::string>(8);
  facts.category_id = row.get<std::optional<Uuid>>(9);
  facts.brand_id = row.get<std::optional<Uuid>>(10);
  facts.options = read_options(row.get<std::string>(11));
  facts.weight_g = row.get<std::optional<std::int32_t>>(12);
  facts.length_mm = row.get<std::optional<std::int32_t>>(13);
  facts.width_mm = row.get<std::optional<std::int32_t>>(14);
  facts.height_mm = row.get<std::optional<std::int32_t>>(15);
  facts.sellable = row.get<bool>(16);
  EMP_ASSERT(v1::from_string(row.get<std::string>(17), facts.status));
  facts.version = row.get<std::int64_t>(18);
  std::string options;
  for (const auto& [axis, option] : facts.options) options += (options.empty() ? "" : ", ") + option;
  if (!options.empty()) facts.name += " (" + options + ")";
  return facts;
}

}  // namespace

ProductReads::ProductReads(postgres::Database& database, const Clock& clock) : database_(database), watch_(database, read_revision, clock) {}

Task<Result<v1::ListProductsResponse>> ProductReads::list(CallContext context, v1::ListProductsRequest request) {
  const bool all = sees_all(context);
  if (request.status && *request.status != v1::ProductStatus::active && !all)
    co_return fail(ErrorKind::permission_denied, "PERMISSION_DENIED", "only staff see products that are not active");
  std::optional<std::string> status;
  if (request.status) status = v1::to_string(*request.status);
  if (!all) status = "active";
  EMP_CO_ASSIGN(const auto after, postgres::page_start(request.page_token));
  const std::int32_t size = request.page_size.value_or(postgres::page_size_default);
  const bool has_facet = request.color || request.size || request.material || request.gender || request.age_group;
  const Statement& statement = !request.skus.empty() ? list_skus : request.category_id ? list_category : list_all;
  auto bound = postgres::bind(statement, status, request.brand_id, request.seller_id, request.is_featured, has_facet, request.color, request.size,
                              request.material, request.gender, request.age_group, after, size + 1);
  if (!request.skus.empty()) {
    for (auto& sku : request.skus) sku = ascii_upper(sku);
    bound.parameters.add(request.skus);
    bound.parameters.add(request.category_id);
  } else if (request.category_id) {
    bound.parameters.add(*request.category_id);
  }
  EMP_CO_ASSIGN(const auto rows, co_await database_.run(std::move(bound)));
  v1::ListProductsResponse out;
  EMP_CO_TRY(postgres::fill_page(rows, size, out.products, out.next_page_token));
  co_return out;
}

Task<Result<v1::Product>> ProductReads::get(CallContext context, v1::GetProductRequest request) {
  EMP_CO_TRY(co_await catch_up());
  if (const auto found = products_.find(request.id); found != products_.end()) co_return seen_by(context, *found->second);
  const std::int64_t revision = revision_;
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(get_by_id_sql, request.id));
  if (rows.empty()) co_return not_found();
  EMP_CO_ASSIGN(auto product, parse_json<v1::Product>(rows[0].get<std::string>(0)));
  // What was read while the revision moved may be the older state: it answers this call, but is not kept.
  if (revision == revision_) {
    if (products_.size() >= products_kept_max) products_.clear();
    products_.insert_or_assign(request.id, std::make_shared<const v1::Product>(product));
  }
  co_return seen_by(context, product);
}

Task<Result<v1::Product>> ProductReads::get_by_sku(CallContext context, v1::GetProductBySkuRequest request) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(get_by_sku_sql, ascii_upper(request.sku)));
  co_return visible(context, rows);
}

Task<Result<v1::ProductBySlug>> ProductReads::get_by_slug(CallContext context, v1::GetProductBySlugRequest request) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(get_by_slug_sql, request.slug));
  EMP_CO_ASSIGN(auto product, visible(context, rows));
  if (const auto slug = rows[0].get<std::string>(2); slug != request.slug) {
    co_return v1::ProductBySlug{.status_code = 301, .location = text("/api/v1/catalog/products/slug/", slug)};
  }
  co_return v1::ProductBySlug{.status_code = 200, .product = std::move(product)};
}

Task<Result<v1::BatchGetProductsResponse>> ProductReads::batch_get(CallContext, v1::BatchGetProductsRequest request) {
  EMP_CO_TRY(co_await catch_up());
  v1::BatchGetProductsResponse out;
  std::vector<std::string> unkept;
  std::set<std::string> asked;
  for (auto& sku : request.skus) {
    sku = ascii_upper(sku);
    if (!asked.insert(sku).second) continue;
    if (const auto found = facts_.find(sku); found != facts_.end()) {
      out.found.push_back(*found->second);
    } else {
      unkept.push_back(sku);
    }
  }
  if (unkept.empty() && request.ids.empty()) co_return out;
  std::set<std::string> missing(unkept.begin(), unkept.end());
  for (const auto& id : request.ids) missing.insert(id.to_string());
  EMP_CO_ASSIGN(const auto read, co_await read_facts(std::move(unkept), std::move(request.ids)));
  for (const auto& facts : read) {
    const bool is_known = !missing.contains(facts->sku) && asked.contains(facts->sku);
    missing.erase(facts->sku);
    missing.erase(facts->product_id.to_string());
    if (!is_known) out.found.push_back(*facts);
  }
  out.missing.assign(missing.begin(), missing.end());
  co_return out;
}

Task<Result<std::vector<std::shared_ptr<const v1::SkuFacts>>>> ProductReads::read_facts(std::vector<std::string> skus, std::vector<Uuid> ids) {
  const std::int64_t revision = revision_;
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(batch_get_sql, skus, ids));
  if (facts_.size() > facts_kept_max) facts_.clear();
  std::vector<std::shared_ptr<const v1::SkuFacts>> out;
  out.reserve(rows.size());
  for (const auto row : rows) {
    out.push_back(std::make_shared<const v1::SkuFacts>(facts_of(row)));
    if (revision == revision_) facts_.insert_or_assign(out.back()->sku, out.back());
  }
  co_return out;
}

Task<Result<>> ProductReads::catch_up() {
  EMP_CO_ASSIGN(const std::int64_t revision, co_await watch_.current());
  if (revision > revision_) {
    facts_.clear();
    products_.clear();
    revision_ = revision;
  }
  co_return Result<>();
}

Task<Result<v1::MediaContent>> ProductReads::media(CallContext, v1::GetMediaRequest request) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(get_media_sql, request.media_id));
  if (rows.empty()) co_return fail(ErrorKind::not_found, "MEDIA_NOT_FOUND", "there is no such picture");
  v1::MediaContent out{.content = rows[0].get<postgres::Bytes>(0).value, .content_type = rows[0].get<std::string>(1), .etag = rows[0].get<std::string>(2)};
  out.cache_control = "public, max-age=31536000, immutable";  // An id never shows another picture.
  // Opened as a page, an SVG may neither run nor fetch anything.
  if (out.content_type == "image/svg+xml") out.content_security_policy = "default-src 'none'; style-src 'unsafe-inline'; sandbox";
  co_return out;
}

}  // namespace emporion::catalog
