#include "modules/product/catalog/adapters/postgres/products.hpp"

#include "kernel/base/text.hpp"
#include "kernel/json/codec.hpp"
#include "kernel/postgres/answer_once.hpp"
#include "modules/product/catalog/app/product_form.hpp"
#include "modules/product/catalog/domain/image.hpp"
#include "modules/product/catalog/domain/variant_matrix.hpp"

namespace emporion::catalog {
namespace {

using postgres::Effect;
using postgres::Statement;

constexpr Statement write_product{
    "catalog.write_product", "SELECT product_write($1::uuid, $2::int8, $3::text, $4::jsonb, $5::text[], $6::bool, $7::timestamptz, $8::uuid)", Effect::writes};
constexpr Statement lock_product{"catalog.lock_product", "SELECT status, version, publish_at, document FROM product WHERE id = $1::uuid FOR UPDATE",
                                 Effect::writes};
constexpr Statement move_product{"catalog.move_product", "SELECT product_move($1::uuid, $2::text, $3::bool, $4::text, $5::timestamptz, $6::uuid)",
                                 Effect::writes};
constexpr Statement publish_due_products{"catalog.publish_due", "SELECT product_publish_due($1::timestamptz, 100)", Effect::writes};
constexpr Statement put_media_sql{"catalog.put_media", "SELECT media_put($1::uuid, $2::uuid, $3::text, $4::text, $5::bytea, $6::timestamptz, $7::uuid)::text",
                                  Effect::writes};

Result<v1::Product> read_document(const postgres::Rows& rows) { return parse_json<v1::Product>(rows[0].get<std::string>(0)); }

std::unexpected<Error> not_found(const Uuid& id) {
  return fail(Error(ErrorKind::not_found, "PRODUCT_NOT_FOUND", text("no product ", id)).with("id", id.to_string()));
}

std::unexpected<Error> other_version(ProductStep step, std::int64_t version) {
  const auto reason = step == ProductStep::approve ? "REVISION_CHANGED" : "VERSION_CONFLICT";
  return fail(Error(ErrorKind::conflict, reason, "the product changed since it was read").with("version", version));
}

}  // namespace

Task<Result<v1::Product>> Products::create(CallContext context, v1::CreateProductRequest request) {
  EMP_CO_ASSIGN(const auto definitions, co_await attributes_.definitions());
  EMP_CO_ASSIGN(const auto form, make_form(request.product, *definitions));
  const UtcTime now = clock_.now();
  const Uuid id = request.id ? *request.id : Uuid::v7(now, random_);
  auto statement = postgres::bind(write_product, id, std::optional<std::int64_t>(), request.external_reference, form.product, form.attribute_codes,
                                  form.has_slug, now, context.trace);
  auto answer = co_await postgres::answer_once<v1::Product>(database_, std::move(context), "catalog.create_product", std::move(request), std::move(statement));
  changed_();
  co_return answer;
}

Task<Result<v1::Product>> Products::update(CallContext context, v1::UpdateProductRequest request) {
  EMP_CO_ASSIGN(const auto definitions, co_await attributes_.definitions());
  EMP_CO_ASSIGN(const auto form, make_form(std::move(request.product), *definitions));
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(write_product, request.id, std::optional(request.version), std::optional<std::string>(), form.product,
                                                          form.attribute_codes, form.has_slug, clock_.now(), context.trace));
  changed_();
  co_return read_document(rows);
}

Task<Result<v1::Product>> Products::remove(CallContext context, v1::DeleteProductRequest request) {
  const Uuid trace = context.trace;
  EMP_CO_ASSIGN(auto work, co_await database_.begin(std::move(context)));
  EMP_CO_ASSIGN(const auto rows, co_await work.query(lock_product, request.id));
  if (rows.empty()) co_return not_found(request.id);
  const auto status = product_status_of(rows[0].get<std::string>(0));
  const auto version = rows[0].get<std::int64_t>(1);
  if (status == ProductStatus::deleted && version == request.version + 1) co_return parse_json<v1::Product>(rows[0].get<std::string>(3));
  if (version != request.version) co_return other_version(ProductStep::remove, version);
  const UtcTime now = clock_.now();
  EMP_CO_ASSIGN(const auto next, take(ProductStep::remove, status, std::nullopt, now));
  EMP_CO_ASSIGN(const auto moved, co_await work.query(move_product, request.id, to_string(next.status), false, std::optional<std::string>(), now, trace));
  EMP_CO_TRY(co_await work.commit());
  changed_();
  co_return read_document(moved);
}

Task<Result<v1::Product>> Products::step(CallContext context, ProductStep step, v1::ProductTransitionRequest request) {
  if (step == ProductStep::reject && trimmed(request.reason.value_or("")).empty())
    co_return fail(ErrorKind::invalid_argument, "REASON_REQUIRED", "a rejection says why");
  const Uuid trace = context.trace;
  postgres::IdempotencyScope scope{postgres::caller_of(context.principal), text("catalog.", to_string(step), "_product"), context.idempotency_key,
                                   to_json(request)};
  EMP_CO_ASSIGN(auto work, co_await database_.begin(std::move(context)));
  EMP_CO_ASSIGN(const auto first, co_await postgres::claim_key(work, scope));
  if (first) co_return parse_json<v1::Product>(first->body);
  EMP_CO_ASSIGN(const auto rows, co_await work.query(lock_product, request.id));
  if (rows.empty()) co_return not_found(request.id);
  if (const auto version = rows[0].get<std::int64_t>(1); version != request.version) co_return other_version(step, version);
  const UtcTime now = clock_.now();
  EMP_CO_ASSIGN(const auto next, take(step, product_status_of(rows[0].get<std::string>(0)), rows[0].get<std::optional<UtcTime>>(2), now));
  EMP_CO_ASSIGN(const auto moved, co_await work.query(move_product, request.id, to_string(next.status), next.needs_complete, request.reason, now, trace));
  EMP_CO_TRY(co_await postgres::remember_answer(work, scope, {200, moved[0].get<std::string>(0)}));
  EMP_CO_TRY(co_await work.commit());
  changed_();
  co_return read_document(moved);
}

Task<Result<v1::GenerateVariantsResponse>> Products::generate_variants(CallContext, v1::GenerateVariantsRequest request) {
  EMP_CO_ASSIGN(const Sku base, Sku::parse(request.base_sku));
  std::vector<OptionAxis> axes;
  for (auto& axis : request.axes) axes.push_back({std::move(axis.code), std::move(axis.options)});
  EMP_CO_ASSIGN(auto planned, plan_variants(base, axes));
  v1::GenerateVariantsResponse out;
  for (auto& variant : planned) {
    v1::VariantInput input{.sku = variant.sku.text()};
    for (auto& [axis, option] : variant.options) input.options.emplace(axis, option);
    out.variants.push_back(std::move(input));
  }
  co_return out;
}

Task<Result<v1::Media>> Products::put_media(CallContext context, v1::PutMediaRequest request) {
  EMP_CO_ASSIGN(const auto type, image_type_of(request.content));
  const std::string etag = text('"', Uuid::from_name(request.content), '"');
  EMP_CO_TRY(co_await database_.query(put_media_sql, request.id, request.media_id, type, etag, postgres::Bytes{std::move(request.content)}, clock_.now(),
                                      context.trace));
  changed_();
  co_return v1::Media{.media_id = request.media_id, .url = text("/api/v1/catalog/media/", request.media_id), .content_type = std::string(type)};
}

Task<Result<>> Products::publish_due(CallContext) {
  for (std::int32_t published = 100; published == 100;) {
    EMP_CO_ASSIGN(const auto rows, co_await database_.query(publish_due_products, clock_.now()));
    published = rows[0].get<std::int32_t>(0);
    if (published > 0) changed_();
  }
  co_return Result<>();
}

}  // namespace emporion::catalog
